"""What a search carries along: the needle, and what it must say it has not looked at."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.traces.needle import OVERLAP, Needle, Trace
from crm.traces.unpacking import positions

# Read at once; what is packed and longer than the overlap may lie across two of these and be missed.
CHUNK = 8 << 20
KEPT = max(OVERLAP, 1 << 16)


@dataclass(frozen=True, slots=True)
class Search:
    """One search.

    unread: what should have been read and could not be: whether the number stands there is not known.
    not_seen: what nobody may read with our rights, or what cannot be looked at without harm.
    """

    needle: Needle
    unread: list[str] = field(default_factory=list)
    not_seen: list[str] = field(default_factory=list)


Searcher = Callable[[Search], Iterator[Trace]]


def in_stream(read: Callable[[int], bytes], needle: Needle, *, unpack: bool = True) -> Iterator[int]:
    """Yield the offsets at which the number stands in a stream of bytes, which `read(size)` gives piece by piece.

    unpack: look for numerals, and into what is packed, too. Raises what `read` raises, and TooMuch.
    """
    offset, kept, last = 0, b"", -1
    while piece := read(CHUNK):
        data = kept + piece
        for position in positions(data, needle) if unpack else needle.positions(data):
            if (at := offset - len(kept) + position) > last or position >= len(kept):
                last = max(last, at)
                yield at
        offset += len(piece)
        kept = data[-KEPT:]


def savepoint(connection: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """A query that fails must not end the caller's transaction; without one, none is begun (it would lock)."""
    return transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()


def row_position(connection: BaseDatabaseWrapper) -> str:
    """Return the SQL for where a row lies."""
    return "'ctid ' || ctid::text" if connection.vendor == "postgresql" else "'rowid ' || rowid"


def shown(connection: BaseDatabaseWrapper, name: str) -> str:
    """Return the name of a table or file as it is told; another database than ours is named with it."""
    return name if connection.alias == "default" else f"{connection.alias}: {name}"
