"""A worker, or the command, that is killed at any moment leaves everyone whole or erased, and the next run finishes."""

import os
import random
import time
from dataclasses import dataclass
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

CHUNK = 2
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


@dataclass(frozen=True, slots=True)
class Course:
    """How a run goes that nobody disturbs: so many seconds after it was asked for it begins, and so many it takes."""

    begins: float
    takes: float

    @classmethod
    def of(cls, nursery: Nursery, victim: str, *, times: int = 1) -> "Course":
        """Watch so many runs, and return the middle one."""
        seen = []
        for _ in range(times):
            with a_copy(**SETTINGS) as place:
                pid, since = begun(nursery, victim, place)
                processes.eventually(lambda: PurgeRun.objects.filter(state="done").exists())
                asked_at = timezone.now() - timedelta(seconds=time.monotonic() - since)
                run = PurgeRun.objects.get()
                assert nursery.wait(pid) == 0 if victim == "command" else nursery.kill(pid)
                begins, takes = run.started_at - asked_at, run.finished_at - run.started_at
                seen.append(cls(begins.total_seconds(), takes.total_seconds()))
        return sorted(seen, key=lambda each: each.takes)[len(seen) // 2]

    def wait(self, moment: float, *, since: float) -> None:
        """Wait until a moment of the run asked for at `since`: from 0, just before it begins, to 1, its end."""
        at = self.begins + (moment * 1.1 - 0.05) * self.takes
        time.sleep(max(0.0, since + at - time.monotonic()))


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
    course = Course.of(nursery, victim, times=1 if cases < 10 else 5)
    seed = int(os.environ.get("FAULTS_SEED", "20261127"))
    dice = random.Random(f"{seed} {victim} {connection.vendor}")
    # One moment in each of as many equal parts of the run, in any order.
    moments = [(n + dice.random()) / cases for n in range(cases)]
    dice.shuffle(moments)
    reached = []
    for moment in moments:
        with a_copy(**SETTINGS) as place:
            pid, since = begun(nursery, victim, place)
            course.wait(moment, since=since)
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
