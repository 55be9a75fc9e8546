"""The pages of lines and points: what they say of a number without showing it."""

from datetime import timedelta

import pytest
from django.test import Client

from consent import retention
from crm import intake, phones
from crm.models import ContactPoint
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("flagged", [True, False])
def test_a_number_from_a_reserved_range_is_said_to_be_one(
    client: Client, flagged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = factories.number()
    point = factories.point(number)
    if not flagged:
        monkeypatch.setattr(phones, "is_reserved", lambda e164: False)
    client.force_login(factories.user("olga", role="Compliance officer"))

    page = client.get(f"/admin/crm/contactpoint/{point.pk}/change/").content.decode()

    assert ("reserved for examples" in page) is flagged
    assert point.line.is_reserved is flagged
    assert number not in client.get(f"/admin/crm/phonenumber/{point.line_id}/change/").content.decode()


def test_a_reassignment_is_recorded_with_its_date(client: Client) -> None:
    line = factories.point().line
    assert line is not None
    client.force_login(factories.user("olga", role="Compliance officer"))
    url = f"/admin/crm/phonenumber/{line.pk}/"
    assert f"{url}reassign/" in client.get(f"{url}change/").content.decode()
    assert "is void" in client.get(f"{url}reassign/").content.decode()

    assert client.post(f"{url}reassign/", {"when": "2026-03-02T12:00"}).status_code == 302

    line.refresh_from_db()
    assert line.reassigned_at == factories.NOON


def test_a_line_whose_number_is_gone_is_not_reassigned(client: Client) -> None:
    point = factories.point()
    line = point.line
    assert line is not None
    retention.erase(point.contact, reason="request", actor=factories.TESTER, at=factories.NOON)
    client.force_login(factories.user("olga", role="Compliance officer"))

    assert client.post(f"/admin/crm/phonenumber/{line.pk}/reassign/", {}).status_code == 302

    line.refresh_from_db()
    assert line.reassigned_at is None


def test_a_line_of_the_past_says_as_which_line_its_number_came_back(client: Client) -> None:
    number = factories.number()
    point = factories.point(number)
    retention.erase(point.contact, reason="request", actor=factories.TESTER, at=factories.NOON)
    row = intake.Row(profile={}, numbers=[intake.Number(number)])
    at = factories.NOON + timedelta(days=1)
    stored = intake.store(row, source=factories.source(), actor=factories.TESTER, at=at, reason="", own_grant=True)
    (old,), new = stored.reopened, ContactPoint.objects.get(pk=stored.point_ids[0]).line_id
    client.force_login(factories.user("olga", role="Compliance officer"))

    page = client.get(f"/admin/crm/phonenumber/{old}/change/").content.decode()

    assert f"/admin/crm/phonenumber/{new}/change/" in page
    assert f"Line {new}" in page
    assert client.get(f"/admin/crm/phonenumber/{new}/change/").status_code == 200
