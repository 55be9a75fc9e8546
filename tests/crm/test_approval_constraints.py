"""What the database refuses of approvals, whoever asks: each constraint is tried by raw SQL."""

import pytest
from django.db import IntegrityError, transaction

from crm.models import Approval
from tests import factories
from tests.factories import NOON
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("crm")


def decided() -> Approval:
    approval = factories.approval(at=NOON)
    update(approval, state="approved", decided_by_id=factories.user("second").pk, decided_at=NOON)
    return approval


@attempts.at("approval_is_by_a_second_person")
def _() -> None:
    approval = decided()
    update(approval, decided_by_id=approval.asked_by_id)


@attempts.each("approval_is_decided_by_somebody", ["approved", "done", "refused", "unheard_of"])
def _(state: str) -> None:
    update(factories.approval(at=NOON), state=state)


@attempts.each("approval_is_decided_by_somebody", ["waiting", "taken_back", "expired"])
def _(state: str) -> None:
    update(decided(), state=state)


@attempts.at("approval_is_decided_by_somebody")
def _() -> None:
    update(decided(), decided_at=None)


@attempts.at("approval_says_when_it_was_done")
def _() -> None:
    update(decided(), state="done")


@attempts.at("approval_says_when_it_was_done")
def _() -> None:
    update(decided(), done_at=NOON)


@attempts.at("approval_waits_once")
def _() -> None:
    copy(factories.approval(at=NOON), said="{}")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_an_approval_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(decided(), said="{}", state="done", done_at=NOON)
    copy(factories.approval(at=NOON), said="{}", kind="lift_suppression")
