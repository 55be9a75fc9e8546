"""Making the next of something while the present one is worked on, in a thread with a connection of its own.

What is read ahead is what others can see too, and may have changed when its turn comes: it is for choosing what to
lock, and never for deciding. One is made ahead and no more, so that memory stays flat.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection, connections

T = TypeVar("T")


@contextmanager
def ahead(made: Iterator[T]) -> Iterator[Iterator[T]]:
    """Give the same things in the same order, of which the next is made meanwhile; raises what making it raises.

    Within a transaction, whose rows no other connection sees, and on SQLite they are made when they are asked for.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield made
        return
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        try:
            yield _one_ahead(made, thread)
        finally:
            # The thread's own: each has its connections.
            thread.submit(connections.close_all)


def _one_ahead(made: Iterator[T], thread: ThreadPoolExecutor) -> Iterator[T]:
    coming = thread.submit(next, made, None)
    while (present := coming.result()) is not None:
        coming = thread.submit(next, made, None)
        yield present
