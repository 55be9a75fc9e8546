"""Runs by victims: how one is begun, how it goes when nobody disturbs it, and how the next night finishes it."""

import time
from dataclasses import dataclass
from datetime import timedelta

import time_machine
from celery import Celery
from django.utils import timezone

from consent import retention
from consent.models import PurgeRun
from crm.models import NIGHTLY
from tests import processes
from tests.faults.copies import Place, a_copy
from tests.faults.forking import Nursery, broker

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
                assert run.finished_at is not None
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
