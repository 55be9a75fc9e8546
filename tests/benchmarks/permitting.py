"""Permission, measured in the database of the environment: `python -m tests.benchmarks.permitting POINTS`.

The database is migrated and filled before, if nobody is in it yet. Prints what was measured as JSON.
"""

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent import permission, screening  # noqa: E402
from consent.models import Consent, Purpose  # noqa: E402
from consent.rules.lines import Channel  # noqa: E402
from crm.models import all_fingerprints  # noqa: E402
from tests.benchmarks import population  # noqa: E402

READS, SINGLE, LISTED, ROUNDS = 2_000, 2_000, 200_000, 3
_BARE = """SELECT asked.n, l.id, s.id, c.status FROM asked
    JOIN crm_phonenumber l ON l.number_key = asked.key
    LEFT JOIN consent_suppression s ON s.line_id = l.id AND s.lifted_at IS NULL
    LEFT JOIN crm_contactpoint p ON p.line_id = l.id AND p.erased_at IS NULL
    LEFT JOIN consent_consent c ON c.point_id = p.id AND c.purpose_id = %s AND c.channel = 'sms'"""


def seconds(work: Callable[[], Any]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ask(number: str, purpose: Purpose, at: datetime) -> Any:
    """Ask the single question."""
    return permission.may_contact(number, purpose=purpose, channel=Channel.SMS, at=at)


def join(numbers: Sequence[str], purpose: Purpose) -> None:
    """Join a list with what is held, and do nothing else: fingerprints by COPY, one query, its rows fetched."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE asked (n integer, key varchar(64))")
        with cursor.copy("COPY asked (n, key) FROM STDIN") as copy:
            for n, number in enumerate(numbers):
                copy.write_row((n, all_fingerprints(number)[0]))
        cursor.execute("ANALYZE asked")
        cursor.execute(_BARE, [purpose.pk])
        cursor.fetchall()
        cursor.execute("DROP TABLE asked")


def measure(points: int) -> dict[str, Any]:
    """Measure each way in turn, several times over, so that what else the machine does falls on all of them."""
    purpose, at = Purpose.objects.get(slug="news"), timezone.now().replace(hour=18)
    numbers = population.listed(min(LISTED, points), points)
    dice = random.Random(3)
    ids = [dice.randrange(1, points) for _each in range(READS)]
    few, held = numbers[:SINGLE], population.held(SINGLE, points)
    found: dict[str, list[float]] = {"read": [], "decision": [], "loop": [], "bulk": [], "bare": []}
    for each in held[:50]:
        ask(each, purpose, at)
    for _round in range(ROUNDS):
        found["read"] += [statistics.median(seconds(partial(Consent.objects.get, pk=pk)) for pk in ids)]
        found["decision"] += [statistics.median(seconds(partial(ask, each, purpose, at)) for each in held)]
        found["loop"] += [len(few) / seconds(lambda: [ask(each, purpose, at) for each in few])]
        found["bulk"] += [len(numbers) / seconds(lambda: _exhaust(numbers, purpose, at))]
        found["bare"] += [len(numbers) / seconds(lambda: join(numbers, purpose))]
    queries = 0
    for each in few[:200]:
        with CaptureQueriesContext(connection) as context:
            ask(each, purpose, at)
        queries = max(queries, len(context))
    return {name: statistics.median(values) for name, values in found.items()} | {"queries": queries}


def _exhaust(numbers: Sequence[str], purpose: Purpose, at: datetime) -> None:
    for _decision in screening.screen(numbers, purpose=purpose, channel=Channel.SMS, at=at):
        pass


def main(points: int) -> None:
    """Fill the database, measure, and print what was found."""
    call_command("migrate", verbosity=0)
    if not Purpose.objects.exists():
        population.build(points)
    json.dump(measure(points), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
