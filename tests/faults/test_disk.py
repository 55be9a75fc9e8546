"""The disk of the journal fills up: what cannot be written down is not erased, and the run says that it failed."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from consent.models import PurgeRun
from tests.faults import people
from tests.faults.audit import audit, in_journal
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, spread, tried
from tests.faults.forking import Nursery
from tests.faults.running import SETTINGS, Course, begun, finish
from tests.faults.snapshot import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def a_disk(folder: Path) -> Iterator[None]:
    """Mount a disk of a few pages at the folder; skip where nobody may."""
    folder.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk that can fill up needs the right to mount one")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until there is no room for another byte, and return the file."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (64 * 1024, 4096, 1):
            with suppress(OSError):
                while file.write(b"\0" * block) == block:
                    pass
    return filler


@tried(small=2, full=100)
def test_a_disk_that_fills_up_stops_the_run_and_loses_nothing(cases: int, nursery: Nursery, tally: Tally) -> None:
    town = people.settle(24 if cases < 10 else 80, now=timezone.now())
    before = Snapshot.take()
    course = Course.of(nursery, "command", times=1 if cases < 10 else 5)
    dice, reached, failed = random.Random(f"disk {connection.vendor}"), [], 0
    moments = [(n + dice.random()) / cases for n in range(cases)]
    dice.shuffle(moments)
    for moment in moments:
        with a_copy(**SETTINGS) as place, a_disk(place.folder / "proof"):
            pid, since = begun(nursery, "command", place)
            course.wait(moment, since=since)
            filler = fill(place.folder / "proof")
            code = nursery.wait(pid)
            halfway = Snapshot.take()
            found = audit(before, halfway, town.due, finished=False, chunk=SETTINGS["PURGE_CHUNK_POINTS"])
            found.add(in_journal(before, halfway))
            done = sum(halfway.points[pk]["erased_at"] is not None for pk in town.due) / len(town.due)
            reached.append(done)
            if done < 1:
                failed += 1
                last = PurgeRun.objects.order_by("pk").last()
                if not code or (last and last.state != "failed"):
                    found.lost.append("the run did not say that it failed")
            filler.unlink()
            finish(place)
            after = Snapshot.take()
            tally.case(found, audit(before, after, town.due, finished=True), in_journal(before, after))
    tally.note(f"{failed} runs failed; erased by then, by fifths of the due: {spread(reached)}")
    tally.close("disk full while writing the journal", cases)
