"""The demo's processes: a worker for a while, and web, worker and beat until Ctrl-C."""

import os
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from honcho.manager import Manager

HOST = "127.0.0.1"
CELERY = [sys.executable, "-m", "celery", "--quiet", "--app", "crm"]
# Threads, as SQLite is one file and the embedded broker one folder; the demo has little to do.
WORKER = [*CELERY, "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING", "--without-mingle"]
BEAT = [*CELERY, "beat", "--loglevel", "WARNING"]


def folders() -> None:
    """Make the folders of the embedded broker and of the static files, for us alone."""
    for folder in (settings.BROKER_DIR, settings.BROKER_DIR / "control", settings.STATIC_ROOT):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def worker() -> Iterator[None]:
    """Run a Celery worker beside the block; what it says goes to worker.log beside the database."""
    with (settings.DATA_DIR / "worker.log").open("ab") as log:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "crm.settings"}
        process = subprocess.Popen(WORKER, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port(wanted: int) -> int:
    """Return `wanted`, or the next port after it that nobody listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {wanted} and {wanted + 50}")


def serve(port: int) -> int:
    """Run web, worker and beat until Ctrl-C or until one of them ends; return the exit code."""
    manager = Manager()
    environment = {"DJANGO_SETTINGS_MODULE": "crm.settings", "PYTHONUNBUFFERED": "1"}
    environment["PUBLIC_URL"] = f"http://{HOST}:{port}"
    web = [
        sys.executable,
        "-m",
        "gunicorn",
        "crm.wsgi",
        "--bind",
        f"{HOST}:{port}",
        "--workers",
        "2",
        "--no-control-socket",
    ]
    for name, command in (("web", web), ("worker", WORKER), ("beat", BEAT)):
        manager.add_process(name, shlex.join(command), env=os.environ | environment)
    manager.loop()
    return int(manager.returncode or 0)


def wait_for(done: Callable[[], bool], *, seconds: int = 120) -> bool:
    """Call `done` until it is true, and return whether it came true within `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return True
        time.sleep(0.2)
    return False
