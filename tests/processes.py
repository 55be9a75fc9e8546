"""Real processes for tests: commands and Celery workers on the test's own database, folders and broker."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.suite import server_url

ROOT = Path(__file__).resolve().parent.parent


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that works on the test's database and folders."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "DJANGO_SETTINGS_MODULE": "crm.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "FINGERPRINT_KEYS": ",".join(settings.FINGERPRINT_KEYS),
        "DATABASE_URL": database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "JOURNAL_PATH": str(settings.JOURNAL_PATH),
        "SEALS_PATH": str(settings.SEALS_PATH),
        "HTTPS": "off",
        "PURGE_LEASE_SECONDS": "2",
        **_password(),
        **more,
    }


def database_url() -> str:
    """Return the address of the test database, as DATABASE_URL takes it, without a password."""
    values: Mapping[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    return server_url(user=values["USER"], host=values["HOST"], port=int(values["PORT"] or 5432), name=values["NAME"])


def database_dump() -> bytes:
    """Return what pg_dump writes of the test database."""
    values: Mapping[str, Any] = connection.settings_dict
    command = [os.environ.get("PG_DUMP", "pg_dump"), "--dbname", values["NAME"]]
    for option, name in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        command += [option, str(values[name])] if values[name] else []
    return subprocess.run(command, env=os.environ | _password(), capture_output=True, check=True).stdout


def _password() -> dict[str, str]:
    """Where libpq looks for the password, if there is one: an address ends in logs."""
    password = connection.settings_dict.get("PASSWORD")
    return {"PGPASSWORD": password} if password else {}


def manage(*arguments: str, timeout: int = 60, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py to its end and return what it printed and its exit code."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def started(*command: str, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Python program beside the block, and end it by force if it has not ended by then."""
    process = subprocess.Popen([sys.executable, *command], env=environment(**more), cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def worker(broker_url: str, **more: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a Celery worker on `broker_url` beside the block."""
    arguments = ["-A", "crm", "worker", "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"]
    with started("-m", "celery", *arguments, BROKER_URL=broker_url, **more) as process:
        yield process


@contextmanager
def server(application: str = "crm.wsgi", **more: str) -> Iterator[str]:
    """Run the service under gunicorn beside the block; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [application, "--bind", f"127.0.0.1:{port}", "--no-control-socket", "--log-level", "warning"]
    with started("-m", "gunicorn", *arguments, **more) as process:
        eventually(lambda: process.poll() is None and _listens(port))
        yield f"http://127.0.0.1:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until `true` is; fail when it is not within `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not true within {seconds} seconds")
        time.sleep(0.05)
