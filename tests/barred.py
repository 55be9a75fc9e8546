"""A person who was erased, and the check that their number is nowhere and stays out."""

from datetime import datetime, timedelta

from django.utils import timezone

from consent import retention
from consent.models import Suppression
from crm import traces
from crm.models import Contact, ContactPoint, PhoneNumber
from tests import factories
from tests.factories import TESTER

NUMBER = "+12025550146"


def erased(number: str = NUMBER, *, at: datetime | None = None) -> PhoneNumber:
    """Return the tombstone of the number of somebody who was erased at `at`, else an hour ago."""
    point = factories.point(number, given_name="Ada", email="ada@example.com")
    return erase(point, at=at)


def erase(point: ContactPoint, *, at: datetime | None = None) -> PhoneNumber:
    """Erase the person of a point whole, and return the tombstone of the number."""
    line = point.line
    assert line is not None
    at = at or timezone.now() - timedelta(hours=1)
    retention.erase(point.contact, reason="request", actor=TESTER, at=at)
    line.refresh_from_db()
    return line


def assert_out(number: str = NUMBER) -> None:
    """Check that the number stands nowhere, nobody is at it, and its tombstone and its hold are in force."""
    assert list(traces.find(number)) == []
    lines = PhoneNumber.objects.for_numbers([number])
    assert list(lines.values_list("number", flat=True)) == [None]
    assert Suppression.objects.filter(line__in=lines, extent="hold", lifted_at=None).count() == 1
    assert not ContactPoint.objects.filter(line__in=lines).exists()
    assert not Contact.objects.filter(email__iexact="ada@example.com").exists()
