"""Folders and a table that a search is let loose on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from crm import traces
from tests.raw import POSTGRES


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> Path:
    """Folders of this test's own, so that no other test's files are found."""
    settings.DATA_DIR = tmp_path
    settings.STAGING_DIR = tmp_path / "staging"
    settings.BROKER_DIR = tmp_path / "broker"
    settings.LOG_FILE = str(tmp_path / "ringfence.log")
    settings.CELERY_BEAT_SCHEDULE_FILENAME = str(tmp_path / "beat-schedule")
    settings.JOURNAL_PATH = tmp_path / "proof" / "erasures.jsonl"
    settings.SEALS_PATH = tmp_path / "proof" / "seals.jsonl"
    settings.STAGING_DIR.mkdir()
    settings.BROKER_DIR.mkdir()
    return tmp_path


@pytest.fixture(autouse=True)
def _without_the_servers_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's log is of all its databases, and large; tests of it call its search."""
    monkeypatch.setattr(traces, "PLACES", tuple(place for place in traces.PLACES if place.name != "write-ahead log"))


@pytest.fixture
def foreign_table() -> Iterator[str]:
    """A table that no model knows, with a column of every kind that can hold a number."""
    blob, document = ("bytea", "jsonb") if POSTGRES else ("blob", "text")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE legacy_leads (id integer PRIMARY KEY, words text, short varchar(60), fixed char(60),"
            f" document {document}, bytes {blob}, big bigint, amount numeric(20, 2), ratio double precision)"
        )
    yield "legacy_leads"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE legacy_leads")
