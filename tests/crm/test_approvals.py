"""Asking for an act and deciding on it: once, by a second person and within a week, also by many at one moment."""

from contextlib import suppress
from datetime import timedelta

import pytest

from crm import approvals
from crm.models import Approval
from tests import factories
from tests.factories import NOON
from tests.racing import in_threads

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def test_a_second_person_approves_and_it_is_done_once() -> None:
    approval, second = factories.approval(at=NOON), factories.user("second")
    approved = approvals.approve(approval, by=second, at=NOON)
    assert (approved.state, approved.decided_by, approved.said) == ("approved", second, {"reason": ["request"]})
    approvals.done(approved, at=NOON)
    approval.refresh_from_db()
    assert (approval.state, approval.done_at, approval.said) == ("done", NOON, {})
    with pytest.raises(approvals.NotOpen):
        approvals.done(approval, at=NOON)


def test_nobody_approves_their_own() -> None:
    approval = factories.approval(at=NOON)
    with pytest.raises(approvals.NotTheSecond):
        approvals.approve(approval, by=approval.asked_by, at=NOON)


def test_nobody_decides_twice() -> None:
    approval, second = factories.approval(at=NOON), factories.user("second")
    approvals.refuse(approval, by=second, at=NOON)
    for decide in (approvals.approve, approvals.refuse):
        with pytest.raises(approvals.NotOpen):
            decide(approval, by=second, at=NOON)


def test_the_same_waits_once_and_may_be_asked_for_again_later() -> None:
    contact = factories.contact()
    first = factories.approval(contact, at=NOON)
    with pytest.raises(approvals.AlreadyAsked):
        factories.approval(contact, at=NOON)
    again = factories.approval(contact, at=NOON + WEEK)
    first.refresh_from_db()
    assert (first.state, first.said, again.state) == ("expired", {}, "waiting")


@pytest.mark.parametrize(("after", "open_"), [(WEEK - timedelta(seconds=1), True), (WEEK, False)])
def test_it_waits_for_a_week_and_not_longer(after: timedelta, open_: bool) -> None:
    approval, second = factories.approval(at=NOON), factories.user("second")
    assert approval.is_open(now=NOON + after) == open_
    if open_:
        approvals.approve(approval, by=second, at=NOON + after)
    else:
        with pytest.raises(approvals.NotOpen):
            approvals.approve(approval, by=second, at=NOON + after)


def test_what_was_said_is_forgotten_when_it_is_too_late() -> None:
    waits = factories.approval(at=NOON)
    approved = approvals.approve(factories.approval(at=NOON), by=factories.user("second"), at=NOON)
    assert approvals.expire(at=NOON + WEEK) == 2
    for each, state in ((waits, "expired"), (approved, "refused")):
        each.refresh_from_db()
        assert (each.state, each.said) == (state, {})


def test_what_could_not_be_done_waits_again() -> None:
    approved = approvals.approve(factories.approval(at=NOON), by=factories.user("second"), at=NOON)
    approvals.reopen(approved)
    approved.refresh_from_db()
    assert (approved.state, approved.decided_by, approved.decided_at) == ("waiting", None, None)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_the_same_moment_one_does() -> None:
    approval, done = factories.approval(at=NOON), list[str]()
    users = [factories.user("second"), factories.user("third")]

    def decide(index: int) -> None:
        try:
            [approvals.approve, approvals.refuse][index](approval, by=users[index], at=NOON)
        except approvals.NotOpen:
            return
        done.append(users[index].username)

    in_threads(lambda: decide(0), lambda: decide(1))
    assert len(done) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_ask_at_the_same_moment_one_waits() -> None:
    contact, users = factories.contact(), [factories.user("one"), factories.user("two")]

    def ask(index: int) -> None:
        with suppress(approvals.AlreadyAsked):
            factories.approval(contact, by=users[index], at=NOON)

    in_threads(lambda: ask(0), lambda: ask(1))
    assert Approval.objects.count() == 1


def test_what_could_not_be_done_and_was_asked_for_anew_does_not_wait_twice() -> None:
    contact = factories.contact()
    first = approvals.approve(factories.approval(contact, at=NOON), by=factories.user("second"), at=NOON)
    again = factories.approval(contact, at=NOON)
    approvals.reopen(first)
    for approval in (first, again):
        approval.refresh_from_db()
    assert (first.state, first.said, again.state) == ("refused", {}, "waiting")
