"""Undoing an import ends the consents that it alone brought, and keeps every no."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import ledger, merging, requests, retention, undoing
from consent.models import (
    Consent,
    ConsentEvent,
    Evidence,
    LegalHold,
    Method,
    PreferenceToken,
    SubjectRequest,
    Suppression,
)
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.withdrawal import withdraw
from crm import intake
from crm.imports.undo import NotUndone
from crm.models import Contact, ContactPoint, ImportBatch, Origin, PhoneNumber, Provenance, attributed_to
from tests import capturing, factories
from tests.factories import NOON, TESTER, entry, number
from tests.files import EVIDENCE, csv_file, held_numbers, imported, outcomes

pytestmark = pytest.mark.django_db

ANN = "+12025550100"
GIVEN = "2026-01-05T10:00:00Z"
LATER = NOON + timedelta(days=1)


@pytest.fixture(autouse=True)
def _news(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news"))


def ann(*more: tuple[str, ...]) -> bytes:
    return csv_file(EVIDENCE, ("Ann Lee", ANN, "news", GIVEN, "1", "192.0.2.7"), *more)


def undone(batch: ImportBatch) -> tuple[dict, dict]:
    done = undoing.undo(batch, actor=TESTER, at=LATER)
    assert list(ledger.differences()) == []
    assert ledger.broken_evidence() == []
    return dict(done.reversed), dict(done.kept)


def statuses() -> set[str]:
    return set(Consent.objects.values_list("status", flat=True))


def test_a_person_whom_the_ledger_names_is_left_as_bare_ids_and_may_come_again():
    batch = imported(ann(("Bo Day", number(1), "", "", "", "")))

    assert undone(batch) == ({"contacts": 2, "points": 2, "lines": 2, "provenances": 2, "consents": 2}, {})

    contact, point = Contact.objects.get(), ContactPoint.objects.get()
    assert (contact.status, contact.given_name, point.line, point.erased_at) == ("erased", "", None, LATER)
    gone = [
        contact.history,
        point.history,
        *(each.objects for each in (Provenance, PhoneNumber, Evidence, Suppression)),
    ]
    assert [rows.count() for rows in gone] == [0] * 6
    assert statuses() == {"invalidated"}

    assert outcomes(imported(ann())) == {"created": 1}
    assert (held_numbers(), statuses()) == ([ANN], {"invalidated", "given"})


def test_of_two_imports_that_brought_the_same_the_second_undo_leaves_nobody():
    first, second = imported(ann()), imported(ann())

    assert undone(first) == ({"provenances": 1, "consents": 2}, {"other_source": 1})
    assert held_numbers() == [ANN]
    assert undone(second) == ({"contacts": 1, "points": 1, "lines": 1, "provenances": 1}, {})
    assert not PhoneNumber.objects.exists()


def test_a_consent_that_it_brought_to_somebody_else_never_was_valid():
    point = factories.point(ANN, given_name="Ann")
    batch = imported(ann())

    assert undone(batch) == ({"provenances": 1, "restored": 1, "consents": 2}, {})

    consent = Consent.objects.filter(point=point).first()
    assert (consent.status, consent.since, consent.last_entry.batch) == ("invalidated", consent.given_at, batch)
    assert set(ConsentEvent.objects.values_list("act", "method", "actor_name")) == {
        ("given", "web_form", "tester"),
        ("invalidated", "staff", "tester"),
    }


def test_a_consent_of_which_the_ledger_says_more_stays_with_its_number():
    batch = imported(ann())
    entry(ContactPoint.objects.get(), Act.GIVEN, at=NOON - timedelta(days=1))

    reversed_, kept = undone(batch)

    assert (reversed_, kept) == ({"consents": 1}, {"consent_since": 2})
    assert held_numbers() == [ANN]
    assert dict(Consent.objects.values_list("channel", "status")) == {"sms": "given", "call": "invalidated"}


@pytest.mark.parametrize("consent", [True, False])
def test_every_withdrawal_and_suppression_stays_with_the_number_that_it_is_about(consent):
    batch = imported(ann() if consent else csv_file(("Name", "Phone"), ("Ann Lee", ANN)))
    withdraw(ANN, at=NOON - timedelta(days=1), reason="stop", method=Method.SMS, actor=TESTER)
    entries = ConsentEvent.objects.count()

    assert undone(batch) == ({}, {"suppressed": 1})

    assert held_numbers() == [ANN]
    assert statuses() == ({"withdrawn"} if consent else set())
    assert (ConsentEvent.objects.count(), Suppression.objects.count()) == (entries, 1)


@pytest.mark.parametrize("on", ["contact", "point", "source"])
def test_what_is_under_a_hold_stays_and_its_consent_ends(on):
    batch = imported(ann())
    point = ContactPoint.objects.get()
    held = {"contact": point.contact, "point": point, "source": batch.source}[on]
    with attributed_to(Origin(TESTER, NOON, "claim")):
        LegalHold.objects.create(**{on: held}, reason="claim 7", placed_at=NOON)

    assert undone(batch)[1] == {"held": 1}

    assert held_numbers() == [ANN]
    assert Provenance.objects.get().batch == batch
    assert statuses() == {"invalidated"}


def test_an_undo_is_made_once_and_gone_on_with_by_the_worker():
    batch = imported(ann())
    undone(batch)

    with pytest.raises(NotUndone):
        undone(batch)
    assert undoing.carry_on(batch).reversed["contacts"] == 1


def test_a_later_grant_of_the_persons_own_outlives_the_undo():
    batch = imported(ann())
    for channel in Channel:
        entry(ContactPoint.objects.get(), Act.GIVEN, channel=channel, at=timezone.now() - timedelta(days=1))

    undone(batch)

    assert statuses() == {"given"}


@pytest.mark.parametrize("hangs", ["challenge", "preference_token", "inbound", "outgoing"])
def test_whom_we_have_been_in_touch_with_stays(hangs):
    batch = imported(csv_file(("Name", "Phone"), ("Ann Lee", ANN), ("Bo Day", number(1))))
    point = ContactPoint.objects.get(contact__given_name="Ann")
    of_line = {"inbound", "outgoing"}
    getattr(capturing, hangs)(point.line if hangs in of_line else point)

    reversed_, kept = undone(batch)

    assert kept == {"dealt_with": 1}
    assert (reversed_["points"], reversed_["contacts"]) == (1, 1)
    assert held_numbers() == [ANN]


def test_whom_a_link_a_request_or_a_disclosure_names_stays():
    people = zip(("Ann Lee", "Bo Day", "Cy Fox", "Di Poe"), map(number, range(4)), strict=True)
    batch = imported(csv_file(EVIDENCE, *((name, each, "", "", "", "") for name, each in people)))
    linked, asking, given = ContactPoint.objects.order_by("pk")[:3]
    assert linked.line
    PreferenceToken.objects.create(digest="0" * 64, point=linked, line=linked.line, created_at=NOON, expires_at=LATER)
    requests.open_request(contact=asking.contact, kind=SubjectRequest.Kind.ACCESS, at=NOON, came_by="letter")
    requests.disclosed(contact=given.contact, recipient="Mailing Ltd", purpose=None, at=NOON, note="", actor=TESTER)

    reversed_, kept = undone(batch)
    assert (reversed_["contacts"], reversed_["points"], kept) == (1, 1, {"dealt_with": 3})
    assert set(ContactPoint.objects.filter(erased_at=None)) == {linked, asking, given}


def test_the_line_in_the_place_of_a_tombstone_becomes_one_and_bars_the_number_as_before() -> None:
    ada = factories.point(number(7)).contact
    retention.erase(ada, reason="request", actor=TESTER, at=NOON)
    again = intake.Row({"given_name": "Ada"}, [intake.Number(number(7))])
    ours: dict[str, Any] = {"source": factories.source(), "actor": TESTER, "reason": "", "own_grant": True}
    stored = intake.store(again, at=LATER, **ours)
    batch = imported(csv_file(("Name", "Phone"), ("Bo Day", number(7))), at=LATER)
    retention.erase(Contact.objects.get(pk=stored.contact_id or 0), reason="request", actor=TESTER, at=LATER)
    assert held_numbers() == [number(7)]

    assert undone(batch)[0]["points"] == 1

    line = PhoneNumber.objects.for_numbers([number(7)]).get()
    assert (line.number, line.erased_at, line.reopened_from.count()) == (None, LATER, 1)
    assert outcomes(imported(csv_file(("Name", "Phone"), ("Bo Day", number(7))))) == {"suppressed": 1}


def test_whoever_was_merged_since_stays_and_its_consents_end():
    batch = imported(ann(("Bo Day", number(1), "", "", "", "")))
    ann_lee, bo = (Contact.objects.get(given_name=name) for name in ("Ann", "Bo"))
    merging.merge(bo, ann_lee, actor=TESTER, at=NOON, reason="one person")

    _reversed, kept = undone(batch)

    assert kept["changed_since"] >= 2
    assert held_numbers() == sorted([ANN, number(1)])
    assert statuses() == {"invalidated"}
    assert set(bo.points.values_list("erased_at", flat=True)) == {None}
