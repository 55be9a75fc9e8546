"""One part of the benchmark of the purge, in the database of the environment: `... tests.benchmarks.purging JOB ...`.

It says "ready" when it has started, begins when it is told so by a line, and prints what it measured as JSON.
"""

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent import permission, retention  # noqa: E402
from consent.models import PurgeRun, Purpose, Receipt  # noqa: E402
from consent.retention.purging import erase_chunk  # noqa: E402
from consent.rules.lines import Channel  # noqa: E402
from crm.models import NIGHTLY, Contact, ContactPoint, Lease  # noqa: E402
from tests.benchmarks import bare_purge, due, naive_purge  # noqa: E402


def build(points: str, history: str) -> dict[str, Any]:
    """Fill the empty database with so many who are due, and tables for the naive models."""
    call_command("migrate", verbosity=0)
    due.build(int(points), int(history))
    naive_purge.create_tables()
    return {}


def naive(sample: str, history: str) -> dict[str, Any]:
    """Anonymize a sample by the naive loop: it takes the same time for each of them."""
    naive_purge.copy_people(int(sample), int(history))
    return {"seconds": naive_purge.anonymize(timezone.now()), "points": int(sample)}


def bare() -> dict[str, Any]:
    """Anonymize all by one statement a table."""
    return {
        "seconds": bare_purge.anonymize(timezone.now()),
        "points": ContactPoint.objects.exclude(erased_at=None).count(),
    }


def ringfence() -> dict[str, Any]:
    """Anonymize all by the nightly run."""
    began = time.perf_counter()
    retention.run(as_of=timezone.now(), actor=NIGHTLY, approved=True)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "points": Receipt.objects.count()}


def share(number: str, of: str) -> dict[str, Any]:
    """Erase one share of what is due, as one of several workers; the times are by the clock that all share."""
    now = timezone.now()
    run = PurgeRun.objects.create(as_of=now, actor_name=NIGHTLY.name, started_at=now)
    lease = Lease.objects.take(f"bench-{number}", seconds=settings.PURGE_LEASE_SECONDS, now=now)
    began, points, chunk = time.time(), 0, []
    for found in retention.due(as_of=now, of=int(of), number=int(number)):
        chunk.append(found.point_id)
        if len(chunk) == settings.PURGE_CHUNK_POINTS:
            points += erase_chunk(chunk, run, lease, as_of=now, actor=NIGHTLY)["anonymize"]
            chunk = []
    if chunk:
        points += erase_chunk(chunk, run, lease, as_of=now, actor=NIGHTLY)["anonymize"]
    return {"began": began, "ended": time.time(), "points": points}


def client(points: str, seconds: str) -> dict[str, Any]:
    """Ask whether somebody who stays may be contacted, and read what a page of theirs shows, for so long."""
    purpose, dice = Purpose.objects.get(), random.Random(5)
    staying = list(range(6, due.people_for(int(points)) + 1, 6))
    some = dice.sample(staying, min(2_000, len(staying)))
    numbers = dict(ContactPoint.objects.filter(pk__in=some).values_list("pk", "line__number"))
    asked = [str(numbers[pk]) for pk in some]
    took: dict[str, list[float]] = {"permission": [], "page": []}

    def ask(n: int) -> None:
        decision = permission.may_contact(asked[n], purpose=purpose, channel=Channel.SMS, at=timezone.now())
        assert decision

    def page(n: int) -> None:
        contact = Contact.objects.get(pk=some[n])
        for point in contact.points.select_related("line"):
            list(point.provenances.select_related("source"))
            list(point.consents.select_related("purpose"))
        list(contact.history.all())

    end, n = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        for name, work in (("permission", ask), ("page", page)):
            began = time.perf_counter()
            work(n % len(some))
            took[name].append(time.perf_counter() - began)
            # People think between one page and the next.
            time.sleep(0.005)
        n += 1
    return {name: _quantiles(values) for name, values in took.items()}


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    values = sorted(values)
    return {"median": values[len(values) // 2], "p95": values[len(values) * 95 // 100], "number": len(values)}


JOBS: dict[str, Callable[..., dict[str, Any]]] = {
    job.__name__: job for job in (build, naive, bare, ringfence, share, client)
}


def main(job: str, *arguments: str) -> None:
    """Wait for a line, do the job and print what it measured."""
    print("ready", flush=True)
    sys.stdin.readline()
    measured = JOBS[job](*arguments)
    measured["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
