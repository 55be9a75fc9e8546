"""What anonymized points leave behind: counts by region, line type, month and kind of source, and nothing finer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.db import connection

from crm.erasure.locking import Point
from crm.models import AnonymousCount

# Region, line type, month and kind of source; the point, when it was obtained (aware), and the kind of source.
Facts = tuple[str, str, date, str]
Brought = tuple[int, datetime, str]


def facts_of(points: Sequence[Point], sources: Sequence[Brought]) -> "Counter[Facts]":
    """Return the coarse facts of points that are about to be anonymized, and how many share them.

    sources: what brought each point, the first of them first.
    """
    first: dict[int, tuple[datetime, str]] = {}
    for point_id, obtained_at, kind in sources:
        first.setdefault(point_id, (obtained_at, kind))
    facts: Counter[Facts] = Counter()
    for point in points:
        obtained_at, kind = first.get(point.pk, (point.since, ""))
        facts[point.region, point.line_type, obtained_at.date().replace(day=1), kind] += 1
    return facts


_later: ContextVar["Counter[Facts] | None"] = ContextVar("later", default=None)


@contextmanager
def counts_last() -> Iterator[None]:
    """Write the counts of what is anonymized within the block at its end: others who count wait from then on.

    It belongs within the transaction, and what takes long within the block.
    """
    collected: Counter[Facts] = Counter()
    token = _later.set(collected)
    try:
        yield
    finally:
        _later.reset(token)
    _write(collected)


def add(facts: "Counter[Facts]") -> None:
    """Add to the counts, or to what `counts_last` will add."""
    later = _later.get()
    if later is None:
        _write(facts)
    else:
        later.update(facts)


def _write(facts: "Counter[Facts]") -> None:
    if not facts:
        return
    table = connection.ops.quote_name(AnonymousCount._meta.db_table)
    with connection.cursor() as cursor:
        # In one order, so that no two wait on each other.
        cursor.executemany(
            f"""INSERT INTO {table} (region, line_type, month, source_kind, count) VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (region, line_type, month, source_kind) DO UPDATE
                SET count = {table}.count + excluded.count""",  # noqa: S608 (the name of our own model)
            [(*key, number) for key, number in sorted(facts.items())],
        )
