"""A number goes through all that the office does, is erased by the nightly job, and is nowhere: not in any byte."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from consent import ledger, messages, retention, withdrawal
from consent.models import Method, OutgoingMessage
from crm import tasks as crm_tasks
from crm.models import NIGHTLY, ContactPoint
from crm.traces import Report, audit
from tests import capturing, factories, processes
from tests.crm.traces.planted import everywhere
from tests.exporting import exported

pytestmark = pytest.mark.django_db(transaction=True)

# PostgreSQL's is of the whole server, and holds what other tests write.
LOG = ("--without", "write-ahead log")


def places(report: Report) -> set[str]:
    return {trace.place for trace in report.traces}


def test_after_the_night_an_erased_number_is_in_no_table_file_or_page(admin_client: Any, tmp_path: Path) -> None:
    number = factories.number()
    factories.source("web", default_region="US")
    (tmp_path / "people.csv").write_text(f"Given name,Mobile\nAnn,{number}\n")
    imported = processes.manage("import_contacts", str(tmp_path / "people.csv"), "--source", "web", "--json")
    assert imported.returncode == 0, imported.stderr + imported.stdout
    everywhere(number)
    point = ContactPoint.objects.get()
    line = point.line
    assert line is not None
    # Texted, answered, looked for, looked at, and left in a session.
    sent = messages.queue(line=line, kind=OutgoingMessage.Kind.HELP, language="en", at=timezone.now())
    messages.send(sent.pk, at=timezone.now())
    capturing.inbound(line, body=f"call me at {number}")
    assert number[2:].encode() in exported()
    admin_client.post("/admin/crm/contact/", {"q": number})
    admin_client.get("/admin/crm/contact/", {"q": number})
    session = SessionStore()
    session["looked_for"] = number
    session.save()
    before = audit([number], without=LOG)
    assert places(before) >= {"database", "session", "database file"}

    factories.policy()
    withdrawal.withdraw(
        number,
        at=timezone.now(),
        reason="stop",
        method=Method.SMS,
        actor=factories.TESTER,
        evidence=ledger.Proof(message=f"STOP from {number}"),
    )
    retention.run(as_of=timezone.now(), actor=NIGHTLY)
    crm_tasks.clean_residue()

    after = audit([number], without=LOG)
    assert after.traces == []
    assert after.unread == []
    alone = processes.manage("find_traces", number, *LOG, "--json")
    assert (alone.returncode, alone.stderr) == (0, ""), alone.stdout
    of_contact = processes.manage("find_traces", "--contact", str(point.contact_id), *LOG, "--json")
    assert (of_contact.returncode, of_contact.stderr) == (0, ""), of_contact.stdout
