"""Verifying seals, measured in the database of the environment: `python -m tests.benchmarks.verifying ENTRIES`.

The database is migrated, filled and sealed before. Prints what was measured as JSON.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from unittest import mock

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent import sealing  # noqa: E402
from consent.rules.entries import PREFIX  # noqa: E402
from consent.sealing import reading  # noqa: E402
from tests import factories  # noqa: E402

ROUNDS = 3
# As `ledger.append` writes them: of every three entries one names no notice; a digest of evidence on each.
_ENTRIES = """
    INSERT INTO consent_consentevent (uid, point_id, purpose_id, channel, act, occurred_at, recorded_at, notice_id,
        source_id, method, actor_name, evidence_digest)
    SELECT gen_random_uuid(), %(point)s, %(purpose)s, 'sms', CASE n %% 3 WHEN 0 THEN 'withdrawn' ELSE 'given' END,
        now() - n * interval '1.000001 minutes', now(), CASE n %% 3 WHEN 0 THEN NULL ELSE %(notice)s END, %(source)s,
        'web_form', 'person', encode(sha256(n::text::bytea), 'hex')
    FROM generate_series(1, %(entries)s) n
"""


def fill(entries: int) -> None:
    """Write so many entries, past no trigger, and seal them."""
    purpose = factories.purpose()
    ids = {
        "point": factories.point().pk,
        "purpose": purpose.pk,
        "notice": factories.notice(purpose).pk,
        "source": factories.source().pk,
        "entries": entries,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENTRIES, ids)
        cursor.execute("VACUUM ANALYZE")
    sealing.seal(actor=factories.TESTER, at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def seconds(work: Callable[[], Any]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def verify() -> None:
    """Verify all seals. Raises RuntimeError when something is wrong, which is not what was to be measured."""
    if faults := sealing.verify():
        raise RuntimeError(f"{len(faults)} faults, the first: {faults[0]}")


def contents(entries: int) -> list[bytes]:
    """Return the bytes that verifying hashes, for each entry."""
    kept: list[bytes] = []

    def keep(content: bytes, wording: bytes) -> bytes:
        kept.append(b"\x00" + PREFIX + content + wording)
        return b""

    with mock.patch.object(reading, "_leaf", keep):
        assert sum(len(leaves.ids) for leaves in reading.sealed(up_to=entries)) == entries
    return kept


def hash_all(kept: list[bytes]) -> None:
    """Hash each entry's bytes, one by one."""
    for content in kept:
        sha256(content).digest()


def measure(entries: int) -> dict[str, Any]:
    """Measure both in turn, several times over, so that what else the machine does falls on both."""
    found: dict[str, Any] = {"verify": [seconds(verify)], "hash": []}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    kept = contents(entries)
    found["bytes"] = sum(map(len, kept))
    for _round in range(ROUNDS):
        found["hash"].append(seconds(lambda: hash_all(kept)))
        found["verify"].append(seconds(verify))
    return found


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    fill(int(sys.argv[1]))
    json.dump(measure(int(sys.argv[1])), sys.stdout)
