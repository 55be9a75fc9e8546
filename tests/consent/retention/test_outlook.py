"""What will become of a contact's numbers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import retention
from consent.rules.retention import Due, Ground, Kept
from consent.rules.states import Act
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_a_number_goes_on_the_first_night_after_its_period_has_ended() -> None:
    point = factories.point()
    policy = factories.policy("consent_withdrawn", after_days=30)
    factories.entry(point, Act.WITHDRAWN, at=NOON - timedelta(days=5))
    (found,) = retention.outlook(point.contact, as_of=NOON)
    assert found.now == Kept(Ground.NOT_YET, NOON + timedelta(days=25))
    assert [(due.policy.id, due.due_at) for due in found.periods] == [(policy.pk, NOON + timedelta(days=25))]
    assert found.going is not None
    night, due = found.going
    assert NOON + timedelta(days=25) < night <= NOON + timedelta(days=26)
    assert due.policy.id == policy.pk
    (later,) = retention.outlook(point.contact, as_of=night)
    assert isinstance(later.now, Due)


def test_without_a_policy_nothing_goes() -> None:
    (found,) = retention.outlook(factories.point().contact, as_of=NOON)
    assert (found.now, found.going, list(found.periods)) == (Kept(Ground.NO_POLICY), None, [])


def test_what_was_erased_and_who_has_no_number_have_none() -> None:
    contact = factories.point().contact
    retention.erase(contact, reason="request", actor=factories.TESTER, at=NOON)
    assert retention.outlook(contact, as_of=NOON) == []
    assert retention.outlook(factories.contact(given_name="Ann"), as_of=NOON) == []


def test_many_numbers_take_as_many_queries_as_one() -> None:
    factories.policy("last_interaction", after_days=30)

    def queries(numbers: int) -> int:
        contact = factories.contact([factories.number() for _number in range(numbers)])
        with CaptureQueriesContext(connection) as asked:
            assert len(retention.outlook(contact, as_of=NOON)) == numbers
        return len(asked)

    assert queries(8) == queries(1)
