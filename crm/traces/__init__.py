"""Is this number still anywhere? Every table of the database is searched, and every place where one may be encoded.

The database itself says which tables and columns it has, so that one that no model knows is searched too. What
is found is told by its place, never by its text. A broker other than the embedded one is not searched: messages
hold ids only. What could not be read is told as well: a search that skipped something has proved nothing.
"""

from collections.abc import Iterator

from django.db import connections

import crm.traces.database as database
import crm.traces.places as places
from crm.traces.needle import Needle, Trace

__all__ = ["Trace", "Unreadable", "find"]


class Unreadable(RuntimeError):
    """Tables, columns or files could not be read: whether the number stands there is not known."""


def find(e164: str, *, unread: list[str] | None = None) -> Iterator[Trace]:
    """Yield where the number (E.164, valid today or not) stands, in whatever grouping of its digits.

    What cannot be read is named in `unread`, and the search goes on; without that list it ends by Unreadable.
    Raises ValueError for text that is not E.164.
    """
    needle = Needle.of(e164)
    problems: list[str] = [] if unread is None else unread
    for alias in connections:
        yield from database.search(connections[alias], needle, problems)
    yield from places.sessions(needle, problems)
    yield from places.files(needle, problems)
    if unread is None and problems:
        raise Unreadable(f"could not be read: {', '.join(problems)}")
