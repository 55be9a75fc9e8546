"""What the database refuses of checks of the ledger, whoever asks."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from consent.models import LedgerCheck
from tests.factories import NOON
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here or in test_constraints.py, which sees that none is left out.
attempts = Attempts("consent")


def check(**values: Any) -> LedgerCheck:
    return LedgerCheck.objects.create(asked_at=NOON, **values)


def done(**values: Any) -> LedgerCheck:
    return check(**{"state": "whole", "started_at": NOON, "finished_at": NOON} | values)


@attempts.at("ledger_check_ended_is_dated")
def _() -> None:
    update(check(), state="perhaps")


@attempts.at("ledger_check_ended_is_dated")
def _() -> None:
    update(check(started_at=NOON), state="whole")


@attempts.at("ledger_check_ended_is_dated")
def _() -> None:
    update(check(), state="failed", finished_at=NOON)


@attempts.at("ledger_check_ended_is_dated")
def _() -> None:
    update(check(started_at=NOON), finished_at=NOON)


@attempts.at("ledger_check_whole_has_no_fault")
def _() -> None:
    update(done(), faults=1)


@attempts.at("ledger_check_faulty_has_one")
def _() -> None:
    update(done(), state="faulty")


@attempts.at("ledger_check_one_waiting")
def _() -> None:
    copy(check())


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(done())
    check()
    check(state="running")
