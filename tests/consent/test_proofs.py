"""Proofs that leave the house: they hold whatever is erased later, and say no more than they should."""

import json
from datetime import timedelta
from typing import Any

import pytest

from consent import proofs, retention, sealing
from consent.ledger import Proof
from consent.models import ConsentEvent, Evidence, Notice
from consent.proofs import Section, Sheet
from consent.rules import proof
from consent.rules.states import Act
from tests import factories
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER
from tests.proving import pdf_text

pytestmark = pytest.mark.django_db

EVIDENCE = Proof(ip="192.0.2.1", shown="the form")


@pytest.fixture
def entry() -> ConsentEvent:
    """A sealed grant among others, with evidence."""
    factories.entry(factories.point())
    point = factories.point(given_name="Zoë", family_name="Ström")
    made = factories.entry(point, evidence=EVIDENCE, source=factories.source())
    factories.entry(point, Act.RENEWED)
    sealing.seal(actor=TESTER, at=NOON)
    return made


def check(made: dict[str, Any]) -> proof.Checked:
    return proof.check(json.dumps(made).encode())


class TestProve:
    def test_a_proof_is_valid_without_the_database(self, entry: ConsentEvent) -> None:
        made = proofs.prove(entries=[entry])
        assert check(made).wrong == []
        assert check(made).entries == [entry.pk]
        assert made["entries"][0]["notice"]["text"] == entry.notice.text

    def test_entries_under_several_seals_stand_in_one_file(self, entry: ConsentEvent) -> None:
        later = factories.entry(entry.point, Act.WITHDRAWN)
        sealing.seal(actor=TESTER, at=NOON + timedelta(days=1))
        made = proofs.prove(entries=[later, entry])
        assert check(made).wrong == []
        assert (check(made).entries, [seal["number"] for seal in made["seals"]]) == ([entry.pk, later.pk], [1, 2])

    def test_what_is_not_sealed_is_said(self, entry: ConsentEvent) -> None:
        later = factories.entry(entry.point, Act.WITHDRAWN)
        with pytest.raises(proofs.NotSealed) as raised:
            proofs.prove(entries=[entry, later])
        assert raised.value.entries == [later.pk]

    @pytest.mark.parametrize(
        "tampering",
        [
            "UPDATE consent_consentevent SET method = 'staff' WHERE id = {}",
            "UPDATE consent_sealedentry SET position = 77 WHERE entry_id = {}",
            "UPDATE consent_seal SET root = '" + "0" * 64 + "' WHERE number = 1 AND {} > 0",
        ],
    )
    def test_nothing_is_proven_of_what_was_changed(self, tampering: str, entry: ConsentEvent) -> None:
        past_the_triggers(tampering.format(entry.pk))
        with pytest.raises(proofs.Broken) as raised:
            proofs.prove(entries=[ConsentEvent.objects.get(pk=entry.pk)])
        assert raised.value.entry == entry.pk

    def test_erasing_the_evidence_or_the_person_keeps_every_proof(self, entry: ConsentEvent) -> None:
        before = proofs.prove(entries=ConsentEvent.objects.filter(point=entry.point_id))
        number = entry.point.line.e164
        Evidence.objects.all().delete()
        assert proofs.prove(entries=ConsentEvent.objects.filter(point=entry.point_id)) == before
        retention.erase(entry.point.contact, reason="request", actor=TESTER, at=NOON)
        assert proofs.prove(entries=ConsentEvent.objects.filter(point=entry.point_id)) == before
        assert check(before).wrong == []
        for personal in (number, number[2:], "Zoë", "192.0.2.1", "the form"):
            assert personal not in json.dumps(before, ensure_ascii=False)


class TestCertificate:
    def test_it_says_who_in_which_words_and_by_which_seal(self, entry: ConsentEvent) -> None:
        made = proofs.certificate_of(entry=entry, at=NOON)
        assert (made.name, made.evidence, made.status, made.erased_at) == ("Zoë Ström", "held", "renewed", None)
        assert made.number.endswith(entry.point.line.e164[-4:])
        assert entry.point.line.e164[2:] not in made.number
        assert (made.seal and made.seal.number, made.position) == (1, 1)
        assert "Zoë" not in repr(made)

    def test_of_an_erased_person_it_says_since_when(self, entry: ConsentEvent) -> None:
        retention.erase(entry.point.contact, reason="request", actor=TESTER, at=NOON)
        made = proofs.certificate_of(entry=ConsentEvent.objects.get(pk=entry.pk), at=NOON)
        assert (made.name, made.number, made.evidence, made.erased_at) == ("", "", "erased", NOON)
        assert made.seal is not None

    def test_one_without_evidence_or_seal_says_so(self) -> None:
        made = proofs.certificate_of(entry=factories.entry(factories.point()), at=NOON)
        assert (made.evidence, made.seal, made.position) == ("none", None, None)


