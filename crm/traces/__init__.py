"""Is this number still anywhere? Every place of the registry is searched, in every spelling and encoding we know.

The database itself says which tables and columns it has, so that one that no model knows is searched too. What
is found is told by its place, never by its text. What could not be read is told as well: a search that skipped
something has proved nothing; and what cannot be seen from here, so that nobody takes it for searched.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from crm.traces.needle import Needle, Trace
from crm.traces.registry import PLACES, Place
from crm.traces.searching import Search

__all__ = ["PLACES", "Place", "Report", "Trace", "Unreadable", "audit", "find"]


class Unreadable(RuntimeError):
    """Tables, columns or files could not be read: whether the number stands there is not known."""


@dataclass(slots=True)
class Report:
    """What a whole search came to.

    traces: where the number stands. passing: where it stands until the server goes over it, which nobody can hasten.
    unread: what should have been read and could not be. not_seen: what cannot be seen with our rights, or without harm.
    """

    traces: list[Trace] = field(default_factory=list)
    passing: list[Trace] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    not_seen: list[str] = field(default_factory=list)


def find(e164: str, *, unread: list[str] | None = None) -> Iterator[Trace]:
    """Yield where the number (E.164, valid today or not) stands in values and files, in whatever spelling.

    What the databases keep beneath their rows is left to `audit`. What cannot be read is named in `unread`, and the
    search goes on; without that list it ends by Unreadable. Raises ValueError for text that is not E.164.
    """
    search = Search(Needle.of(e164), [] if unread is None else unread)
    for place in PLACES:
        if not place.beneath:
            yield from place.search(search)
    if unread is None and search.unread:
        raise Unreadable(f"could not be read: {', '.join(search.unread)}")


def audit(numbers: Collection[str], *, without: Collection[str] = ()) -> Report:
    """Search every place for any of these numbers (E.164), beneath the rows too; those that are left out are told.

    without: names of places. Raises ValueError for text that is not E.164.
    """
    search = Search(Needle.of(*numbers))
    report = Report(unread=search.unread, not_seen=search.not_seen)
    for place in PLACES:
        if place.name in without:
            search.not_seen.append(f"{place.name}: left out")
        else:
            (report.passing if place.passes else report.traces).extend(place.search(search))
    return report
