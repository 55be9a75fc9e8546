"""A job in a process of its own: it brings what it yields, keeps to its limits, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest
from django.utils import translation

from crm.imports import child
from crm.imports.child import running
from crm.imports.reading import UnreadableFile
from tests.crm.imports.jobs import NUMBER
from tests.processes import ROOT


@pytest.fixture
def job(monkeypatch):
    """Run one of the jobs for tests."""
    monkeypatch.setattr(child, "JOBS", "tests.crm.imports.jobs:")
    return lambda name, **arguments: running(f"tests.crm.imports.jobs:{name}", **arguments)


def is_there(pid: int) -> bool:
    """Whether a process is running, or has ended and waits for its parent."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_a_job_yields_arrives_in_order(job):
    with job("counting", to=3) as items:
        assert list(items) == [0, 1, 2]


@pytest.mark.parametrize("name", ["os:walk", "crm.erasure:erase", "crm.importsx:rows", "consent.tasks:purge"])
def test_what_is_no_job_of_an_import_is_not_run(name):
    with pytest.raises(ValueError, match="no job below"), running(name):
        pass


def test_a_job_has_the_limits_and_neither_keys_nor_files_nor_the_arguments_of_its_parent(job, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://user:password@host/name")
    settings.IMPORT_MAX_COLUMNS = 7
    ours = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(ours, True)
    try:
        with job("surroundings") as items:
            (found,) = items
    finally:
        os.close(ours)

    assert not {"DATABASE_URL", "SECRET_KEY", "FINGERPRINT_KEYS", "DJANGO_SETTINGS_MODULE"} & set(found["environment"])
    assert found["arguments"][1:] == ["-m", "crm.imports.child"]
    # Its stdin, stdout and stderr, the frames' pipe, and the listing of the directory.
    assert len(found["files"]) == 5
    assert ours not in found["files"][:3]
    assert (found["core"], found["columns"], found["apps"]) == ((0, 0), 7, [])


def test_what_a_library_prints_is_no_item(job):
    with job("printing") as items:
        assert list(items) == [1]


def test_a_refusal_arrives_in_the_language_of_whoever_reads_it(job):
    with translation.override("de"), job("refusing") as items:
        assert next(items) == 1
        with pytest.raises(UnreadableFile) as refused:
            next(items)

        assert str(refused.value) == "Dieser Wert muss kleiner oder gleich 7 sein."
    assert str(refused.value) == "Ensure this value is less than or equal to 7."


def test_a_job_that_needs_more_memory_than_it_may_have_is_ended(job, settings):
    settings.IMPORT_MEMORY_BYTES = 150 * 1024 * 1024

    with job("hungry") as items, pytest.raises(UnreadableFile, match="needs more than 150 MB of memory"):
        assert list(items) == []


@pytest.mark.parametrize("name", ["forever", "caught_in_a_library"])
def test_a_job_that_brings_nothing_for_too_long_is_ended(job, settings, name):
    settings.IMPORT_STALL_SECONDS = 1

    with job(name) as items, pytest.raises(UnreadableFile, match="nothing that could be read within 1 seconds"):
        assert list(items) == []


def test_a_job_may_take_its_time_when_it_brings_something_now_and_then_and_so_may_its_parent(job, settings):
    settings.IMPORT_STALL_SECONDS = 2
    found = []

    with job("counting", to=8_000) as many:
        found.append(next(many))
        with job("counting", to=4, seconds=0.6) as items:
            assert list(items) == [0, 1, 2, 3]
        found += many

    assert found == list(range(8_000))


@pytest.mark.parametrize(
    ("name", "logged"),
    [("failing", r"LookupError in failing, jobs.py:\d+"), ("killed", f"status -{signal.SIGSEGV.value}")],
)
def test_a_job_that_breaks_off_says_so_and_logs_where_but_not_over_what(job, caplog, name, logged):
    with job(name) as items:
        assert next(items) == 1
        with pytest.raises(UnreadableFile, match="Reading the file broke off"):
            next(items)

    (line,) = caplog.messages
    assert re.search(logged, line)
    assert NUMBER[1:] not in line


def test_a_child_is_gone_when_its_parent_stops_listening(job):
    with job("forever") as items:
        pid = next(items)
        assert is_there(pid)

    assert not is_there(pid)


def test_a_thread_that_still_listens_when_the_job_is_left_hears_the_end_and_nothing_is_logged(job, caplog):
    heard = list[int]()
    with job("forever") as items:
        thread = Thread(target=lambda: heard.extend(items))
        pid = next(items)
        thread.start()
    thread.join(timeout=10)

    assert not thread.is_alive()
    assert not is_there(pid)
    assert (heard, caplog.messages) == ([], [])


def test_a_child_is_gone_when_its_parent_fails(job):
    pids = list[int]()

    def fail() -> None:
        with job("forever") as items:
            pids.append(next(items))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert not is_there(pids[0])


def test_a_child_dies_with_a_parent_that_is_killed():
    script = (
        "import time\n"
        "from django.conf import settings\n"
        "settings.configure(IMPORT_MEMORY_BYTES=300 << 20, IMPORT_STALL_SECONDS=60)\n"
        "from crm.imports import child\n"
        "child.JOBS = 'tests.'\n"
        "with child.running('tests.crm.imports.jobs:forever') as items:\n"
        "    print(next(items), flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_there(pid)
        parent.kill()
        parent.wait()

    for _try in range(100):
        if not is_there(pid):
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child outlived its parent")