class TestReceipt:
    def test_it_has_the_fields_of_the_kantara_receipt(self, entry: ConsentEvent, settings: Any) -> None:
        settings.ORGANISATION, settings.HELP_CONTACT = "Finch & Harbour", "help@finch.example"
        made = proofs.receipt_of(entry=entry)
        assert made["version"] == "KI-CR-v1.1.0"
        assert made["jurisdiction"] == "US"
        assert made["consentTimestamp"] == int(entry.occurred_at.timestamp())
        assert (made["collectionMethod"], made["consentReceiptID"]) == ("web_form", str(entry.uid))
        assert (made["language"], made["piiPrincipalId"]) == ("en", f"contact point {entry.point_id}")
        assert made["piiControllers"][0]["piiController"] == "Finch & Harbour"
        assert made["piiControllers"][0]["email"] == "help@finch.example"
        assert made["policyUrl"] == settings.PUBLIC_URL
        (purpose,) = made["services"][0]["purposes"]
        assert (purpose["purpose"], purpose["consentType"], purpose["thirdPartyDisclosure"]) == (
            "News",
            "EXPLICIT",
            False,
        )

    def test_it_has_the_record_of_the_iso_standard_and_the_seal(self, entry: ConsentEvent) -> None:
        made = proofs.receipt_of(entry=entry)
        record = made["record"]
        assert record["record_id"] == str(entry.uid)
        assert record["notice"]["digest"] == f"sha256:{entry.notice.digest}"
        assert record["state"]["status"] == "dpv:RenewedConsentGiven"
        assert record["event"]["evidence"] == f"sha256:{entry.evidence_digest}"
        assert (made["seal"]["number"], made["seal"]["position"]) == (1, 1)
        for personal in ("Zoë", "Ström", entry.point.line.e164[2:], "192.0.2.1"):
            assert personal not in json.dumps(made, ensure_ascii=False)

    def test_of_an_erased_line_and_an_unsealed_entry_it_is_whole_too(self) -> None:
        made = factories.entry(factories.point(), Act.WITHDRAWN)
        retention.erase(made.point.contact, reason="request", actor=TESTER, at=NOON)
        receipt = proofs.receipt_of(entry=ConsentEvent.objects.get(pk=made.pk))
        assert (receipt["jurisdiction"], receipt["seal"], receipt["record"]["notice"]) == ("ZZ", None, None)


class TestPaper:
    def sheet(self, text: str) -> Sheet:
        return Sheet("Title", "Subtitle", [Section("What", [("Label", "value"), ("", "wide")], text)], "foot")

    def test_its_words_are_in_the_pdf(self) -> None:
        text = pdf_text(proofs.pdf(self.sheet("May we contact you? Dürfen wir? Можно?")))
        for words in ("Title", "Subtitle", "What", "Label", "value", "wide", "May we contact you?", "Dürfen wir?"):
            assert words in text
        assert "foot" in text
        assert "1 / 1" in text

    @pytest.mark.parametrize(
        "text", ["我们可以联系您吗？", "מותר לנו?", "هل يمكننا؟", "😀" * 5000, "\x00\x07\u200f\ud7ff"]
    )
    def test_letters_that_the_font_lacks_are_said_to_be_missing(self, text: str) -> None:
        assert "cannot show" in pdf_text(proofs.pdf(self.sheet(text)))

    def test_a_long_text_runs_over_pages(self) -> None:
        text = pdf_text(proofs.pdf(self.sheet("May we contact you? " * 1000 + "x" * 3000)))
        assert " ".join(text.split()).count("May we") == 1000
        assert "2 / " in text

    def test_its_repr_shows_nothing_of_it(self) -> None:
        assert "value" not in repr(self.sheet("text"))


def test_the_notice_of_a_certificate_is_the_one_that_was_shown(entry: ConsentEvent) -> None:
    Notice.objects.create(purpose=entry.purpose, version=2, text="May we, please?", published_at=NOON)
    made = proofs.certificate_of(entry=ConsentEvent.objects.get(pk=entry.pk), at=NOON)
    assert made.entry.notice.version == 1
