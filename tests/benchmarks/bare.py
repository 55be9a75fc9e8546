"""The limit: rows that are ready, put into the same tables in chunks of the same size, and nothing else."""

import csv
import gc
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from consent.models import Consent, ConsentEvent, Evidence, Notice, Purpose
from crm import bulk
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance, Source
from tests.benchmarks.people import numbers

_PROFILE = ("given_name", "family_name", "email", "organisation", "address", "country", "language", "notes")
_COLUMNS: dict[type[models.Model], Sequence[str]] = {
    PhoneNumber: ("id", "number", "region", "line_type", "number_key", "key_id", "created_at"),
    Contact: ("id", *_PROFILE, "status", "last_interaction_at", "created_at"),
    ContactPoint: ("id", "contact_id", "line_id", "label", "extension", "is_primary", "since", "created_at"),
    Provenance: ("id", "point_id", "source_id", "obtained_at", "notice_exempt", "external_key"),
    ConsentEvent: (
        *("id", "point_id", "purpose_id", "channel", "notice_id", "source_id", "uid", "act", "occurred_at"),
        *("recorded_at", "method", "actor_name", "evidence_digest"),
    ),
    Evidence: ("entry_id", "salt", "ip", "user_agent", "shown", "message", "created_at"),
    Consent: (
        *("id", "point_id", "purpose_id", "channel", "notice_id", "source_id", "status", "since", "given_at"),
        "last_entry_id",
    ),
}
_HISTORY = ("history_date", "history_change_reason", "history_type", "history_actor", "history_channel")


def load(path: Path) -> float:
    """Put as many people as the file has into the tables; return the seconds that the putting took."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    now, found = timezone.now(), list(numbers())
    ids = (Purpose.objects.get().pk, "sms", Notice.objects.get().pk, Source.objects.get(slug="web").pk)
    ready = [_ready(n, row, found[n - 1], now, ids) for n, row in enumerate(rows, start=1)]
    # It would go through what is ready again and again.
    gc.disable()
    try:
        return _timed(ready, now)
    finally:
        gc.enable()


def _timed(ready: Sequence[dict[Any, tuple[Any, ...]]], now: datetime) -> float:
    began = time.perf_counter()
    for start in range(0, len(ready), settings.IMPORT_CHUNK_ROWS):
        with transaction.atomic():
            _put(ready[start : start + settings.IMPORT_CHUNK_ROWS], now)
    return time.perf_counter() - began


def _ready(n: int, row: Sequence[str], e164: str, now: datetime, ids: Sequence[Any]) -> dict[Any, tuple[Any, ...]]:
    given = datetime.fromisoformat(row[6])
    digest = f"{n:064x}"
    return {
        PhoneNumber: (n, e164, "US", "fixed_line_or_mobile", digest, "test1", now),
        Contact: (n, row[0], row[1], row[2], row[3], "", "", "", "", "live", now, now),
        ContactPoint: (n, n, n, "", "", True, now, now),
        Provenance: (n, n, ids[3], now, "", ""),
        ConsentEvent: (n, n, *ids, uuid4(), "given", given, now, "web_form", "bare", digest),
        Evidence: (n, digest, row[8], "", "", "import 1, line 2", now),
        Consent: (n, n, *ids, "given", given, given, n),
    }


def _put(chunk: Iterable[dict[Any, tuple[Any, ...]]], now: datetime) -> None:
    history = (now, "bare", "+", "bare", "web_form")
    for model, columns in _COLUMNS.items():
        bulk.insert(model, columns, [ready[model] for ready in chunk])
        if hasattr(model, "history"):
            rows = [(*ready[model], *history) for ready in chunk]
            bulk.insert(model.history.model, (*columns, *_HISTORY), rows)
