"""Times stand in the zone of the user's browser, with UTC for whoever points at one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import PhoneNumber
from crm.moments import moment, timed
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


def verified_line() -> PhoneNumber:
    line: Any = factories.point().line
    PhoneNumber.objects.filter(pk=line.pk).update(verified_at=AT)
    return line


def test_a_moment_is_read_in_the_zone_in_force():
    with timezone.override("Asia/Tokyo"):
        assert moment(AT) == "July 2, 2026, 7:30 a.m."


def test_whoever_points_at_a_moment_is_told_it_in_utc():
    with timezone.override("Asia/Tokyo"):
        said = timed(AT)
    assert 'title="2026-07-01 22:30:00 UTC"' in said
    assert ">July 2, 2026, 7:30 a.m.<" in said


def test_no_moment_is_a_dash():
    assert moment(None) == timed(None) == "—"


@pytest.mark.parametrize("page", ["changelist", "change"])
def test_the_admin_shows_moments_in_the_zone_that_the_browser_says(admin_client: Client, page: str):
    line = verified_line()
    admin_client.cookies["zone"] = "Asia/Tokyo"
    address = reverse(f"admin:crm_phonenumber_{page}", args=[line.pk] if page == "change" else [])
    shown = admin_client.get(address).content.decode()
    assert '<time datetime="2026-07-01T22:30:00+00:00" title="2026-07-01 22:30:00 UTC">July 2, 2026, 7:30 a.m.' in shown


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "x" * 4000])
def test_a_zone_that_nobody_knows_is_left_alone(admin_client: Client, zone: str):
    line = verified_line()
    admin_client.cookies["zone"] = zone
    shown = admin_client.get(reverse("admin:crm_phonenumber_change", args=[line.pk])).content.decode()
    assert ">July 1, 2026, 10:30 p.m.<" in shown
