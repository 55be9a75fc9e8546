"""Three ways to bring people into the same tables, each of which writes every row, entry and history of theirs.

- stock: django-import-export's resource, saving models whose history simple-history writes.
- ringfence: an upload, confirmed and committed, as the command and the admin do it.
- bare: rows that are ready, COPYed or inserted into the tables; nothing is read, matched or decided.
"""

import time
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from consent.resources import EvidenceResource
from crm.imports import run, upload
from tests import factories
from tests.benchmarks import bare, stock


def ringfence(path: Path) -> float:
    """Stage and confirm the file; commit it, and return the seconds that this took."""
    now = timezone.now()
    with path.open("rb") as file:
        batch = upload.stage(
            iter(lambda: file.read(1 << 20), b""),
            file_name=path.name,
            source=factories.source(),
            region="US",
            resource=EvidenceResource,
            actor=factories.TESTER,
            at=now,
        )
    run.confirm(batch, actor=factories.TESTER, at=now)
    began = time.perf_counter()
    run.commit(batch, resource=EvidenceResource, at=now)
    seconds = time.perf_counter() - began
    assert batch.counts["rejected"] == batch.counts["flagged"] == 0, batch.counts
    return seconds


WAYS: dict[str, Callable[[Path], float]] = {"stock": stock.load, "ringfence": ringfence, "bare": bare.load}
