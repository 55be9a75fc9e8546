"""A supplier's file comes in: people, provenance, history, ledger, and the answer whether we may."""

import json
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from consent import permission
from consent.models import Consent, ConsentEvent
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict
from crm.models import Contact, ImportBatch, PhoneNumber, Provenance
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)

HEADERS = ["Given name", "Family name", "E-mail", "Mobile", "Purpose", "Given at", "Wording version", "IP"]
ROWS = [
    ["Ada", "Quist", "ada@example.com", "(202) 555-0100", "news", "2026-01-05T10:00:00Z", "1", "192.0.2.7"],
    ["Ben", "Ode", "ben@example.com", "+1 202 555 0101", "", "", "", ""],
    ["Cai", "Rum", "cai@example.com", "call me", "news", "2026-01-05T10:00:00Z", "1", ""],
]


def csv_file(folder: Path) -> Path:
    path = folder / "people.csv"
    path.write_text("\n".join(",".join(row) for row in [HEADERS, *ROWS]), encoding="utf-8")
    return path


def xlsx_file(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in [HEADERS, *ROWS]:
        book.active.append(row)
    book.save(folder / "people.xlsx")
    return folder / "people.xlsx"


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_suppliers_file_becomes_people_with_provenance_and_provable_consents(make, tmp_path):
    factories.notice(factories.purpose("news"))
    supplier = factories.source("list", kind="third_party", names_us=True)

    done = processes.manage("import_contacts", str(make(tmp_path)), "--source", "list", "--region", "US", "--json")

    assert done.returncode == 1, done.stderr  # one row was rejected
    answer = json.loads(done.stdout)
    assert answer["counts"] == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "rejected": 1,
        "suppressed": 0,
        "flagged": 0,
    }
    assert [(fault["line"], fault["column"], fault["code"]) for fault in answer["faults"]] == [(4, "Mobile", "letters")]
    batch = ImportBatch.objects.get(pk=answer["batch"])

    ada = Contact.objects.get(given_name="Ada")
    point = ada.points.get()
    assert point.line is not None
    assert point.line.e164 == "+12025550100"
    assert Provenance.objects.get(point=point).source == supplier
    first = ada.history.get()
    assert (first.history_actor, first.history_source, first.history_batch) == (
        "command import_contacts",
        supplier,
        batch,
    )
    entries = ConsentEvent.objects.filter(point=point)
    assert {(entry.channel, entry.act, entry.occurred_at) for entry in entries} == {
        ("sms", "given", datetime(2026, 1, 5, 10, tzinfo=UTC)),
        ("call", "given", datetime(2026, 1, 5, 10, tzinfo=UTC)),
    }
    assert {str(entry.evidence.ip) for entry in entries} == {"192.0.2.7"}
    assert set(Consent.objects.filter(point=point).values_list("status", flat=True)) == {"given"}
    assert not PhoneNumber.objects.filter(points__contact__given_name="Cai").exists()


def test_a_bought_in_number_may_be_used_once_its_owner_was_told_and_not_before(tmp_path):
    news = factories.purpose("news")
    factories.notice(news)
    factories.source("list", kind="third_party", names_us=True)
    processes.manage("import_contacts", str(csv_file(tmp_path)), "--source", "list", "--region", "US")
    afternoon = datetime(2027, 1, 5, 18, tzinfo=UTC)

    def asked(channel: Channel = Channel.CALL) -> Decision:
        return permission.may_contact("+12025550100", purpose=news, channel=channel, at=afternoon)

    assert asked().reason is Reason.NOTICE_NOT_SENT
    Provenance.objects.update(notice_sent_at=datetime(2026, 12, 1, tzinfo=UTC))
    assert (asked().verdict, asked().reason) == (Verdict.ALLOW, Reason.CONSENT_GIVEN)
    # What the supplier was told allows no text from us in the United States.
    assert asked(Channel.SMS).reason is Reason.CONSENT_NOT_TRANSFERABLE
