"""Redis dies in mid-run, and with it every message: the rows know what is to be done."""

import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import connection
from django.utils import timezone

from consent.models import PurgeRun, Receipt
from crm.models import ContactPoint, ImportBatch
from tests import factories, files, processes
from tests.faults import people
from tests.faults.audit import audit
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, tried
from tests.faults.forking import Nursery
from tests.faults.snapshot import Snapshot

REDIS = shutil.which("redis-server")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(REDIS is None, reason="redis-server is not installed"),
]

SETTINGS = {
    "PURGE_CHUNK_POINTS": 1,
    "PURGE_LEASE_SECONDS": 1,
    "PURGE_BRAKE_POINTS": 1_000_000,
    "IMPORT_CHUNK_ROWS": 5,
}
ROWS = 20
# What beat asks for again and again, and each night.
SWEEPS = [
    task
    for task in sorted({str(each["task"]) for each in settings.CELERY_BEAT_SCHEDULE.values()})
    if task.startswith(("consent.tasks.take_up_", "consent.tasks.purge"))
]


class Server:
    """A Redis of our own, which keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, empty."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(
            [str(REDIS), *options, "--dir", str(self.folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        processes.eventually(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """End it at once."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ask_for(self, task: str, *arguments: int) -> None:
        """Send a message, if it can be sent."""
        sender = Celery(set_as_current=False)
        sender.conf.update(broker_url=self.url, broker_connection_timeout=1)
        with suppress(OSError, Exception):
            sender.send_task(task, arguments, ignore_result=True, retry=False)
        sender.close()


@contextmanager
def own_redis(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    try:
        yield server
    finally:
        server.kill()


def have_gone(points: int) -> bool:
    return Receipt.objects.count() >= points


@tried(small=1, full=20)
def test_redis_killed_in_mid_run_loses_messages_and_nothing_else(cases: int, nursery: Nursery, tally: Tally) -> None:
    town = people.settle(24 if cases < 10 else 64, now=timezone.now())
    dice, middle, survived = random.Random(f"redis {connection.vendor}"), 0, 0
    # Numbers that nobody of the town has.
    rows = [(f"New {n}", factories.number(1000 + n)) for n in range(ROWS)]
    before = Snapshot.take()
    for n in range(cases):
        with a_copy(**SETTINGS) as place:
            batch = files.confirmed(files.csv_file(("Given name", "Phone"), *rows), at=timezone.now())
            with own_redis(place.folder) as redis:
                how = {"broker_url": redis.url, "broker_transport_options": {}}
                worker = nursery.worker(place, **how)
                redis.ask_for("consent.tasks.commit_import", batch.pk)
                redis.ask_for("consent.tasks.purge")
                redis.ask_for("consent.tasks.purge")
                processes.eventually(partial(have_gone, dice.randrange(1, len(town.due) // 2)))
                redis.kill()
                middle += PurgeRun.objects.filter(state="running").exists()
                alone = n % 2 == 0
                if alone:  # who is at work needs no message to go on
                    processes.eventually(lambda: PurgeRun.objects.filter(state="done").exists())
                    survived += 1
                nursery.kill(worker)
                halfway = audit(before, Snapshot.take(), town.due, finished=alone, newcomers=True)
                redis.start()
                worker = nursery.worker(place, **how)
                last = 0.0

                def at_rest(redis=redis, batch=batch) -> bool:
                    nonlocal last
                    if time.monotonic() - last > 1.5:  # as beat does, every minute and every night
                        last = time.monotonic()
                        for task in SWEEPS:
                            redis.ask_for(task)
                    batch.refresh_from_db()
                    left = ContactPoint.objects.filter(pk__in=town.due, erased_at=None).exists()
                    return batch.stage == ImportBatch.Stage.COMMITTED and not left

                processes.eventually(at_rest)
                nursery.kill(worker)
            found = audit(before, Snapshot.take(), town.due, finished=True, newcomers=True)
            came = ContactPoint.objects.filter(provenances__batch=batch).count()
            found.lost += [f"{ROWS - came} rows of the import are missing"] if came < ROWS else []
            found.doubled += [f"{came - ROWS} rows of the import are there twice"] if came > ROWS else []
            tally.case(halfway, found)
    tally.note(f"{middle} in the middle of the run; {survived} with the worker left alive")
    tally.close("Redis killed, messages lost", cases)
