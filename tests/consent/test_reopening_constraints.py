"""What the database refuses of a suppression by which a number must not be held."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent import retention
from consent.models import Suppression
from tests import factories
from tests.factories import NOON, TESTER
from tests.raw import Attempt, Attempts, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("consent")


def hold() -> Suppression:
    """The suppression of a number that was erased."""
    point = factories.point()
    line = point.line
    retention.erase(point.contact, reason="request", actor=TESTER, at=timezone.now())
    return Suppression.objects.get(line=line, extent="hold")


@attempts.at("suppression_hold_is_lifted_by_an_entry")
def _() -> None:
    update(hold(), lifted_at=NOON, lifted_reason="we would like it back", lifted_authority="person")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_an_entry_lifts_it() -> None:
    found, entry = hold(), factories.entry(factories.point())
    said = {"lifted_reason": "the person's own new grant", "lifted_authority": "person"}
    update(found, lifted_at=NOON, lifted_by_id=entry.pk, **said)
    assert Suppression.objects.get(pk=found.pk).lifted_by == entry
