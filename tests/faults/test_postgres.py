"""PostgreSQL is shut down at once in mid-run and comes back: what it had confirmed stands, the rest was never begun."""

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from consent.models import PurgeRun
from crm.models import ContactPoint
from tests import processes
from tests.faults import people
from tests.faults.audit import audit
from tests.faults.copies import a_copy, elsewhere
from tests.faults.counting import Tally, spread, tried
from tests.faults.forking import Nursery
from tests.faults.running import SETTINGS, Course, ask_for_a_purge, begun, finish
from tests.faults.snapshot import Snapshot
from tests.raw import POSTGRES
from tests.suite import Missing, OwnServer

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not POSTGRES, reason="it is PostgreSQL that is restarted"),
]


@pytest.fixture
def server() -> Iterator[OwnServer]:
    """A server of our own, with the tables of the test's database, and what stands in them."""
    with ExitStack() as stack:
        try:
            own = OwnServer(stack)
        except Missing as missing:
            pytest.skip(str(missing))
        with psycopg.connect(host=str(own.folder), user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute("CREATE DATABASE ringfence")
            # What it has said is committed must survive its end, as in production.
            admin.execute("ALTER ROLE postgres SET synchronous_commit = on")
        yield own


def move_in(server: OwnServer) -> None:
    """Copy the test's database to the server."""
    subprocess.run(
        [server.programs / "psql", "-q", "-h", server.folder, "-U", "postgres", "-v", "ON_ERROR_STOP=1", "ringfence"],
        input=processes.database_dump(),
        stdout=subprocess.DEVNULL,
        check=True,
        cwd=server.folder,
    )


@tried(small=2, full=40)
def test_an_immediate_restart_in_mid_run_is_survived(
    cases: int, nursery: Nursery, tally: Tally, server: OwnServer
) -> None:
    town = people.settle(24 if cases < 10 else 80, now=timezone.now())
    before = Snapshot.take()
    move_in(server)
    dice, reached, reconnected = random.Random("restart"), [], 0
    moments = [(n + dice.random()) / cases for n in range(cases)]
    dice.shuffle(moments)
    with elsewhere(NAME="ringfence", HOST=str(server.folder), PORT="", USER="postgres", PASSWORD=""):
        course = {victim: Course.of(nursery, victim) for victim in ("worker", "command")}
        for n, moment in enumerate(moments):
            victim = "command" if n % 2 else "worker"
            with a_copy(**SETTINGS) as place:
                pid, since = begun(nursery, victim, place)
                course[victim].wait(moment, since=since)
                server.crash()
                if victim == "command":
                    nursery.wait(pid)  # it fails, or was done before
                server.start()
                connection.close()
                halfway = Snapshot.take()
                found = audit(before, halfway, town.due, finished=False, chunk=SETTINGS["PURGE_CHUNK_POINTS"])
                reached.append(sum(halfway.points[pk]["erased_at"] is not None for pk in town.due) / len(town.due))
                if victim == "worker":  # the same process, asked again, connects again
                    last = 0.0

                    def at_rest(place=place) -> bool:
                        nonlocal last
                        if time.monotonic() - last > 1:
                            last = time.monotonic()
                            ask_for_a_purge(place)
                        left = ContactPoint.objects.filter(pk__in=town.due, erased_at=None).exists()
                        return not left and not PurgeRun.objects.filter(state="running").exists()

                    processes.eventually(at_rest)
                    nursery.kill(pid)
                    reconnected += 1
                else:
                    finish(place)
                tally.case(found, audit(before, Snapshot.take(), town.due, finished=True))
    tally.note(f"erased when it ended, by fifths of the due: {spread(reached)}; {reconnected} workers connected again")
    tally.close("PostgreSQL restarted (immediate)", cases)
