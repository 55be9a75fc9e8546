"""A merge and somebody else at the very same moment, with real threads: whoever comes second sees the first."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from consent import ledger, merging, retention, withdrawal
from consent.models import Method, Suppression
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm import intake
from crm import merging as moving
from crm.models import Contact, ContactPoint
from tests import factories
from tests.factories import NOON, TESTER
from tests.racing import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 3


def merge(survivor: Contact, other: Contact) -> None:
    with suppress(merging.NotMergeable):
        merging.merge(survivor, other, actor=TESTER, at=timezone.now(), reason="one person")


def stop(point: ContactPoint) -> Callable[[], Any]:
    line: Any = point.line
    return lambda: withdrawal.withdraw_line(line, at=timezone.now(), reason="stop", method=Method.SMS, actor=TESTER)


def record_no(point: ContactPoint) -> Callable[[], Any]:
    values: Any = {"purpose": factories.purpose(), "channel": Channel.SMS, "act": Act.REFUSED, "occurred_at": NOON}
    return lambda: ledger.record(point=point, method=Method.STAFF, actor=TESTER, **values)


@pytest.mark.parametrize("what", ["stop", "no"])
def test_a_no_that_comes_while_two_are_merged_holds_for_the_one(what: str) -> None:
    for index in range(ROUNDS):
        number = factories.number(index)
        own, theirs = (factories.point(number, given_name=name) for name in ("Ann", "Bo"))
        factories.entry(own)
        says_no = {"stop": stop, "no": record_no}[what](theirs)
        in_threads(partial(merge, own.contact, theirs.contact), says_no)
        living = own.contact.points.get(until=None)
        assert living == own
        if what == "stop":
            assert Suppression.objects.filter(line=own.line, lifted_at=None).exists()
            assert set(own.consents.values_list("status", flat=True)) == {"withdrawn"}
        else:
            # It came before and was carried over, or after and was recorded where it counts.
            assert own.consents.get().status == "refused"
        assert list(ledger.differences()) == []


def test_of_an_erasure_and_a_merge_at_once_nothing_of_an_erased_person_is_left() -> None:
    for erased in ("survivor", "other"):
        for _round in range(ROUNDS):
            survivor, other = factories.contact([factories.number()]), factories.contact([factories.number()])
            going = survivor if erased == "survivor" else other
            in_threads(
                partial(merge, survivor, other),
                partial(retention.erase, going, reason="request", actor=TESTER, at=timezone.now()),
            )
            for contact in (survivor, other):
                contact.refresh_from_db()
            assert going.status == Contact.Status.ERASED
            assert not going.history.exists()
            left = other if erased == "survivor" else survivor
            if left.status == Contact.Status.ERASED:
                assert not left.points.filter(erased_at=None).exists()
            else:
                assert (left.status, left.points.filter(erased_at=None).count()) == (Contact.Status.LIVE, 1)


def test_of_two_merges_crosswise_one_is_done() -> None:
    for _round in range(ROUNDS):
        one, two = factories.contact([factories.number()]), factories.contact([factories.number()])
        in_threads(partial(merge, one, two), partial(merge, two, one))
        states = sorted(Contact.objects.filter(pk__in=[one.pk, two.pk]).values_list("status", flat=True))
        assert states == ["live", "merged"]
        survivor = Contact.objects.get(pk__in=[one.pk, two.pk], status="live")
        assert survivor.points.count() == 2


def test_a_merge_that_was_outrun_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    survivor, other = factories.contact(), factories.contact([factories.number()])
    lock, tries = moving.lock, list[int]()

    def add() -> None:
        row = intake.Row(profile={}, numbers=[intake.Number(factories.number())], contact_id=other.pk)
        intake.store(row, source=factories.source(), actor=TESTER, at=NOON, reason="test")

    def late(*args: Any) -> Any:
        tries.append(1)
        if len(tries) > 1:
            return lock(*args)
        of_both = ContactPoint.objects.filter(contact__in=args)
        seen = of_both.count()
        add()
        assert of_both.count() == seen + 1
        raise moving.Outrun

    monkeypatch.setattr(moving, "lock", late)
    merge(survivor, other)
    assert len(tries) == 2
    # The first try was taken back, with what it had added itself.
    assert survivor.points.count() == 1


def test_people_can_be_stored_while_two_are_merged() -> None:
    source = factories.source()

    def store(contact_id: int) -> None:
        row = intake.Row(profile={"notes": "x"}, numbers=[intake.Number(factories.number())], contact_id=contact_id)
        with suppress(intake.Rejected):
            intake.store(row, source=source, actor=TESTER, at=NOON, reason="test")

    for index in range(ROUNDS):
        number = factories.number(index)
        own, theirs = (factories.point(number, given_name=name) for name in ("Ann", "Bo"))
        in_threads(partial(merge, own.contact, theirs.contact), partial(store, theirs.contact_id))
        merged = Contact.objects.get(pk=theirs.contact_id)
        assert merged.status == "merged"
        assert not merged.points.exists()
