"""Access records: with a reason, without a number, and committed before anything is handed over."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from consent import access
from consent.models import AccessRecord
from consent.rules.times import NaiveTimestamp
from crm.models import Actor
from tests import factories
from tests.factories import NOON, TESTER

EXPORT = AccessRecord.Kind.EXPORT


def record(**values: Any) -> AccessRecord:
    given: dict[str, Any] = {"kind": EXPORT, "actor": TESTER, "at": NOON, "reason": "moving house", "format": "csv"}
    given |= {"masked": False, "contacts": 2, "points": 3, "scope": {}, "left_out": {}}
    return access.record(**given | values)


@pytest.mark.django_db
def test_a_record_says_who_when_why_and_how_much() -> None:
    user = factories.user()
    made = record(actor=Actor.staff(user), scope={"source": 7}, left_out={"withdrawn": 1}, reason=" moving house ")

    kept = AccessRecord.objects.get()
    assert kept == made
    assert (kept.kind, kept.at, kept.actor_name, kept.actor_user, kept.reason) == (
        "export",
        NOON,
        "staff",
        user,
        "moving house",
    )
    assert (kept.format, kept.masked, kept.contacts, kept.points) == ("csv", False, 2, 3)
    assert (kept.scope, kept.left_out) == ({"source": 7}, {"withdrawn": 1})
    assert str(kept) == f"Access record {kept.pk}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"reason": " \n"}, access.NoReason),
        ({"reason": "asked by +44 20 7946 0123"}, access.NumberInReason),
        ({"at": datetime(2026, 3, 2)}, NaiveTimestamp),
    ],
)
def test_nothing_is_written_of_an_access_that_is_not_accounted_for(
    wrong: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        record(**wrong)
    assert "0123" not in str(raised.value)
    assert not AccessRecord.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_transaction_around_it_can_take_it_back() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        record()
    assert not AccessRecord.objects.exists()
