"""The database refuses a hold on whoever was erased, whoever asks."""

import pytest
from django.db import DatabaseError, transaction

from consent import retention
from consent.models import LegalHold
from crm.models import attributed_to
from tests import factories
from tests.factories import NOON, TESTER
from tests.raw import execute, update

pytestmark = pytest.mark.django_db
REFUSED = "this was erased or merged: there is nothing left to hold"


def hold(**on) -> LegalHold:
    with attributed_to(factories.origin()):
        return LegalHold.objects.create(reason="claim", placed_at=NOON, **on)


@pytest.mark.parametrize("name", ["contact", "point"])
def test_a_hold_is_placed_on_nobody_who_was_erased(name: str) -> None:
    point = factories.point()
    ended = hold(**{name: point if name == "point" else point.contact})
    update(ended, released_at=NOON)
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    copied = f"""INSERT INTO consent_legalhold (contact_id, point_id, reason, placed_at)
        SELECT contact_id, point_id, 'claim', placed_at FROM consent_legalhold WHERE id = {ended.pk}"""
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        execute(copied)
    other = hold(**{name: factories.point() if name == "point" else factories.contact()})
    with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
        update(other, **{f"{name}_id": getattr(ended, f"{name}_id")})
    # One that stood before stays, blanked, and may be written to.
    ended.refresh_from_db()
    assert ended.reason == ""
    update(ended, ends_at=NOON)
