"""Contacts come into groups and leave them, each with its line in the history; nothing of it outlives the profile."""

from datetime import timedelta
from typing import Any

import pytest

from crm import erasure, tagging
from crm.models import Contact, ContactPoint, ContactTag, Tag
from tests import factories
from tests.factories import NOON, TESTER, contact, number, origin, tag, tagged

pytestmark = pytest.mark.django_db
HOW: dict[str, Any] = {"actor": TESTER, "at": NOON, "reason": "asked to help"}


def erased(person: Contact, *, keep: bool = False) -> None:
    points = erasure.lock(person.points.values_list("pk", flat=True))
    erasure.erase(points, keep_counts=keep, profiles_of=[each.pk for each in points], origin=origin())


def test_a_tag_is_added_and_removed_and_the_history_says_by_whom_and_why() -> None:
    person, volunteer = contact(), tag()
    added = tagging.add(person, volunteer, **HOW)
    assert [each.tag for each in person.tags.all()] == [volunteer]
    tagging.remove(person, volunteer, **HOW | {"at": NOON + timedelta(days=1), "reason": "moved away"})
    assert not person.tags.exists()
    past = ContactTag.history.filter(id=added.pk).order_by("history_id")
    assert [(row.history_type, row.history_actor, row.history_change_reason, row.tag) for row in past] == [
        ("+", "tester", "asked to help", volunteer),
        ("-", "tester", "moved away", volunteer),
    ]


def test_a_tag_is_there_once() -> None:
    person = contact()
    tagging.add(person, tag(), **HOW)
    with pytest.raises(tagging.AlreadyTagged):
        tagging.add(person, tag(), **HOW)
    tagging.remove(person, tag(), **HOW)
    with pytest.raises(tagging.NotTagged):
        tagging.remove(person, tag(), **HOW)
    tagging.add(person, tag(), **HOW)


def test_who_was_erased_is_in_no_group_and_comes_into_none() -> None:
    person = contact([number()])
    erased(person)
    for act in (tagging.add, tagging.remove):
        with pytest.raises(tagging.NotPossible):
            act(person, tag(), **HOW)
    assert not ContactTag.history.exists()


@pytest.mark.parametrize("keep", [False, True], ids=["purged", "anonymized"])
def test_tags_go_with_the_profile_and_their_history_too(keep: bool) -> None:
    person, other = contact([number()]), contact([number()])
    for each in (person, other):
        tagged(each)
        tagged(each, "donor")
    tagging.remove(person, tag("donor"), **HOW)
    erased(person, keep=keep)
    assert set(ContactTag.objects.values_list("contact", flat=True)) == {other.pk}
    assert set(ContactTag.history.values_list("contact", flat=True)) == {other.pk}
    assert Tag.objects.count() == 2


def test_tags_stay_while_a_number_is_left() -> None:
    person = contact([number(), number()])
    tagged(person)
    points = erasure.lock([person.points.order_by("pk")[0].pk])
    erasure.erase(points, keep_counts=False, profiles_of=[points[0].pk], origin=origin())
    assert person.tags.exists()
    assert ContactTag.history.exists()


def test_what_is_taken_back_leaves_no_tag_and_no_history_of_one() -> None:
    person = contact([number()])
    tagged(person)
    points = erasure.lock(person.points.values_list("pk", flat=True))
    erasure.take_back(points, named=[], contact_ids=[person.pk], origin=origin())
    assert not Contact.objects.exists()
    assert not ContactPoint.objects.exists()
    assert not ContactTag.objects.exists()
    assert not ContactTag.history.exists()


def test_a_tag_says_nothing_of_the_person_where_it_is_shown() -> None:
    assert str(tagged(factories.contact(given_name="Wilhelmina"))).startswith("Tag ")
