"""What the database refuses of alerts, tried with raw SQL."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from consent.models import Alert
from tests.factories import NOON
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db
attempts = Attempts("consent")


def alert() -> Alert:
    return Alert.objects.create(kind=Alert.Kind.OVERDUE, opened_at=NOON)


@attempts.at("alert_once_while_it_lasts")
def _two_of_a_kind() -> None:
    copy(alert())


@attempts.at("alert_closes_after_it_opens")
def _closed_before() -> None:
    update(alert(), closed_at=NOON - timedelta(seconds=1))


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    first = alert()
    update(first, closed_at=NOON)
    copy(first, closed_at=None)
