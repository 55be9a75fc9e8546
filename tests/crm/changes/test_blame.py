"""Whose each value is: since when, by whom, from where."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm import changes, intake
from crm.models import Actor, Contact, ContactPoint, Source, attributed_to
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def store(contact: Contact, *, source: Source, day: int, batch: Any = None, **profile: str) -> None:
    """Change the profile, so many days after NOON."""
    row = intake.Row(profile=profile, numbers=[], contact_id=contact.pk)
    at = NOON + timedelta(days=day)
    intake.store(row, source=source, batch=batch, actor=Actor("clerk"), at=at, reason=f"day {day}")


def blamed(contact: Contact, **options: Any) -> dict[str, changes.Blame]:
    """Return the blame of the profile, by field."""
    return {each.field.name: each for each in changes.blame(Contact, [contact.pk], **options).get(contact.pk, [])}


def test_a_value_is_blamed_on_the_change_that_brought_it() -> None:
    contact = factories.contact(given_name="Ann", family_name="Chen", at=NOON - timedelta(days=9))
    shop = factories.source("shop", kind="point_of_sale")
    store(contact, source=shop, day=1, given_name="Anna")
    store(contact, source=factories.source(), day=2, email="anna@example.com")
    found = blamed(contact)
    assert (found["given_name"].value, found["given_name"].since) == ("Anna", NOON + timedelta(days=1))
    assert (found["given_name"].actor, found["given_name"].source_id) == ("clerk", shop.pk)
    assert found["given_name"].reason == "day 1"
    assert (found["family_name"].since, found["family_name"].actor) == (NOON - timedelta(days=9), "tester")
    assert found["email"].since == NOON + timedelta(days=2)


def test_a_value_that_came_back_is_blamed_on_who_brought_it_back() -> None:
    contact = factories.contact(given_name="Ann")
    for day, name in enumerate(["Anna", "Ann"]):
        store(contact, source=factories.source(), day=day, given_name=name)
    assert blamed(contact)["given_name"].since == NOON + timedelta(days=1)


def test_what_was_taken_away_is_blamed_and_what_never_was_is_left_out() -> None:
    contact = factories.contact(given_name="Ann", organisation="Fern")
    row = Contact.objects.get(pk=contact.pk)
    row.organisation = ""
    with attributed_to(factories.origin(NOON + timedelta(days=3))):
        row.save()
    found = blamed(contact)
    assert (found["organisation"].value, found["organisation"].since) == ("", NOON + timedelta(days=3))
    assert "notes" not in found


def test_it_can_be_asked_as_of_a_time() -> None:
    contact = factories.contact(given_name="Ann")
    store(contact, source=factories.source(), day=5, given_name="Anna")
    assert blamed(contact, until=NOON)["given_name"].value == "Ann"
    assert blamed(contact, until=NOON - timedelta(days=999)) == {}


def test_many_objects_take_one_query() -> None:
    contact = factories.contact([factories.number() for _number in range(5)])
    ids = list(contact.points.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as asked:
        found = changes.blame(ContactPoint, ids, leave_out={"contact"})
    assert (len(asked), set(found)) == (1, set(ids))
    assert all("contact" not in {each.field.name for each in some} for some in found.values())
