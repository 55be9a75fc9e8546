"""A worker, or the command, that is killed at any moment leaves everyone whole or erased, and the next run finishes."""

import os
import random
import statistics
import time
from datetime import timedelta

import pytest
import time_machine
from celery import Celery
from django.db import connection
from django.utils import timezone

from consent import retention
from consent.models import PurgeRun
from crm.models import NIGHTLY
from tests import processes
from tests.faults import people
from tests.faults.audit import Snapshot, audit, in_files
from tests.faults.copies import Place, a_copy
from tests.faults.counting import Tally, Verdict, spread, tried
from tests.faults.forking import Nursery, broker

pytestmark = pytest.mark.django_db(transaction=True)

CHUNK = 5
SETTINGS = {"PURGE_CHUNK_POINTS": CHUNK, "PURGE_LEASE_SECONDS": 5, "PURGE_BRAKE_POINTS": 1_000_000}


def ask_for_a_purge(place: Place) -> None:
    """Send the message that beat sends."""
    sender = Celery(set_as_current=False)
    sender.conf.update(broker(place))
    sender.send_task("consent.tasks.purge", ignore_result=True)
    sender.close()


def begun(nursery: Nursery, victim: str, place: Place) -> tuple[int, float]:
    """Let a victim begin a run; return its id, and when it was told to."""
    if victim == "command":
        return nursery.start("purge", place), time.monotonic()
    pid = nursery.worker(place)
    ask_for_a_purge(place)
    return pid, time.monotonic()


def length(nursery: Nursery, victim: str) -> float:
    """Return how long a run takes that nobody disturbs, in seconds."""
    with a_copy(**SETTINGS) as place:
        pid, since = begun(nursery, victim, place)
        processes.eventually(lambda: PurgeRun.objects.filter(state="done").exists())
        took = time.monotonic() - since
        assert nursery.wait(pid) == 0 if victim == "command" else nursery.kill(pid)
    return took


def finish(place: Place) -> None:
    """Let the next night's run come, when the lease of whoever was killed has run out."""
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        assert retention.run(as_of=timezone.now(), actor=NIGHTLY).state == "done"


@tried(small=5, full=200)
@pytest.mark.parametrize("victim", ["worker", "command"])
def test_a_sigkill_at_any_moment_leaves_everyone_whole_or_erased(
    victim: str, cases: int, nursery: Nursery, tally: Tally
) -> None:
    town = people.settle(24 if cases < 10 else 120, now=timezone.now())
    before = Snapshot.take()
    took = statistics.median(length(nursery, victim) for _ in range(1 if cases < 10 else 3))
    seed = int(os.environ.get("FAULTS_SEED", "20261127"))
    dice = random.Random(f"{seed} {victim} {connection.vendor}")
    # One moment in each of as many equal parts of the run, in any order.
    moments = [(n + dice.random()) / cases for n in range(cases)]
    dice.shuffle(moments)
    reached = []
    for moment in moments:
        with a_copy(**SETTINGS) as place:
            pid, since = begun(nursery, victim, place)
            time.sleep(max(0, since + moment * took - time.monotonic()))
            nursery.kill(pid)
            halfway = Snapshot.take()
            found = audit(before, halfway, town.due, finished=False, chunk=CHUNK)
            reached.append(sum(halfway.points[pk]["erased_at"] is not None for pk in town.due) / len(town.due))
            finish(place)
            tally.case(found, audit(before, Snapshot.take(), town.due, finished=True), traces(before, town, place))
    middle = sum(0 < each < 1 for each in reached)
    tally.note(f"seed {seed}; erased when killed, by fifths of the due: {spread(reached)}; in the middle: {middle}")
    tally.close(f"SIGKILL of the {victim}", cases)
    assert middle, "no kill came in the middle"


def traces(before: Snapshot, town: people.Town, place: Place) -> Verdict:
    """Return what is left of numbers in the bytes of an embedded database."""
    return in_files(before, town.due, place.files())
