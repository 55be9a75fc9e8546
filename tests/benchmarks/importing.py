"""Three ways to bring people into the same tables, each of which writes every row, entry and history of theirs.

`python -m tests.benchmarks.importing WAY FILE` runs one in the database of the environment, which it migrates
before, and prints its seconds, rows and peak memory as JSON.

- stock: django-import-export's resource, saving models whose history simple-history writes.
- ringfence: an upload, confirmed and committed, as the command and the admin do it.
- bare: rows that are ready, COPYed or inserted into the tables; nothing is read, matched or decided.
"""

import csv
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent.resources import EvidenceResource  # noqa: E402
from crm.imports import run, upload  # noqa: E402
from tests import factories  # noqa: E402
from tests.benchmarks import bare, stock  # noqa: E402


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


def main(way: str, path: Path) -> None:
    """Run one way and print what it took."""
    call_command("migrate", verbosity=0)
    factories.notice(factories.purpose("news", channels=["sms"]))
    factories.source()
    with path.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _row in csv.reader(file)) - 1
    seconds = WAYS[way](path)
    peaks = [resource.getrusage(who).ru_maxrss * 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    json.dump({"seconds": seconds, "rows": rows, "peak": peaks}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
