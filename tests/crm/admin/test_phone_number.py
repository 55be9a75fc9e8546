"""The pages of lines and points: what they say of a number without showing it."""

import pytest
from django.test import Client

from crm import phones
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
