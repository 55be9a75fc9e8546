"""The second stage: once its proof has been kept long enough, nothing of an erased number is left but leaves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from consent import ledger, merging, retention, sealing, suppression
from consent.models import (
    ConsentEvent,
    Disclosure,
    EndedProof,
    InboundMessage,
    LegalHold,
    PurgeRun,
    Receipt,
    SealedEntry,
    SubjectRequest,
    Suppression,
)
from consent.retention.ending import end_proofs
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import duplicates, intake
from crm.models import NIGHTLY, Contact, ContactPoint, DistinctPeople, Lease, PhoneNumber, attributed_to
from crm.models.history import HistoryRow
from tests import capturing, factories
from tests.factories import TESTER, entry, number, point

pytestmark = pytest.mark.django_db
ERASED = datetime(2019, 5, 14, 9, 30, tzinfo=UTC)
OVER = datetime(2024, 5, 14, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _long_ago() -> Iterator[None]:
    """Let what a test makes be made before it was erased."""
    with time_machine.travel(ERASED - 100 * DAY, tick=False):
        yield


def seal() -> None:
    """Seal every entry that is not sealed."""
    sealing.seal(actor=TESTER, at=timezone.now())


def held(**profile: Any) -> ContactPoint:
    """A point with a consent, given and withdrawn, in a world of 2019."""
    at = point(at=ERASED - 90 * DAY, **profile)
    for act in (Act.GIVEN, Act.WITHDRAWN):
        entry(at, act, at=ERASED - 101 * DAY, evidence=ledger.Proof(message="YES"))
    return at


def erase(at: ContactPoint, *, when: datetime = ERASED) -> None:
    with time_machine.travel(when, tick=False):
        retention.erase(at.contact, reason="request", actor=TESTER, at=when)
        seal()


def end(as_of: datetime = OVER) -> dict[str, int]:
    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=False):
        lease = Lease.objects.take("ending", seconds=60, now=timezone.now())
        done = end_proofs(as_of=as_of, actor=NIGHTLY, lease=lease)
        lease.give_back(now=timezone.now())
    return {name: count for name, count in done.items() if count}


ALL = {"proofs_ended": 1, "contacts_ended": 1, "tombstones_ended": 1}
STAY = {
    *("consent_seal", "consent_sealedentry", "consent_endedproof", "consent_journalmark", "crm_lease"),
    # What the office keeps of itself.
    *("crm_source", "crm_historicalsource", "consent_purpose", "consent_historicalpurpose", "consent_notice"),
    *("consent_collectionpoint", "consent_historicalcollectionpoint", "consent_collectionpoint_purposes"),
}


def left() -> set[str]:
    """Return the tables of ours that hold anything."""
    models_ = [m for m in apps.get_models(include_auto_created=True) if m._meta.app_label in ("crm", "consent")]
    return {model._meta.db_table for model in models_ if model._default_manager.exists()} - STAY


def test_nothing_is_left_but_leaves_and_that_the_proof_has_ended() -> None:
    at = held(given_name="Ann")
    asked = capturing.challenge(at, created_at=ERASED - DAY, expires_at=ERASED)
    asked.entries.add(*at.entries.all())
    capturing.outgoing(at.line, challenge=asked, created_at=ERASED - DAY, not_after=ERASED)
    got = capturing.inbound(at.line, received_at=ERASED - DAY, occurred_at=ERASED - DAY)
    capturing.outgoing(at.line, kind="help", in_reply_to=got, created_at=ERASED - DAY, not_after=ERASED)
    capturing.preference_token(at)
    asked_at = {"kind": "access", "came_by": "letter", "received_at": ERASED - DAY}
    SubjectRequest.objects.create(contact=at.contact, state="done", closed_at=ERASED, **asked_at)
    Disclosure.objects.create(contact=at.contact, recipient="Printers Ltd", at=ERASED - DAY, actor_name="tester")
    for on in ({"point": at}, {"contact": at.contact}):
        with attributed_to(factories.origin(ERASED)):
            LegalHold.objects.create(**on, reason="claim", placed_at=ERASED - DAY, released_at=ERASED)
    entries = set(at.entries.values_list("pk", flat=True))
    erase(at)
    assert left()

    assert end() == ALL

    assert left() == set()
    assert {(row.entry_id, row.last_used_at, row.ended_at, row.actor_name) for row in EndedProof.objects.all()} == {
        (pk, ERASED, OVER, "nightly job") for pk in entries
    }
    assert set(SealedEntry.objects.values_list("pk", flat=True)) == entries
    # And the seals still verify.
    assert sealing.verify() == []
    assert end() == {}


def test_an_anonymized_number_ends_in_the_same_way() -> None:
    at = held(given_name="Ann")
    factories.policy(action="anonymize")
    with time_machine.travel(ERASED, tick=False):
        retention.run(as_of=ERASED, actor=NIGHTLY)
    seal()
    assert ContactPoint.history.filter(id=at.pk).exists()
    assert end() == {**ALL, "journal_records_ended": 1}
    kept = {"crm_anonymouscount", "consent_retentionpolicy", "consent_historicalretentionpolicy", "consent_purgerun"}
    assert left() - {"consent_purgeshare"} == kept


class TestTheVeryMoment:
    def test_it_ends_at_its_moment_and_not_before(self) -> None:
        erase(held())
        assert end(OVER - TICK) == {}
        assert end(OVER) == ALL

    @pytest.mark.parametrize(
        ("erased", "over"),
        [
            (datetime(2020, 2, 29, 12, tzinfo=UTC), datetime(2025, 2, 28, 12, tzinfo=UTC)),
            (datetime(2019, 2, 28, 12, tzinfo=UTC), datetime(2024, 2, 28, 12, tzinfo=UTC)),
            (datetime(2019, 3, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)),
            (datetime(2018, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2023, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ],
        ids=["leap day", "before a leap day", "after a leap day", "end of a year"],
    )
    def test_five_years_are_years_of_the_calendar(self, erased: datetime, over: datetime) -> None:
        with time_machine.travel(erased - 100 * DAY, tick=False):
            at = point(at=erased - 90 * DAY)
            entry(at, at=erased - 101 * DAY)
        erase(at, when=erased)
        assert end(over - TICK) == {}
        assert end(over) == ALL

    def test_how_long_is_a_setting(self, settings: Any) -> None:
        settings.PROOF_MONTHS = 84
        erase(held())
        assert end(OVER) == {}
        assert end(datetime(2026, 5, 14, tzinfo=UTC)) == {}, "that is after today"
        settings.PROOF_MONTHS = 36
        assert end(datetime(2022, 5, 14, 9, 30, tzinfo=UTC)) == ALL

    def test_however_far_ahead_it_is_asked_nothing_ends_before_its_time(self) -> None:
        at = held()
        erase(at)
        with time_machine.travel(OVER - DAY, tick=False):
            lease = Lease.objects.take("ending", seconds=60, now=timezone.now())
            assert not end_proofs(as_of=OVER + 1000 * DAY, actor=NIGHTLY, lease=lease).total()

    def test_a_naive_time_is_refused(self) -> None:
        with pytest.raises(NaiveTimestamp):
            end(datetime(2024, 5, 14))


class TestALaterUse:
    def test_of_a_disclosure_counts_for_the_point_and_for_the_contact(self) -> None:
        at = held()
        erase(at)
        capturing.disclosure(contact=at.contact, at=ERASED + 2 * DAY)
        assert end(OVER + DAY) == {"tombstones_ended": 1}
        assert end(OVER + 2 * DAY) == {"proofs_ended": 1, "contacts_ended": 1}

    def test_of_an_entry_that_was_learned_of_late(self) -> None:
        at = point(at=ERASED - 90 * DAY)
        with time_machine.travel(ERASED + DAY, tick=False):
            entry(at, at=ERASED - 101 * DAY)
        erase(at)
        assert end(OVER) == {"tombstones_ended": 1}
        assert end(OVER + DAY) == {"proofs_ended": 1, "contacts_ended": 1}

    def test_of_a_message_that_came_in_keeps_the_fingerprint(self) -> None:
        at = held()
        line = at.line
        erase(at)
        capturing.inbound(line, received_at=ERASED + DAY, occurred_at=ERASED + DAY)
        assert end(OVER) == {"proofs_ended": 1, "contacts_ended": 1}
        assert end(OVER + DAY) == {"tombstones_ended": 1}
        assert not InboundMessage.objects.exists()

    def test_of_a_request_keeps_the_contact(self) -> None:
        at = held()
        erase(at)
        request = capturing.subject_request(contact=at.contact, received_at=ERASED + DAY)
        assert end(OVER + DAY) == {"proofs_ended": 1, "tombstones_ended": 1}
        SubjectRequest.objects.filter(pk=request.pk).update(state="refused", closed_at=ERASED + 2 * DAY)
        assert end(OVER + DAY) == {}
        assert end(OVER + 2 * DAY) == {"contacts_ended": 1}


def test_whoever_was_merged_ends_with_the_survivor() -> None:
    survivor, merged, third = held(), point(at=ERASED - 90 * DAY), factories.contact()
    other = merged.contact
    duplicates.dismiss(third, survivor.contact, user_id=None, at=ERASED - 90 * DAY)
    merging.merge(survivor.contact, other, actor=TESTER, at=ERASED - 80 * DAY, reason="one person")
    erase(survivor)
    assert end() == {"proofs_ended": 2, "contacts_ended": 2, "tombstones_ended": 2}
    assert set(Contact.objects.values_list("pk", flat=True)) == {third.pk}
    assert not DistinctPeople.objects.exists()


class TestWhatStays:
    def test_an_entry_that_is_not_sealed_waits(self) -> None:
        at = held()
        with time_machine.travel(ERASED, tick=False):
            retention.erase(at.contact, reason="request", actor=TESTER, at=ERASED)
        assert end() == {"proofs_unsealed": 1, "tombstones_ended": 1}
        assert ContactPoint.objects.exists()
        seal()
        assert end() == {"proofs_ended": 1, "contacts_ended": 1}

    @pytest.mark.parametrize("on", ["contact", "source"])
    def test_under_a_legal_hold_the_proof_is_kept(self, on: str) -> None:
        at = held()
        factories.policy(action="anonymize", erases_profile=False)
        with time_machine.travel(ERASED, tick=False):
            retention.run(as_of=ERASED, actor=NIGHTLY)
        seal()
        # None can be placed on an erased point itself.
        things = {"contact": at.contact, "source": factories.source()}
        with attributed_to(factories.origin(ERASED)):
            hold = LegalHold.objects.create(**{on: things[on]}, reason="claim", placed_at=ERASED)
        assert "proofs_ended" not in end()
        LegalHold.objects.filter(pk=hold.pk).update(released_at=OVER)
        assert end()["proofs_ended"] == 1

    def test_a_person_s_no_keeps_its_fingerprint_for_as_long_as_it_stands(self) -> None:
        at = held()
        line = at.line
        assert line is not None
        e164 = line.e164
        no = suppression.suppress(line, since=ERASED - DAY, reason="objection", actor=TESTER)
        erase(at)
        assert end() == {"proofs_ended": 1, "contacts_ended": 1}
        assert PhoneNumber.objects.for_numbers([e164]).get() == line
        assert set(Suppression.objects.values_list("extent", flat=True)) == {"contact", "hold"}
        suppression.lift(no, reason="asked for it", authority=suppression.Authority.PERSON, at=ERASED)
        assert end() == {"tombstones_ended": 1}

    def test_a_number_at_which_somebody_else_is_reached_stays_theirs(self) -> None:
        e164 = number()
        leaving, staying = point(e164, given_name="Ann"), point(e164, given_name="Bob")
        erase(leaving)
        assert end() == {"proofs_ended": 1, "contacts_ended": 1}
        staying.refresh_from_db()
        assert staying.line.e164 == e164

    def test_a_contact_who_has_another_number_stays(self) -> None:
        at = held(given_name="Ann")
        row = intake.Row(profile={}, numbers=[intake.Number(number())], contact_id=at.contact_id)
        intake.store(row, source=factories.source(), actor=TESTER, at=ERASED - 90 * DAY, reason="test")
        factories.policy()
        with time_machine.travel(ERASED, tick=False):
            retention.run(as_of=ERASED, actor=NIGHTLY)
        seal()
        assert end() == {"proofs_ended": 1, "tombstones_ended": 1, "journal_records_ended": 1}
        contact = Contact.objects.get()
        assert (contact.given_name, contact.points.count()) == ("Ann", 1)

    def test_nobody_else_s_rows_change(self) -> None:
        erase(held())
        other = held(given_name="Bob")
        capturing.disclosure(contact=other.contact, at=ERASED)
        capturing.challenge(other, created_at=ERASED, expires_at=ERASED + DAY)
        seal()
        before = rows_of(other)
        assert end() == ALL
        assert rows_of(other) == before

    def test_a_line_that_never_was_erased_stays(self) -> None:
        with transaction.atomic():
            line = suppression.line_for(number())
            no = suppression.suppress(line, since=ERASED, reason="stop", actor=TESTER)
        suppression.lift(no, reason="asked for it", authority=suppression.Authority.PERSON, at=ERASED)
        assert end() == {}


def rows_of(at: ContactPoint) -> list[Any]:
    tables: list[tuple[type[models.Model], dict[str, Any]]] = [
        (Contact, {"pk": at.contact_id}),
        (ContactPoint, {"pk": at.pk}),
        (PhoneNumber, {"pk": at.line_id}),
        (ConsentEvent, {"point": at}),
        (Disclosure, {"contact": at.contact}),
    ]
    found = [list(model._default_manager.filter(**which).values()) for model, which in tables]
    return [*found, list(Contact.history.filter(id=at.contact_id).values()), at.challenges.count()]


def test_afterwards_the_number_may_be_brought_in_again() -> None:
    at = held()
    e164 = at.line.e164
    erase(at)
    assert PhoneNumber.objects.for_numbers([e164]).exists()
    end()
    assert not PhoneNumber.objects.for_numbers([e164]).exists()
    assert point(e164).line.e164 == e164


def test_a_contact_that_had_no_number_ends_too() -> None:
    person = factories.contact([], given_name="Ann")
    with time_machine.travel(ERASED, tick=False):
        retention.erase(person, reason="request", actor=TESTER, at=ERASED)
    assert Receipt.objects.get().point is None
    assert end() == {"contacts_ended": 1}
    assert left() == set()


def test_it_goes_in_chunks_and_takes_all(settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 2
    for _ in range(5):
        erase(held())
    assert end() == dict.fromkeys(ALL, 5)


def test_the_nightly_run_ends_what_is_over_and_counts_it() -> None:
    erase(held())
    with time_machine.travel(OVER, tick=False):
        run = retention.run(as_of=OVER, actor=NIGHTLY)
    assert {name: run.counts[name] for name in ALL} == ALL
    assert PurgeRun.objects.get().state == "done"


def test_whatever_names_a_point_a_contact_or_a_line_is_known_to_go_with_it() -> None:
    known = {
        "Contact": {"ContactPoint", "ContactTag", "LegalHold", "SubjectRequest", "Disclosure"}
        | {"Contact", "DistinctPeople"},
        "ContactPoint": {"ContactPoint", "Provenance", "ConsentEvent", "Consent", "Challenge", "LegalHold", "Receipt"}
        | {"PreferenceToken"},
        "PhoneNumber": {"ContactPoint", "Suppression", "InboundMessage", "OutgoingMessage", "PreferenceToken"}
        | {"PhoneNumber"},
        "ConsentEvent": {"Evidence", "Consent", "Suppression", "Challenge_entries", "Challenge"},
        "Challenge": {"OutgoingMessage", "Challenge_entries"},
        "InboundMessage": {"OutgoingMessage"},
        "Suppression": {"InboundMessage"},
    }
    for label, names in known.items():
        (model,) = (found for found in apps.get_models() if found.__name__ == label)
        related = {
            field.related_model.__name__
            for field in model._meta.get_fields(include_hidden=True)
            if isinstance(field, models.ForeignObjectRel) and not issubclass(field.related_model, HistoryRow)
        }
        assert related == names, label
    assert settings.PROOF_MONTHS == 60
