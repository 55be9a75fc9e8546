"""The clock of the machine is set wrong, and right again: what is not due stays, and the work goes on."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from consent import retention
from consent.retention import runs
from crm.models import NIGHTLY, Lease
from tests.faults import people
from tests.faults.audit import audit
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, Verdict, tried
from tests.faults.snapshot import Snapshot

DAY = timedelta(days=1)
# By how much the clock is wrong.
JUMPS = [-400 * DAY, -2 * DAY, timedelta(hours=-1), timedelta(hours=1), 2 * DAY, 400 * DAY]


@pytest.mark.django_db
@tried(small=len(JUMPS), full=len(JUMPS))
@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
def test_a_lease_of_a_wrong_time_keeps_nobody_from_the_work(cases: int, killed: bool, tally: Tally) -> None:
    now = timezone.now()
    for jump in JUMPS:
        found = Verdict()
        with time_machine.travel(now + jump, tick=False):
            lease = Lease.objects.take(f"purge {jump}", seconds=300, now=timezone.now())
            if not killed:
                lease.give_back(now=timezone.now())
        # Whoever may still be at it, as far as the clock tells, is waited for: an hour at most.
        with time_machine.travel(now + timedelta(minutes=66) if killed else now, tick=False):
            try:
                Lease.objects.take(f"purge {jump}", seconds=300, now=timezone.now())
            except RuntimeError as taken:
                found.lost.append(f"after {jump}: {taken}")
        tally.case(found)
    tally.close(f"clock back and forward: lease of a run that was {'killed' if killed else 'ended'}", cases)


@pytest.mark.django_db(transaction=True)
@tried(small=2, full=4)
def test_a_run_under_a_wrong_clock_waits_and_the_next_under_the_right_one_does_the_work(
    cases: int, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CLOCK_JUMP_HOURS", 48)
    now = timezone.now()
    with time_machine.travel(now - DAY, tick=False):
        assert retention.run(as_of=timezone.now(), actor=NIGHTLY).state == "done"
    town = people.settle(16, now=now)
    tally.note(f"{len(town.due)} due")
    before = Snapshot.take()
    for jump in [400 * DAY, -400 * DAY, 4 * DAY, -4 * DAY][:cases]:
        with a_copy():
            with time_machine.travel(now + jump, tick=False):
                run = retention.run(as_of=timezone.now(), actor=NIGHTLY)
            found = audit(before, Snapshot.take(), {}, finished=True)
            if (run.state, run.brake) != ("waiting", "clock"):
                found.lost.append(f"a clock that jumped by {jump} held nobody back")
            with time_machine.travel(now, tick=False):
                run = retention.run(as_of=timezone.now(), actor=NIGHTLY)
            if run.state != "done":
                found.lost.append(f"after a jump by {jump} the run is {run.state}")
            tally.case(found, audit(before, Snapshot.take(), town.due, finished=True))
    tally.close("clock back and forward: run under a wrong clock", cases)


@pytest.mark.django_db
def test_a_run_that_was_killed_under_a_wrong_clock_is_ended_under_the_right_one() -> None:
    now = timezone.now()
    town = people.settle(8, now=now)
    before = Snapshot.take()
    with time_machine.travel(now + 400 * DAY, tick=False):
        dead = runs.begin(as_of=timezone.now(), actor=NIGHTLY)
        Lease.objects.take(f"{runs.SHARE} 0", seconds=300, now=timezone.now())
    assert retention.run(as_of=timezone.now(), actor=NIGHTLY).state == "done"
    dead.refresh_from_db()
    assert (dead.state, dead.error) == ("failed", "interrupted")
    assert audit(before, Snapshot.take(), town.due, finished=True).said() == []
