"""The timeline of a contact, measured in the database of the environment: `python -m tests.benchmarks.telling EVENTS`.

The database is migrated and filled before. Prints what was measured as JSON.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from consent import timeline  # noqa: E402
from crm import intake  # noqa: E402
from crm.models import Contact, ContactPoint, attributed_to  # noqa: E402
from tests import factories  # noqa: E402

ROUNDS = 15


def fill(events: int) -> Contact:
    """Return a contact with so many versions, of its profile and of three numbers, among others that have a few."""
    for _number in range(50):
        factories.entry(factories.point())
    contact = factories.contact([factories.number() for _number in range(3)], given_name="Ann")
    points = list(contact.points.all())
    for number in range(events - 4):
        at = factories.NOON + timedelta(hours=number)
        if number % 3:
            row = intake.Row(profile={"given_name": f"Ann {number}"}, numbers=[], contact_id=contact.pk)
            intake.store(row, source=factories.source(), actor=factories.TESTER, at=at, reason="told us")
            continue
        point = points[number % 9 // 3]
        point.label = f"label {number}"
        with attributed_to(factories.origin(at)):
            point.save()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return contact


def told(contact: Contact, events: int) -> int:
    """Tell the changes as the timeline does, and return how many events there were."""
    return len(timeline.of(contact, limit=events).events)


def told_by_simple_history(contact: Contact) -> int:
    """Tell them as simple-history does: each version held against the one before it."""
    found = 0
    points = list(contact.points.values_list("pk", flat=True))
    for rows in (Contact.history.filter(id=contact.pk), ContactPoint.history.filter(id__in=points)):
        for row in rows:
            before = row.prev_record
            found += 1
            if before is not None:
                list(row.diff_against(before).changes)
    return found


def measured(work: Callable[[], Any]) -> dict[str, Any]:
    """Return how long each of several rounds takes, in seconds, and how many queries one asks."""
    work()
    with CaptureQueriesContext(connection) as asked:
        work()
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return {"seconds": times, "queries": len(asked)}


def measure(events: int) -> dict[str, Any]:
    """Measure both over the same versions. Raises RuntimeError where they did not tell of the same."""
    contact = fill(events)
    versions = told_by_simple_history(contact)
    if versions != events or told(contact, events) != events:
        raise RuntimeError(f"{versions} versions, not {events}")
    return {
        "timeline": measured(lambda: told(contact, events)),
        "simple_history": measured(lambda: told_by_simple_history(contact)),
    }


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    json.dump(measure(int(sys.argv[1])), sys.stdout)
