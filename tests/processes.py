"""Real processes for tests: commands and Celery workers on the test's own database, folders and broker."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

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
        "HTTPS": "off",
        "PURGE_LEASE_SECONDS": "2",
        **more,
    }


def database_url() -> str:
    """Return the address of the test database, as DATABASE_URL takes it."""
    values: Mapping[str, str] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}"
    who = (
        f"{values['USER']}:{values['PASSWORD']}@"
        if values["PASSWORD"]
        else f"{values['USER']}@"
        if values["USER"]
        else ""
    )
    host, port = values["HOST"], f":{values['PORT']}" if values["PORT"] else ""
    if host.startswith("/"):
        host = host.replace("/", "%2F")
    return f"postgres://{who}{host}{port}/{values['NAME']}"


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


def eventually(true: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until `true` is; fail when it is not within `seconds`."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"not true within {seconds} seconds")
        time.sleep(0.05)
