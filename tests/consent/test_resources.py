"""What a file says of consent becomes provable entries of the ledger, or rejects its row whole."""

from datetime import UTC, datetime, timedelta

import pytest

from consent import ledger, retention
from consent.models import Consent, ConsentEvent, Evidence, Method, Notice, Purpose, Suppression
from consent.permission import may_contact
from consent.rules.lines import Channel
from consent.rules.permission import Reason, Verdict
from consent.rules.states import Act, Status
from consent.suppression import lift
from consent.withdrawal import withdraw
from crm.models import Contact
from tests import factories
from tests.factories import NOON, TESTER, number, source
from tests.files import EVIDENCE, csv_file, faults, held_numbers, imported, outcomes, rows_of_all_tables

pytestmark = pytest.mark.django_db

ANN = "+12025550100"
GIVEN = "2026-01-05T10:00:00Z"
GIVEN_AT = datetime(2026, 1, 5, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _news(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news"))


def ann(*evidence: str, **more: str) -> bytes:
    """A file that says of Ann what she agreed to: purpose, when, wording, IP; and more columns."""
    cells = [*evidence, *[""] * (4 - len(evidence))]
    return csv_file((*EVIDENCE, *more), ("Ann Lee", ANN, *cells, *more.values()))


def supplier(**values):
    return source("list", kind="third_party", names_us=True, wording="I agree.", **values)


def statuses() -> set[tuple[str, str]]:
    return set(Consent.objects.values_list("channel", "status"))


def test_a_grant_is_recorded_for_each_channel_with_the_wording_the_time_and_the_proof():
    batch = imported(ann("news", GIVEN, "1", "192.0.2.7"), of=supplier())

    assert outcomes(batch) == {"created": 1}
    assert statuses() == {("sms", "given"), ("call", "given")}
    for entry in ConsentEvent.objects.all():
        assert (entry.act, entry.occurred_at, entry.notice) == ("given", GIVEN_AT, Notice.objects.get())
        assert (entry.source, entry.method, entry.actor_name) == (batch.source, Method.THIRD_PARTY, "tester")
        assert (str(entry.evidence.ip), entry.evidence.shown) == ("192.0.2.7", "I agree.")
        assert entry.evidence.message == f"import {batch.pk}, line 2"
    assert ledger.broken_evidence() == []
    assert list(ledger.differences()) == []


def test_the_history_of_a_consent_says_which_batch_brought_it():
    batch = imported(ann("news", GIVEN, "1"), of=supplier())

    for row in Consent.history.all():
        assert (row.history_actor, row.history_change_reason) == ("tester", "given")
        assert (row.history_source, row.history_batch, row.history_channel) == (batch.source, batch, "third_party")


@pytest.mark.parametrize(
    ("kind", "method"),
    [("web_form", "web_form"), ("point_of_sale", "point_of_sale"), ("staff", "staff"), ("sms", "sms")],
)
def test_a_grant_was_captured_by_what_its_source_is(kind, method):
    imported(ann("news", GIVEN, "v1"), of=source("it", kind=kind))

    assert set(ConsentEvent.objects.values_list("method", flat=True)) == {method}


def test_each_number_of_the_row_is_agreed_to():
    headers = ("Name", "Mobile", "Work phone", "Purpose", "Given at", "Wording version", "Channel")
    imported(csv_file(headers, ("Ann", ANN, number(1), "news", GIVEN, "1", "SMS")))

    assert sorted(Consent.objects.values_list("point__line__number", "channel")) == [(ANN, "sms"), (number(1), "sms")]


@pytest.mark.parametrize("channel", ["sms, call", "call;sms", "SMS Call", "sms call sms", ""])
def test_channels_are_named_in_any_usual_way_and_none_means_all(channel):
    imported(ann("news", GIVEN, "1", Channel=channel))

    assert statuses() == {("sms", "given"), ("call", "given")}
    assert ConsentEvent.objects.count() == 2


def test_a_person_without_a_purpose_is_held_and_nothing_is_said_of_consent():
    assert outcomes(imported(ann())) == {"created": 1}
    assert not ConsentEvent.objects.exists()


def test_when_somebody_opted_in_says_nothing_without_a_purpose():
    content = csv_file(("Phone", "OPTIN_TIME", "OPTIN_IP"), (ANN, GIVEN, "192.0.2.7"))

    assert outcomes(imported(content)) == {"created": 1}
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("evidence", [("news",), ("news", GIVEN), ("news", "", "1")])
def test_a_consent_without_its_evidence_is_known_of_and_permits_nothing(evidence):
    batch = imported(ann(*evidence))

    assert outcomes(batch) == {"created": 1}
    assert statuses() == {("sms", "unknown"), ("call", "unknown")}
    assert set(ConsentEvent.objects.values_list("act", "batch")) == {("claimed", batch.pk)}
    assert not Evidence.objects.exists()
    decision = may_contact(ANN, purpose=Purpose.objects.get(), channel=Channel.SMS, at=NOON)
    assert (decision.verdict, decision.reason) == (Verdict.DENY, Reason.NO_CONSENT)


def test_a_claim_says_nothing_of_a_consent_that_is_known():
    imported(ann("news", GIVEN, "1"))

    assert outcomes(imported(ann("news"), name="claims.csv")) == {"unchanged": 1}
    assert statuses() == {("sms", "given"), ("call", "given")}


@pytest.mark.parametrize(
    ("evidence", "more", "column", "code"),
    [
        (("weather", GIVEN, "1"), {}, "Purpose", "unknown_purpose"),
        (("", GIVEN, "1"), {}, "Purpose", "evidence_missing"),
        (("", "", "1"), {}, "Purpose", "evidence_missing"),
        (("news", "2026-01-05T10:00:00", "1"), {}, "Given at", "naive_timestamp"),
        (("news", "last year", "1"), {}, "Given at", "not_a_time"),
        (("news", "2026-03-02T12:00:01Z", "1"), {}, "Given at", "in_the_future"),
        (("news", "0001-01-01T00:00:00+14:00", "1"), {}, "Given at", "not_a_time"),
        (("news", GIVEN, "2"), {}, "Wording version", "unknown_notice"),
        (("news", GIVEN, "3"), {}, "Wording version", "unknown_notice"),
        (("news", GIVEN, "0"), {}, "Wording version", "unknown_notice"),
        (("news", GIVEN, "²"), {}, "Wording version", "unknown_notice"),
        (("news", GIVEN, "latest"), {}, "Wording version", "unknown_notice"),
        (("news", GIVEN, "1", "999.1.1.1"), {}, "Consent IP", "not_an_ip"),
        (("news", GIVEN, "1", "office"), {}, "Consent IP", "not_an_ip"),
        (("news", GIVEN, "1"), {"Channel": "fax"}, "Channel", "unknown_channel"),
        (("calls-only", GIVEN, "1"), {"Channel": "sms"}, "Channel", "unknown_channel"),
    ],
)
def test_evidence_that_proves_nothing_rejects_the_row_and_leaves_nobody_behind(evidence, more, column, code):
    Notice.objects.create(purpose=factories.purpose(), version=3, text="A draft.")
    factories.notice(factories.purpose("calls-only", channels=["call"]))
    source()
    before = rows_of_all_tables()

    batch = imported(ann(*evidence, **more))

    assert outcomes(batch) == {"rejected": 1}
    assert faults(batch) == [(2, column, code)]
    assert rows_of_all_tables() - before == {"crm_importbatch": 1, "crm_importfault": 1}


def test_a_purpose_that_is_no_longer_active_is_unknown():
    factories.purpose("old", active=False)

    assert faults(imported(ann("old", GIVEN, "1"))) == [(2, "Purpose", "unknown_purpose")]


@pytest.mark.parametrize("ip", ["192.0.2.7", "2001:db8::7", "fe80::1%eth0", "::ffff:192.0.2.7"])
def test_an_address_of_either_kind_is_kept_as_proof(ip):
    assert outcomes(imported(ann("news", GIVEN, "1", ip))) == {"created": 1}

    assert {bool(proof.ip) for proof in Evidence.objects.all()} == {True}


@pytest.mark.parametrize(
    ("language", "found"), [("de", "de"), ("DE", "de"), ("de-AT", "de"), ("de_CH", "de"), ("en", "en")]
)
def test_the_wording_is_the_one_in_the_language_of_the_person(language, found):
    factories.notice(factories.purpose(), language="de")

    imported(ann("news", GIVEN, "1", Language=language))

    assert {entry.notice.language for entry in ConsentEvent.objects.select_related("notice") if entry.notice} == {found}


@pytest.mark.parametrize("language", ["", "fr"])
def test_of_several_wordings_none_is_guessed(language):
    factories.notice(factories.purpose(), language="de")

    assert faults(imported(ann("news", GIVEN, "1", Language=language))) == [(2, "Wording version", "which_notice")]
    assert not Contact.objects.exists()


def test_a_wording_in_one_language_alone_is_the_one_whatever_the_person_speaks():
    assert outcomes(imported(ann("news", GIVEN, "1", Language="fr"))) == {"created": 1}


def test_the_same_file_again_changes_nothing_and_adds_no_entry():
    content = csv_file(EVIDENCE, ("Ann Lee", ANN, "news", GIVEN, "1", ""), ("Bo Day", number(1), "", "", "", ""))
    imported(content, of=supplier())
    before = rows_of_all_tables()

    again = imported(content, of=supplier())

    assert outcomes(again) == {"unchanged": 2}
    assert rows_of_all_tables() - before == {"crm_importbatch": 1, "crm_provenance": 2}


def test_a_new_consent_of_a_known_person_is_an_update():
    imported(ann())

    assert outcomes(imported(ann("news", GIVEN, "1"))) == {"updated": 1}


def test_an_erased_number_is_suppressed_with_its_evidence_and_nothing_is_stored():
    imported(ann("news", GIVEN, "1"), of=supplier())
    retention.erase(Contact.objects.get(), reason="request", actor=TESTER, at=NOON)
    before = rows_of_all_tables()

    batch = imported(ann("news", GIVEN, "1"), of=supplier(), at=NOON + timedelta(days=1))

    assert outcomes(batch) == {"suppressed": 1}
    assert rows_of_all_tables() - before == {"crm_importbatch": 1}
    assert held_numbers() == []


def newer(days: int = 1) -> bytes:
    return ann("news", (NOON - timedelta(days=30) + timedelta(days=days)).isoformat(), "1")


@pytest.mark.parametrize("act", [Act.WITHDRAWN, Act.REFUSED, Act.REVOKED, Act.INVALIDATED])
def test_whoever_said_no_is_not_brought_back_by_what_a_third_party_says_later(act):
    imported(ann("news", GIVEN, "1"), of=supplier())
    for consent in Consent.objects.all():
        factories.entry(consent.point, act, channel=Channel(consent.channel), at=NOON - timedelta(days=30))
    before = rows_of_all_tables()

    batch = imported(newer(), of=supplier())

    assert faults(batch) == [(2, "Purpose", "opted_out")]
    assert rows_of_all_tables() - before == {"crm_importbatch": 1, "crm_importfault": 1}
    assert {status for _channel, status in statuses()} == {act.value}


def stop(**scope) -> None:
    withdraw(ANN, at=NOON - timedelta(days=30), reason="stop", method=Method.SMS, actor=TESTER, **scope)


def test_a_stop_on_the_line_holds_against_lists_for_whoever_is_said_to_be_there():
    factories.point(ANN, given_name="Bo", family_name="Day")
    stop()

    assert faults(imported(newer(), of=supplier())) == [(2, "Purpose", "opted_out")]
    assert not Contact.objects.filter(given_name="Ann").exists()


def test_a_stop_of_another_purpose_does_not_hold():
    factories.point(ANN, given_name="Ann")
    stop(purpose=factories.purpose("survey"))

    assert outcomes(imported(newer(), of=supplier())) == {"updated": 1}


def test_a_stop_that_was_lifted_does_not_hold():
    factories.point(ANN, given_name="Ann")
    stop()
    lift(
        Suppression.objects.get(),
        reason="She called us.",
        authority=Suppression.Authority.PERSON,
        at=NOON - timedelta(days=20),
    )

    assert outcomes(imported(newer(), of=supplier())) == {"updated": 1}


def test_a_list_that_tells_of_the_time_before_the_no_changes_nothing_of_it():
    imported(ann("news", GIVEN, "1"), of=supplier())
    stop()

    batch = imported(newer(-1), of=supplier())

    assert outcomes(batch) == {"updated": 1}
    assert {status for _channel, status in statuses()} == {Status.WITHDRAWN.value}


def test_a_person_who_says_yes_to_us_again_is_heard():
    imported(ann("news", GIVEN, "1"), of=supplier())
    stop()

    assert outcomes(imported(newer(), of=source())) == {"updated": 1}
    assert {status for _channel, status in statuses()} == {Status.GIVEN.value}


def test_a_grant_that_needs_confirmation_waits_for_it():
    factories.notice(factories.purpose("survey", needs_confirmation=True))

    imported(ann("survey", GIVEN, "1"))

    assert {status for _channel, status in statuses()} == {Status.REQUESTED.value}
