"""What the flows share: brokers that are really there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from crm.celery import app as celery_app
from tests.suite import required


@pytest.fixture(autouse=True)
def _nothing_staged() -> None:
    """Each flow begins with an empty staging directory."""
    shutil.rmtree(settings.STAGING_DIR, ignore_errors=True)


@pytest.fixture(params=["embedded", "redis"])
def broker_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker without messages: the embedded one with SQLite, Redis with PostgreSQL where one answers.

    EVERY_PAIR=1 tries each broker with each database.
    """
    url = os.environ.get("REDIS_URL", "")
    usual = "redis" if url and connection.vendor == "postgresql" else "embedded"
    if request.param != usual and not required("EVERY_PAIR"):
        pytest.skip("the other broker goes with this database; EVERY_PAIR=1 tries both")
    if request.param == "redis":
        if not url:
            pytest.skip("no Redis answers")
        with _alone_on_redis(), celery_app.connection_for_write(url) as broker:
            channel: Any = broker.default_channel
            channel.client.flushdb()
            yield url
        return
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)
    (settings.BROKER_DIR / "control").mkdir(parents=True)
    yield "filesystem://"
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)


@contextmanager
def _alone_on_redis() -> Iterator[None]:
    """Wait until no other test uses Redis: on one queue, workers would take each other's messages."""
    with (Path(tempfile.gettempdir()) / f"ringfence-redis-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
