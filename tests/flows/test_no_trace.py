"""After the purge the number is nowhere: not for find_traces, and not in the raw bytes of the database."""

from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from consent import ledger, retention, withdrawal
from consent.models import Method
from crm import phones, residue
from crm.models import NIGHTLY, Contact
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)

# PostgreSQL's is of the whole server, and holds what other tests write.
LOG = ("--without", "write-ahead log")


def raw_bytes() -> bytes:
    """Return what is in the database as bytes: SQLite's files as they lie on the disk, or a dump of PostgreSQL."""
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    return processes.database_dump()


def spelled_in(number: str, raw: bytes) -> list[str]:
    return [text for text in phones.spellings(number) if text.encode() in raw]


def test_a_purged_number_is_found_nowhere_while_a_kept_one_is():
    going, staying = factories.point(), factories.point()
    gone, kept = going.line.e164, staying.line.e164
    for point in (going, staying):
        factories.entry(point, evidence=ledger.Proof(ip="192.0.2.1", message=f"Reply from {point.line.e164}: YES"))
        LogEntry.objects.create(
            user=factories.user(),
            content_type=ContentType.objects.get_for_model(Contact),
            object_id=str(point.contact_id),
            object_repr=f"Somebody at {point.line.e164}",
            action_flag=CHANGE,
        )
    factories.policy()
    withdrawal.withdraw(
        gone,
        at=timezone.now(),
        reason="stop",
        method=Method.SMS,
        actor=factories.TESTER,
        evidence=ledger.Proof(message=f"STOP from {phones.spellings(gone)[2]}"),
    )
    assert spelled_in(gone, raw_bytes()), "the scan must be able to find it"
    assert processes.manage("find_traces", gone, *LOG).returncode == 1

    retention.run(as_of=timezone.now(), actor=NIGHTLY)
    residue.clean(at=timezone.now())

    raw = raw_bytes()
    assert spelled_in(gone, raw) == []
    assert spelled_in(kept, raw), "the scan must be able to find what is kept"
    found = processes.manage("find_traces", gone, *LOG, "--json")
    assert (found.returncode, found.stderr) == (0, ""), found.stdout
    assert processes.manage("find_traces", kept, *LOG).returncode == 1
