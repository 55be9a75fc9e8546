"""Erasing one contact because somebody asked (GDPR 17), whatever the policies say."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent import retention
from consent.models import Evidence, LegalHold, Receipt, Suppression
from consent.retention import purging as module
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import erasure, intake
from crm.models import Contact, ContactPoint, PhoneNumber, attributed_to
from tests import factories
from tests.factories import NOON, TESTER, contact, entry, number, point, policy

pytestmark = pytest.mark.django_db
# The package gives its name to the verb.
LATER = NOON + timedelta(days=1)


def erase(person: Contact, **values: Any) -> list[Receipt]:
    said: dict[str, Any] = {"reason": "request", "actor": TESTER, "at": NOON}
    return retention.erase(person, **said | values)


def hold(**values: Any) -> LegalHold:
    with attributed_to(factories.origin()):
        return LegalHold.objects.create(**{"reason": "claim", "placed_at": NOON} | values)


def test_everything_of_the_contact_goes_whatever_it_was_carried_by() -> None:
    person = contact([number(), number()], given_name="Ann")
    for each in person.points.all():
        entry(each)
    receipts = erase(person)
    assert {receipt.point_id for receipt in receipts} == set(person.points.values_list("pk", flat=True))
    assert {(each.reason, each.run, each.policy, each.action, each.erased_at) for each in receipts} == {
        ("request", None, None, "purge", NOON)
    }
    assert all(each.pk and each.line_erased and each.profile_erased for each in receipts)
    person.refresh_from_db()
    assert (person.status, person.given_name) == ("erased", "")
    assert not PhoneNumber.objects.exclude(number=None).exists()
    assert not Contact.history.exists()
    assert not ContactPoint.history.exists()
    assert not Evidence.objects.exists()
    assert Suppression.objects.filter(extent="hold").count() == 2


def test_erased_again_nothing_is_left_and_no_receipt_comes_of_it() -> None:
    person = contact([number()])
    erase(person)
    assert erase(person) == []
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("numbers", [0, 1])
def test_a_contact_without_numbers_is_erased_too(numbers: int) -> None:
    person = contact([number() for _ in range(numbers)], given_name="Ann", email="ann@example.com")
    ended = hold(contact=person, reason="Ann sues", released_at=NOON)
    if numbers:
        # Its number went, and the policy left the profile.
        policy(erases_profile=False)
        entry(person.points.get(), Act.WITHDRAWN)
        retention.run(as_of=NOON, actor=TESTER)
    (receipt,) = erase(person, at=LATER)
    assert (receipt.point, receipt.contact_ref, receipt.profile_erased) == (None, person.pk, True)
    assert (receipt.reason, receipt.line_erased, receipt.counts["profile_history"]) == ("request", False, 1)
    person.refresh_from_db()
    assert (person.status, person.given_name, person.email) == ("erased", "", "")
    assert not Contact.history.exists()
    ended.refresh_from_db()
    assert ended.reason == ""
    assert erase(person) == []


@pytest.mark.parametrize(
    ("why", "numbers"),
    [("contact", 0), ("contact", 1), ("restricted", 0), ("restricted", 1), ("point", 1), ("source", 1)],
)
def test_what_must_be_kept_is_not_erased(why: str, numbers: int) -> None:
    person = contact([number() for _ in range(numbers)], given_name="Ann")
    if why == "restricted":
        intake.restrict(person, on=True, actor=TESTER, at=NOON, reason="disputed")
    elif why == "contact":
        hold(contact=person)
    else:
        hold(**{why: person.points.get() if why == "point" else factories.source()})
    with pytest.raises(retention.Held) as held:
        erase(person)
    assert "Ann" not in str(held.value)
    person.refresh_from_db()
    assert person.given_name == "Ann"
    assert not Receipt.objects.exists()


def test_a_hold_that_has_ended_keeps_nothing() -> None:
    person = contact([number()])
    hold(contact=person, ends_at=NOON)
    assert len(erase(person)) == 1


def test_a_shared_number_stays_for_the_other() -> None:
    e164 = number()
    leaving, staying = point(e164, given_name="Ann"), point(e164, given_name="Bob")
    (receipt,) = erase(leaving.contact)
    assert not receipt.line_erased
    staying.refresh_from_db()
    assert staying.line is not None
    assert staying.line.e164 == e164


def test_a_number_that_came_while_the_locks_were_taken_goes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    person = contact([number()], given_name="Ann")
    lock, late = erasure.lock, number()

    def attach_first(ids: Any) -> Any:
        locked = lock(list(ids))
        if not person.points.filter(line__number=late).exists():
            row = intake.Row(profile={}, numbers=[intake.Number(late)], contact_id=person.pk)
            intake.store(row, source=factories.source(), actor=TESTER, at=NOON, reason="test")
        return locked

    monkeypatch.setattr(erasure, "lock", attach_first)
    assert len(erase(person)) == 2
    assert not PhoneNumber.objects.exclude(number=None).exists()
    person.refresh_from_db()
    assert person.status == "erased"


def test_a_failure_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    person = contact([number()], given_name="Ann")
    monkeypatch.setattr(module, "blank_holds", lambda *ids: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erase(person)
    person.refresh_from_db()
    assert person.given_name == "Ann"
    assert PhoneNumber.objects.exclude(number=None).exists()


def test_a_receipt_is_of_a_point_or_of_a_whole_contact() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Receipt.objects.create(action="purge", reason="request", erased_at=NOON, actor_name="tester", contact_ref=1)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        erase(contact([number()]), at=datetime(2026, 3, 2))
    assert timezone.is_aware(Contact.objects.get().created_at)
