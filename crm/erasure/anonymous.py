"""What anonymized points leave behind: counts by region, line type, month and kind of source, and nothing finer."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from crm import bulk
from crm.erasure.locking import Point
from crm.models import AnonymousCount, PhoneNumber, Provenance

Facts = tuple[str, str, date, str]


def facts_of(points: Sequence[Point]) -> "Counter[Facts]":
    """Return the coarse facts of points that are about to be anonymized, and how many share them."""
    first_source: dict[int, tuple[datetime, str]] = {}
    of_points = bulk.among(Provenance.objects, "point", [point.pk for point in points]).order_by("obtained_at", "pk")
    for point_id, obtained_at, kind in bulk.rows_of(of_points.values_list("point", "obtained_at", "source__kind")):
        first_source.setdefault(point_id, (obtained_at, kind))
    lines = {
        pk: (region, line_type)
        for pk, region, line_type in bulk.among(
            PhoneNumber.objects, "id", {point.line_id for point in points if point.line_id}
        ).values_list("pk", "region", "line_type")
    }
    facts: Counter[Facts] = Counter()
    for point in points:
        obtained_at, kind = first_source.get(point.pk, (point.since, ""))
        region, line_type = lines[point.line_id] if point.line_id else ("", "")
        facts[region, line_type, obtained_at.date().replace(day=1), kind] += 1
    return facts


def add(facts: "Counter[Facts]") -> None:
    """Add to the counts. Others who do so wait until the transaction ends: whoever comes here is about to end it."""
    table = connection.ops.quote_name(AnonymousCount._meta.db_table)
    with connection.cursor() as cursor:
        # In one order, so that no two wait on each other.
        cursor.executemany(
            f"""INSERT INTO {table} (region, line_type, month, source_kind, count) VALUES (%s, %s, %s, %s, %s)
                ON CONFLICT (region, line_type, month, source_kind) DO UPDATE
                SET count = {table}.count + excluded.count""",  # noqa: S608 (the name of our own model)
            [(*key, number) for key, number in sorted(facts.items())],
        )
