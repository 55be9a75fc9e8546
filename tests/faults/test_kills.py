"""A worker, or the command, that is killed at any moment leaves everyone whole or erased, and the next run finishes."""

import os
import random

import pytest
from django.db import connection
from django.utils import timezone

from tests.faults import people
from tests.faults.audit import audit, in_files, in_journal
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, spread, tried
from tests.faults.forking import Nursery
from tests.faults.running import CHUNK, SETTINGS, Course, begun, finish
from tests.faults.snapshot import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


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
            found.add(in_journal(before, halfway))
            reached.append(sum(halfway.points[pk]["erased_at"] is not None for pk in town.due) / len(town.due))
            finish(place)
            after = Snapshot.take()
            found.add(audit(before, after, town.due, finished=True))
            tally.case(found, in_journal(before, after), in_files(before, town.due, place.files()))
    middle = sum(0 < each < 1 for each in reached)
    tally.note(f"seed {seed}; erased when killed, by fifths of the due: {spread(reached)}; in the middle: {middle}")
    tally.close(f"SIGKILL of the {victim}", cases)
    assert middle, "no kill came in the middle"
