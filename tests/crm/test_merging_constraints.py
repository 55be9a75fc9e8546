"""What the database refuses of merged contacts, whoever asks: every constraint is tried by raw SQL."""

import pytest
from django.db import IntegrityError, transaction

from crm import duplicates
from crm.models import Contact, DistinctPeople
from tests import factories
from tests.factories import NOON
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("crm")


def merged() -> Contact:
    """Return a contact that was merged, as its row stands."""
    contact, survivor = factories.contact(), factories.contact()
    blank = {**Contact.privacy.personal, "status": "merged", "merged_into": survivor}
    Contact.objects.filter(pk=contact.pk).update(**blank)
    contact.refresh_from_db()
    return contact


def distinct() -> DistinctPeople:
    duplicates.dismiss(factories.contact(), factories.contact(), user_id=None, at=NOON)
    return DistinctPeople.objects.get()


@attempts.each("contact_merged_is_blank", [*Contact.PROFILE, "last_interaction_at"])
def _(name: str) -> None:
    update(merged(), **{name: NOON if name == "last_interaction_at" else "xx"})


@attempts.each("contact_merged_names_the_other", ["nobody", "and is live"])
def _(case: str) -> None:
    if case == "nobody":
        update(merged(), merged_into_id=None)
    else:
        update(merged(), status="live")


@attempts.at("contact_is_not_merged_into_itself")
def _() -> None:
    contact = merged()
    update(contact, merged_into_id=contact.pk)


@attempts.at("distinct_people_once")
def _() -> None:
    copy(distinct())


@attempts.at("distinct_people_in_order")
def _() -> None:
    pair = distinct()
    update(pair, first_id=pair.second_id, second_id=pair.first_id)


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_merged_contact_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    update(merged(), email_key="x")
    copy(distinct(), second_id=factories.contact().pk)
