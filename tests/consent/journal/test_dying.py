"""Whoever dies around a commit leaves a record of which nothing is said; the next run says what became of it."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from consent import journal, retention
from consent.models import JournalMark, PurgeRun
from consent.rules.states import Act
from crm.models import NIGHTLY, ContactPoint
from tests import processes
from tests.factories import NOON, TESTER, contact, entry, number, point, policy

pytestmark = pytest.mark.django_db(transaction=True)


def gone(count: int) -> None:
    policy()
    for _ in range(count):
        entry(point(), Act.WITHDRAWN, at=NOON - timedelta(days=1))


def outcomes() -> dict[int, str]:
    lines = map(json.loads, settings.JOURNAL_PATH.read_text().splitlines())
    return {line["seq"]: line["outcome"] for line in lines if "outcome" in line}


def run_again() -> None:
    processes.eventually(lambda: processes.manage("purge").returncode == 0, seconds=30)


@pytest.mark.parametrize(("when", "became"), [("before", "void"), ("after", "committed")])
def test_a_kill_at_the_commit(when: str, became: str) -> None:
    gone(3)
    with processes.started("-m", "tests.consent.journal.dying", when, PURGE_CHUNK_POINTS="1") as process:
        assert process.wait(timeout=60) == -9
    left = ContactPoint.objects.filter(erased_at=None).count()
    assert left == (2 if when == "before" else 1)
    assert outcomes() == {1: "committed"}
    assert not journal.is_behind()

    run_again()

    assert outcomes()[2] == became
    assert set(outcomes().values()) <= {"committed", became}
    assert not ContactPoint.objects.filter(erased_at=None).exists()
    assert set(JournalMark.objects.values_list("seq", flat=True)) == {
        seq for seq, outcome in outcomes().items() if outcome == "committed"
    }
    assert list(journal.verify()) == []


def test_a_record_whose_transaction_is_under_way_is_left_to_it() -> None:
    """Whoever asks what became of it waits for the end of the transaction, and does not call it void."""
    person = contact([number()])
    written, go_on = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def erasing() -> None:
        try:
            with transaction.atomic():
                retention.erase(person, reason="request", actor=TESTER, at=NOON)
                written.set()
                assert go_on.wait(30)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    def resolving() -> None:
        try:
            journal.resolve()
        finally:
            connection.close()

    workers = [threading.Thread(target=erasing), threading.Thread(target=resolving)]
    workers[0].start()
    assert written.wait(30)
    workers[1].start()
    time.sleep(1)
    assert outcomes() == {}
    assert workers[1].is_alive()
    go_on.set()
    for worker in workers:
        worker.join(30)
    assert failures == []
    assert outcomes() == {1: "committed"}


def test_processes_that_write_side_by_side_keep_one_chain() -> None:
    script = (
        "import django; django.setup()\n"
        "from django.db import transaction\n"
        "from django.utils import timezone\n"
        "from consent import journal\n"
        "for _ in range(25):\n"
        "    with transaction.atomic():\n"
        "        journal.write(points=[], gone=[], reason='test', at=timezone.now())\n"
    )
    workers = [
        subprocess.Popen([processes.sys.executable, "-c", script], env=processes.environment(), cwd=processes.ROOT)
        for _ in range(3)
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    assert sorted(JournalMark.objects.values_list("seq", flat=True)) == list(range(1, 76))
    assert outcomes() == dict.fromkeys(range(1, 76), "committed")
    assert list(journal.verify()) == []
    assert not journal.is_behind()


@pytest.fixture
def small_disk(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A disk of 16 KiB, with the journal on it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k,mode=700", "tmpfs", folder], capture_output=True)
    if os.geteuid() != 0 or mounted.returncode:
        pytest.skip("only root may mount a small disk")
    settings.JOURNAL_PATH = folder / "erasures.jsonl"
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_stops_the_run_with_nobody_half_erased(small_disk: Path, settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 20
    gone(100)
    # The room for one chunk of five, and a bit of the next.
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 8 * 1024)
    with pytest.raises(journal.JournalNotWritten, match="No space left on device"):
        retention.run(as_of=timezone.now(), actor=NIGHTLY)
    failed = PurgeRun.objects.get()
    assert (failed.state, failed.error) == ("failed", "JournalNotWritten")
    erased = ContactPoint.objects.exclude(erased_at=None).count()
    assert 0 < erased < 100
    assert erased % 20 == 0
    assert failed.counts["purge"] == erased
    assert JournalMark.objects.count() == erased // 20
    assert settings.JOURNAL_PATH.read_bytes().endswith(b"\n")
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)

    retention.run(as_of=timezone.now(), actor=NIGHTLY)

    assert not ContactPoint.objects.filter(erased_at=None).exists()
    assert list(journal.verify()) == []
    assert not journal.is_behind()
