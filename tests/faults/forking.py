"""Processes that can be killed by the hundred: one process loads the project, and every victim is a fork of it.

A victim is a real process with connections of its own: the command `purge`, a Celery worker, or a beat.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import processes
from tests.faults.copies import Place


class StillAlive(AssertionError):
    """A process did not end in time."""


@dataclass(slots=True)
class Nursery:
    """Starts victims, and tells how they ended."""

    process: "subprocess.Popen[str]"

    def start(self, what: str, place: Place, **more: Any) -> int:
        """Start a `purge`, a `worker` or a `beat` at a place and return its id; more: of its Celery configuration."""
        settings = {name: str(value) if isinstance(value, Path) else value for name, value in place.settings.items()}
        order = {
            "what": what,
            "folder": str(place.folder),
            "database": place.database,
            "settings": settings,
            "celery": broker(place) | more,
        }
        pid: int = self._ask(order)["pid"]
        return pid

    def worker(self, place: Place, **more: Any) -> int:
        """Start a worker and return its id once it takes messages."""
        pid = self.start("worker", place, **more)
        processes.eventually((place.folder / f"ready-{pid}").exists)
        return pid

    def wait(self, pid: int, *, seconds: float = 60) -> int:
        """Return how a victim ended: its exit code, or minus the signal."""
        code: int | None = self._ask({"wait": pid, "seconds": seconds})["code"]
        if code is None:
            raise StillAlive(f"process {pid} is still at work after {seconds} seconds")
        return code

    def kill(self, pid: int) -> int:
        """End a victim at once, in whatever it does, and return how it ended."""
        os.kill(pid, signal.SIGKILL)
        return self.wait(pid)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


def broker(place: Place) -> dict[str, Any]:
    """Return what Celery must know of the embedded broker of a place."""
    folder = str(place.settings["BROKER_DIR"])
    return {
        "broker_url": "filesystem://localhost//",
        "broker_transport_options": {
            "data_folder_in": folder,
            "data_folder_out": folder,
            "control_folder": f"{folder}/control",
            "polling_interval": 0.02,
            "store_processed": False,
        },
    }


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Keep a nursery beside the block; every victim ends with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=processes.environment(),
        cwd=processes.ROOT,
    )
    try:
        yield Nursery(process)
    finally:
        process.communicate(timeout=60)


# --- in the process that forks -------------------------------------------------------------------------


def main() -> None:
    """Take orders from standard input, one a line, until it ends."""
    import django

    django.setup()
    _load()
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer: dict[str, Any] = {"code": _wait(order["wait"], order["seconds"])}
            if answer["code"] is not None:
                living.discard(order["wait"])
        else:
            pid = os.fork()
            if not pid:
                _live(order)
            living.add(pid)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for pid in living:
        os.kill(pid, signal.SIGKILL)


def _load() -> None:
    """Import what every victim needs, so that it begins at once."""
    import celery.apps.worker
    import celery.bin.worker
    import celery.concurrency.thread
    import kombu.transport.filesystem
    from django.core.management import get_commands, load_command_class
    from django.urls import get_resolver

    import consent.tasks
    from crm.celery import app

    load_command_class(str(get_commands()["purge"]), "purge")
    len(get_resolver().url_patterns)
    assert celery.apps.worker
    assert celery.bin.worker
    assert celery.concurrency.thread
    assert kombu.transport.filesystem
    assert consent.tasks.purge.name in app.tasks
    gc.freeze()


def _wait(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def _live(order: dict[str, Any]) -> None:
    """Be what was ordered, in a process that has just been forked; does not return."""
    code: Any = 70
    try:
        folder = Path(order["folder"])
        log = os.open(folder / f"log-{os.getpid()}", os.O_WRONLY | os.O_CREAT)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        code = _be(order, folder)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _be(order: dict[str, Any], folder: Path) -> int:
    from celery.signals import worker_ready
    from django.conf import settings
    from django.core.management import execute_from_command_line
    from django.db import connections

    from crm.celery import app

    connections.settings["default"].update(order["database"])
    for name, value in order["settings"].items():
        setattr(settings, name, Path(value) if name.endswith(("_PATH", "_DIR")) else value)
    app.conf.update(order["celery"])
    match order["what"]:
        case "purge":
            execute_from_command_line(["manage.py", "purge", "--json"])
        case "worker":
            ready = folder / f"ready-{os.getpid()}"
            worker_ready.connect(lambda **how: ready.touch(), weak=False)
            quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
            app.worker_main(["worker", "--pool", "threads", "--concurrency", "2", *quiet])
        case "beat":
            app.Beat(schedule=str(folder / f"beat-{os.getpid()}"), quiet=True, loglevel="WARNING").run()
    return 0


if __name__ == "__main__":
    main()
