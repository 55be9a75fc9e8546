"""The certificate, the proof file and the receipt on a ledger entry's page, and the seal on a run's."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from consent import retention, sealing
from consent.models import AccessRecord, ConsentEvent, PurgeRun, Seal
from consent.rules import proof
from tests import factories
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER
from tests.proving import pdf_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Client:
    client = Client()
    client.force_login(factories.user("member", role="Compliance officer"))
    return client


@pytest.fixture
def entry() -> ConsentEvent:
    made = factories.entry(factories.point(given_name="Zoë", family_name="<b>Ström</b>"))
    sealing.seal(actor=TESTER, at=timezone.now())
    return made


def page(entry: ConsentEvent, name: str) -> str:
    return f"/admin/consent/consentevent/{entry.pk}/{name}/"


def test_the_entry_leads_to_its_certificate_and_files(officer: Client, entry: ConsentEvent) -> None:
    text = officer.get(page(entry, "change")).content.decode()
    for name in ("certificate", "certificate-pdf", "proof", "receipt"):
        assert page(entry, name) in text


def test_the_certificate_is_a_page_and_a_pdf_with_the_same_words(officer: Client, entry: ConsentEvent) -> None:
    html = officer.get(page(entry, "certificate"))
    pdf = officer.get(page(entry, "certificate-pdf"))
    assert pdf["Content-Type"] == "application/pdf"
    assert "no-store" in html["Cache-Control"]
    assert "no-store" in pdf["Cache-Control"]
    seal = Seal.objects.get()
    for words in ("Zoë", entry.notice.text, "News", str(entry.uid), seal.root, seal.digest, "number 1, place 1 of 1"):
        assert words in html.content.decode()
        assert words in pdf_text(pdf.content)
    assert "&lt;b&gt;Ström" in html.content.decode()
    number = entry.point.line.e164
    assert number[2:] not in html.content.decode() + pdf_text(pdf.content)


def test_the_page_carries_no_script_and_no_style_of_its_own(officer: Client, entry: ConsentEvent) -> None:
    text = officer.get(page(entry, "certificate")).content.decode()
    assert "<script" not in text
    assert "<style" not in text
    assert "style=" not in text


def test_one_that_names_somebody_is_on_record(officer: Client, entry: ConsentEvent) -> None:
    officer.get(page(entry, "certificate"))
    officer.get(page(entry, "certificate-pdf"))
    pdf, html = AccessRecord.objects.all()
    assert [(made.format, made.masked, made.contacts, made.points) for made in (html, pdf)] == [
        ("html", True, 1, 1),
        ("pdf", True, 1, 1),
    ]
    assert html.scope["contacts"] == [entry.point.contact_id]


def test_one_of_an_erased_person_names_nobody_and_is_not(officer: Client, entry: ConsentEvent) -> None:
    retention.erase(entry.point.contact, reason="request", actor=TESTER, at=timezone.now())
    text = officer.get(page(entry, "certificate")).content.decode()
    assert "erased on" in text
    assert "Zoë" not in text
    assert not AccessRecord.objects.exists()
    assert Seal.objects.get().digest in text


def test_the_proof_file_is_valid(officer: Client, entry: ConsentEvent) -> None:
    answer = officer.get(page(entry, "proof"))
    assert answer["Content-Disposition"] == f'attachment; filename="consent-proof-{entry.pk}.json"'
    assert proof.check(answer.content).wrong == []


def test_the_receipt_is_json(officer: Client, entry: ConsentEvent) -> None:
    answer = officer.get(page(entry, "receipt"))
    assert json.loads(answer.content)["consentReceiptID"] == str(entry.uid)


def test_an_entry_without_a_proof_says_why(officer: Client, entry: ConsentEvent) -> None:
    new = factories.entry(factories.point())
    assert "not sealed yet" in officer.get(page(new, "proof"), follow=True).content.decode()
    assert "not sealed yet" in officer.get(page(new, "certificate")).content.decode()
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {entry.pk}")
    assert "not what was sealed" in officer.get(page(entry, "proof"), follow=True).content.decode()


def test_there_is_none_of_an_entry_that_is_not_there(officer: Client) -> None:
    for name in ("certificate", "certificate-pdf", "proof", "receipt"):
        assert officer.get(f"/admin/consent/consentevent/99999/{name}/").status_code == 404


def test_a_run_of_the_purge_shows_the_seal_made_after_it(officer: Client, entry: ConsentEvent) -> None:
    run = PurgeRun.objects.create(
        as_of=NOON, started_at=NOON, finished_at=NOON, state="done", actor_name="tester", seal=Seal.objects.get()
    )
    text = officer.get(f"/admin/consent/purgerun/{run.pk}/change/").content.decode()
    assert run.seal.root in text
    assert run.seal.digest in text
