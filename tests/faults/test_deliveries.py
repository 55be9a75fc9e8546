"""Asked twice, at the same moment, by whoever it may be: the work is done once."""

import random
import time
from datetime import datetime
from functools import partial

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from consent.models import PurgeRun
from consent.retention import due
from tests import processes
from tests.faults import people
from tests.faults.audit import audit, in_files
from tests.faults.copies import Place, a_copy
from tests.faults.counting import Tally, Verdict, tried
from tests.faults.forking import Nursery, broker
from tests.faults.snapshot import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = {"PURGE_CHUNK_POINTS": 3, "PURGE_LEASE_SECONDS": 60, "PURGE_BRAKE_POINTS": 1_000_000}


def send(place: Place, times: int) -> None:
    """Send one and the same message so many times."""
    sender = Celery(set_as_current=False)
    sender.conf.update(broker(place))
    for _ in range(times):
        sender.send_task("consent.tasks.purge", ignore_result=True, task_id="one-and-the-same")
    sender.close()


def at_rest(place: Place) -> bool:
    """Whether nobody is left who is due, no run is under way, and no message waits."""
    waiting = any(place.settings["BROKER_DIR"].glob("*.msg"))
    return not waiting and not PurgeRun.objects.filter(state="running").exists() and not due_now()


def due_now() -> bool:
    return next(iter(due(as_of=timezone.now())), None) is not None


def overlaps() -> Verdict:
    """Return which runs were at work at the same time."""
    found = Verdict()
    ended: datetime | None = None
    for run in PurgeRun.objects.order_by("started_at"):
        if ended and run.started_at < ended:
            found.doubled.append(f"run {run.pk} began while another was at work")
        ended = run.finished_at
    return found


@tried(small=2, full=50)
@pytest.mark.parametrize("how", ["delivered twice", "two beats"])
def test_two_workers_who_are_asked_at_once_erase_everybody_once(
    how: str, cases: int, nursery: Nursery, tally: Tally
) -> None:
    town = people.settle(16 if cases < 10 else 40, now=timezone.now())
    before, dice, runs, asked = Snapshot.take(), random.Random(f"{how} {connection.vendor}"), 0, 0
    for _ in range(cases):
        with a_copy(**SETTINGS) as place:
            workers = [nursery.worker(place) for _ in range(2)]
            if how == "two beats":
                every = {"purge": {"task": "consent.tasks.purge", "schedule": 0.2}}
                beats = [nursery.start("beat", place, beat_schedule=every) for _ in range(2)]
                processes.eventually(lambda: PurgeRun.objects.exists())
                time.sleep(0.2 + dice.random() / 2)
                for beat in beats:
                    nursery.kill(beat)
            else:
                times = dice.randint(2, 4)
                asked += times
                send(place, times)
            processes.eventually(partial(at_rest, place))
            for worker in workers:
                nursery.kill(worker)
            runs += PurgeRun.objects.count()
            tally.case(
                audit(before, Snapshot.take(), town.due, finished=True),
                in_files(before, town.due, place.files()),
                overlaps(),
            )
    tally.note(f"{asked} deliveries, {runs} runs" if asked else f"{runs} runs")
    tally.close(f"purge message, two workers: {how}", cases)
