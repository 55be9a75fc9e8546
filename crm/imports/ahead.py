"""Taking from an iterator before it is asked for: what a child process brings need not wait for us in a small pipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
# So often the thread looks whether anybody still wants what it brings.
_LOOKS = 0.1


@contextmanager
def ahead_of(items: Iterator[T], *, most: int) -> Iterator[Iterator[T]]:
    """Iterate over `items` in a thread, at most so many of them ahead; what it raises is raised where they are read."""
    ready: Queue[tuple[bool, T | Exception | None]] = Queue(most)
    left = Event()

    def put(item: tuple[bool, T | Exception | None]) -> None:
        while not left.is_set():
            try:
                ready.put(item, timeout=_LOOKS)
                return
            except Full:
                continue

    def bring() -> None:
        try:
            for item in items:
                put((True, item))
                if left.is_set():
                    return
            put((False, None))
        except Exception as error:
            put((False, error))

    def taken() -> Iterator[T]:
        while True:
            more, item = ready.get()
            if isinstance(item, Exception):
                raise item
            if not more:
                return
            yield item  # type: ignore[misc]

    Thread(target=bring, daemon=True).start()
    try:
        yield taken()
    finally:
        # It ends when it has its next item, or whoever brings them is gone.
        left.set()
