"""Who may be the same person: found by what both have, however many contacts there are."""

from typing import Any

import pytest

from crm import duplicates, intake
from crm.duplicates import Why
from crm.models import Contact
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def found(contact: Contact) -> dict[str, tuple[Why, ...]]:
    return {each.contact.given_name: each.reasons for each in duplicates.suggest(contact)}


def test_the_same_number_and_the_same_email_whatever_its_case():
    number = factories.number()
    contact = factories.contact([number], given_name="Ann", email="ann@example.org")
    factories.contact([number], given_name="Bo")
    factories.contact(given_name="Cy", family_name="Lee", email="other@example.org")
    Contact.objects.filter(given_name="Cy").update(email="Ann@Example.org")
    assert found(contact) == {"Bo": (Why.LINE,), "Cy": (Why.EMAIL,)}


def test_the_same_id_at_the_same_source_and_not_at_another():
    ids = {"Ann": "web", "Bo": "web", "Cy": "shop"}
    for name, slug in ids.items():
        row = intake.Row(profile={"given_name": name}, numbers=[intake.Number(factories.number())], external_id="7")
        intake.store(row, source=factories.source(slug), actor=TESTER, at=NOON, reason="test")
    contact = Contact.objects.get(given_name="Ann")
    assert found(contact) == {"Bo": (Why.EXTERNAL_ID,)}


@pytest.mark.parametrize(
    ("given", "family", "more", "is_found"),
    [
        ("Katherine", "Johnson", {"country": "US"}, True),
        ("katharine", "johnson", {"country": "US"}, True),
        ("Katharine", "Jonson", {"country": "US"}, True),
        ("Katharine", "Johnson", {"country": "GB"}, False),
        ("Katharine", "Johnson", {"organisation": "NASA"}, True),
        ("Katharine", "Johnson", {"email": "kj@nasa.example"}, True),
        ("Karl", "Johnson", {"country": "US"}, False),
        ("Katharine", "Jones", {"country": "US"}, False),
    ],
)
def test_nearly_the_same_name_and_something_else_in_common(given, family, more, is_found):
    contact = factories.contact(
        given_name="Katharine",
        family_name="Johnson",
        country="US",
        organisation="NASA",
        email="katharine@nasa.example",
    )
    other = factories.contact(given_name=given, family_name=family, notes="x", **more)
    assert (other.pk in [each.contact.pk for each in duplicates.suggest(contact)]) is is_found


def test_whoever_has_more_in_common_comes_first():
    number = factories.number()
    contact = factories.contact([number], given_name="Ann", family_name="Lee", country="US")
    factories.contact(given_name="Anne", family_name="Lee", country="US")
    factories.contact([number], given_name="Anna", family_name="Lee", country="US")
    assert list(found(contact)) == ["Anna", "Anne"]


def test_of_whom_somebody_has_said_that_they_are_two_neither_is_suggested_to_the_other():
    number = factories.number()
    one, other = (factories.contact([number], given_name=name) for name in ("Ann", "Bo"))
    duplicates.dismiss(other, one, user_id=None, at=NOON)
    duplicates.dismiss(one, other, user_id=None, at=NOON)
    assert found(one) == found(other) == {}


def test_nobody_is_suggested_who_is_erased_or_merged_or_to_whom_that_happened():
    one, other = (factories.contact(given_name=name, email="a@example.org", notes=name) for name in ("Ann", "Bo"))
    blank = {**Contact.privacy.personal, "status": "merged", "merged_into": one}
    Contact.objects.filter(pk=other.pk).update(**blank)
    other.refresh_from_db()
    assert found(one) == found(other) == {}


def test_the_queries_do_not_grow_with_those_who_are_alike(django_assert_max_num_queries: Any):
    number = factories.number()
    people: dict[str, Any] = {"family_name": "Lee", "country": "US", "email": "lee@example.org"}
    contact = factories.contact([number], given_name="Ann", **people)
    counts = []
    for others in (1, 12):
        for index in range(others):
            factories.contact([number], given_name=f"Ann{index}{others}", **people)
        with django_assert_max_num_queries(9) as queries:
            duplicates.suggest(contact)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(duplicates.suggest(contact)) == 10
