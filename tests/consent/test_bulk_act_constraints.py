"""What the database refuses of bulk acts, whoever asks: every constraint is tried by raw SQL."""

import pytest
from django.db import IntegrityError, transaction

from consent import bulk_acts
from consent.models import BulkAct
from tests.factories import NOON, TESTER
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("consent")


def act() -> BulkAct:
    return bulk_acts.choose(BulkAct.Kind.RESTRICT, [1, 2], actor=TESTER, at=NOON)


@attempts.at("bulk_act_kind_is_known")
def _() -> None:
    update(act(), kind="delete")


@attempts.each(
    "bulk_act_state_is_dated",
    [{"state": "running"}, {"state": "done"}, {"confirmed_at": NOON}, {"state": "gone"}, {"finished_at": NOON}],
)
def _(columns: dict[str, object]) -> None:
    update(act(), **columns)


@attempts.at("bulk_act_has_an_actor")
def _() -> None:
    update(act(), actor_name="")


@attempts.at("bulk_act_item_once")
def _() -> None:
    copy(act().items.order_by("id")[0])


@attempts.at("bulk_act_item_outcome_is_known")
def _() -> None:
    update(act().items.order_by("id")[0], outcome="lost")


@attempts.at("bulk_act_item_failed_says_why")
def _() -> None:
    update(act().items.order_by("id")[0], outcome="failed")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_bulk_act_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    made = act()
    update(made, state="running", confirmed_at=NOON)
    copy(made.items.order_by("id")[0], contact_ref=3, outcome="failed", code="held")
