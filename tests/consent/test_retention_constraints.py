"""What the database refuses of policies and runs, whoever asks: what narrows, what waits, who approves, and shares."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consent.models import PurgeRun, PurgeShare
from tests import factories
from tests.factories import NOON
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("consent")


def run(**values: object) -> PurgeRun:
    return PurgeRun.objects.create(**{"as_of": NOON, "actor_name": "tester", "started_at": NOON} | values)


def waiting(**values: object) -> PurgeRun:
    return run(state="waiting", brake="share", due=7, held=9, **values)


def approved() -> PurgeRun:
    beginner = factories.user("mo")
    return waiting(actor_user=beginner, approved_by=factories.user("ola"), approved_at=NOON)


def share() -> PurgeShare:
    return PurgeShare.objects.create(run=run(), number=0, of=2)


@attempts.each("policy_source_kind_is_known", ["rumour", "WEB_FORM"])
def _(kind: str) -> None:
    update(factories.policy(), source_kind=kind)


@attempts.at("run_ended_is_dated")
def _() -> None:
    update(run(), state="replaced")


@attempts.at("run_waits_for_a_reason")
def _() -> None:
    update(run(), state="waiting")


@attempts.at("run_waits_for_a_reason")
def _() -> None:
    update(waiting(), brake="")


@attempts.each("run_brake_is_known", ["mood", "SHARE"])
def _(brake: str) -> None:
    update(run(), brake=brake)


@attempts.at("run_is_approved_by_another")
def _() -> None:
    found = approved()
    update(found, approved_by_id=found.actor_user_id)


@attempts.at("run_is_approved_by_another")
def _() -> None:
    found = approved()
    update(found, actor_user_id=found.approved_by_id)


@attempts.each("run_approval_is_dated_and_signed", ["approved_by_id", "approved_at"])
def _(column: str) -> None:
    update(approved(), **{column: None})


@attempts.at("purge_share_once")
def _() -> None:
    copy(share())


@attempts.each("purge_share_is_one_of_its_run", [2, 3])
def _(number: int) -> None:
    update(share(), number=number)


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(share(), number=1)
    update(approved(), state="done", finished_at=NOON + timedelta(hours=1))
    update(waiting(), state="replaced", finished_at=NOON)
    update(factories.policy(), source_kind="third_party", country="GB", tag_id=factories.tag().pk)
    # A run that nobody's account began may be approved by anybody who may.
    update(waiting(), approved_by_id=factories.user("ola").pk, approved_at=NOON)
