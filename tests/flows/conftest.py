"""What the flows share: brokers that are really there."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from crm import celery_app


@pytest.fixture(autouse=True)
def _nothing_staged() -> None:
    """Each flow begins with an empty staging directory."""
    shutil.rmtree(settings.STAGING_DIR, ignore_errors=True)


@pytest.fixture(params=["embedded", "redis"])
def broker_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker without messages: the embedded one, and Redis where one answers."""
    if request.param == "redis":
        url = os.environ.get("REDIS_URL", "")
        if not url:
            pytest.skip("no Redis answers")
        with celery_app.connection_for_write(url) as connection:
            channel: Any = connection.default_channel
            channel.client.flushdb()
        yield url
        return
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)
    (settings.BROKER_DIR / "control").mkdir(parents=True)
    yield "filesystem://"
    shutil.rmtree(settings.BROKER_DIR, ignore_errors=True)
