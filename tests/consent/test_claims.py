"""A consent that a file claims and does not prove: known of, and worth nothing until somebody gives it."""

from datetime import timedelta

import pytest

from consent import ledger, undoing
from consent.models import Consent, ConsentEvent, Evidence, Purpose
from consent.permission import may_contact
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.rules.states import Act
from crm.models import Contact, ContactPoint, Provenance
from tests import factories
from tests.factories import NOON, TESTER, entry, number, source
from tests.files import csv_file, imported, outcomes

pytestmark = pytest.mark.django_db

ANN = "+12025550100"
LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _purposes(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news"))
    factories.purpose("calls", channels=["call"])
    factories.purpose("contract", basis="contract")
    factories.purpose("old", active=False)


def ann(**answers: str) -> bytes:
    cells = {"Name": "Ann", "Phone": ANN} | answers
    return csv_file(tuple(cells), tuple(cells.values()))


def claims(content: bytes, field: str = "consent", **how):
    names = content.decode().splitlines()[0].split(",")
    return imported(content, columns=dict(zip(names, ("name", "phone", field), strict=False)), **how)


def known() -> set[tuple[str, str, str]]:
    assert list(ledger.differences()) == []
    return set(Consent.objects.values_list("purpose__slug", "channel", "status"))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("consent", {("news", "sms"), ("news", "call"), ("calls", "call")}),
        ("consent:call", {("news", "call"), ("calls", "call")}),
        ("consent:sms", {("news", "sms")}),
    ],
)
def test_a_yes_without_evidence_is_a_claim_for_each_purpose_on_consent_and_each_channel_of_it(field, expected):
    batch = claims(ann(Agreed="yes"), field)

    assert outcomes(batch) == {"created": 1}
    assert known() == {(purpose, channel, "unknown") for purpose, channel in expected}
    assert not ConsentEvent.objects.exclude(act="claimed", batch=batch, occurred_at=NOON, notice=None).exists()
    assert set(ConsentEvent.objects.values_list("actor_name", flat=True)) == {"tester"}
    assert not Evidence.objects.exists()


@pytest.mark.parametrize("cell", ["", "no", "perhaps", "0"])
def test_what_is_no_clear_yes_claims_nothing(cell):
    claims(ann(Agreed=cell))

    assert known() == set()


def test_a_claim_permits_nothing_and_what_is_given_later_does():
    claims(ann(Agreed="yes"))

    def reason() -> Reason:
        news = Purpose.objects.get(slug="news")
        return may_contact(ANN, purpose=news, channel=Channel.SMS, at=NOON + timedelta(hours=6)).reason

    assert reason() is Reason.NO_CONSENT

    entry(ContactPoint.objects.get(), Act.GIVEN, at=NOON + timedelta(hours=1))

    assert reason() is Reason.CONSENT_GIVEN
    assert ("news", "sms", "given") in known()


def test_a_claim_takes_nothing_from_what_was_given_or_withdrawn_before():
    point = factories.point(ANN, given_name="Ann")
    entry(point, Act.GIVEN, channel=Channel.SMS)
    entry(point, Act.WITHDRAWN, channel=Channel.CALL)

    batch = claims(ann(Agreed="yes"))

    assert outcomes(batch) == {"updated": 1}
    assert known() == {("news", "sms", "given"), ("news", "call", "withdrawn"), ("calls", "call", "unknown")}


def test_a_claim_said_again_is_nothing_new():
    claims(ann(Agreed="yes"))

    assert outcomes(claims(ann(Agreed="yes"), at=LATER)) == {"unchanged": 1}
    assert ConsentEvent.objects.count() == 3


def test_everyone_at_a_line_has_claims_of_their_own():
    content = csv_file(("Name", "Phone", "Agreed"), ("Ann", ANN, "x"), ("Bo", ANN, "x"), ("Ann", ANN, "x"))

    assert outcomes(claims(content, "consent:sms")) == {"created": 2, "unchanged": 1}
    assert sorted(Consent.objects.values_list("point__contact__given_name", flat=True)) == ["Ann", "Bo"]


def test_undoing_leaves_the_claims_in_the_ledger_and_the_person_as_bare_ids():
    batch = claims(ann(Agreed="yes"))

    undone = undoing.undo(batch, actor=TESTER, at=LATER)

    assert (dict(undone.reversed), dict(undone.kept)) == (
        {"contacts": 1, "points": 1, "lines": 1, "provenances": 1},
        {},
    )
    assert set(ConsentEvent.objects.values_list("act", flat=True)) == {"claimed"}
    assert (Contact.objects.get().status, ContactPoint.objects.get().line) == ("erased", None)
    assert {status for *_of, status in known()} == {"unknown"}
    assert not Provenance.objects.exists()
    assert outcomes(claims(ann(Agreed="yes"))) == {"created": 1}


def test_undoing_keeps_a_person_who_gave_what_was_only_claimed():
    batch = claims(ann(Agreed="yes"))
    entry(ContactPoint.objects.get(), Act.GIVEN, at=NOON + timedelta(hours=1))

    undone = undoing.undo(batch, actor=TESTER, at=LATER)

    assert undone.kept["consent_since"] == 2, "the consent, and the point that it is of"
    assert ("news", "sms", "given") in known()
    assert ContactPoint.objects.get().line is not None


def test_a_claim_of_a_number_that_said_no_is_known_and_still_permits_nothing():
    imported(csv_file(("Phone", "DoNotCall"), (ANN, "1")))

    claims(ann(Agreed="yes"), of=source("list", kind="third_party"))

    decision = may_contact(ANN, purpose=Purpose.objects.get(slug="calls"), channel=Channel.CALL, at=NOON)
    assert decision.reason is Reason.SUPPRESSED
    assert {status for *_of, status in known()} == {"unknown"}


def test_a_person_with_two_numbers_has_a_claim_at_each():
    content = csv_file(("Name", "Phone", "Agreed", "Mobile"), ("Ann", ANN, "yes", number(1)))
    columns = {"Name": "name", "Phone": "phone", "Agreed": "consent:sms", "Mobile": "phone:mobile"}

    imported(content, columns=columns)

    assert sorted(Consent.objects.values_list("point__line__number", flat=True)) == [ANN, number(1)]
