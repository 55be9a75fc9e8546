"""Merging in the admin: who may be the same is suggested, the two are compared, and then it is done, or never again."""

from typing import Any

import pytest
from django.test import Client

from consent.models import LegalHold
from crm.models import Contact, DistinctPeople, attributed_to
from tests import capturing, factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def two() -> tuple[Contact, Contact]:
    number = factories.number()
    names = ("Ann", "Anna")
    one, other = (factories.contact([number], given_name=name, family_name="Lee", notes=name) for name in names)
    return one, other


def path(contact: Contact, page: str = "merge") -> str:
    return f"/admin/crm/contact/{contact.pk}/{page}/"


def test_the_contact_page_suggests_who_may_be_the_same_to_whoever_may_merge(editor: Client) -> None:
    one, other = two()
    page = editor.get(path(one, "change")).content.decode()
    assert f"{path(one)}?other={other.pk}" in page
    assert "the same number" in page
    editor.force_login(factories.user("reader", role="Read-only"))
    assert "Perhaps the same person" not in editor.get(path(one, "change")).content.decode()


def test_the_page_says_beforehand_in_numbers_what_a_merge_does(editor: Client) -> None:
    one, other = two()
    factories.entry(one.points.get())
    factories.tagged(other)
    page: Any = editor.get(path(one), {"other": other.pk})
    text = page.content.decode()
    for words in (
        f"1 number of contact {other.pk}",
        "of which one entry stays: 1",
        "Tags that are added: 1",
        "cannot be undone",
    ):
        assert words in text
    assert one.points.get().line.e164 not in text
    assert Contact.objects.filter(status="merged").count() == 0


def test_what_was_ticked_is_taken_and_the_rest_stays(editor: Client) -> None:
    one, other = two()
    page: Any = editor.get(path(one), {"other": other.pk})
    posted = {"other": other.pk, "take": ["notes"], "reason": "called them", "_version": page.context_data["version"]}
    answer = editor.post(path(one), posted, follow=True)
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.given_name, one.notes, other.status, other.merged_into) == ("Ann", "Anna", "merged", one)
    assert f"Contact {other.pk} was merged into this one" in answer.content.decode()


def test_no_reason_no_merge(editor: Client) -> None:
    one, other = two()
    assert editor.post(path(one), {"other": other.pk}).status_code == 200
    assert not Contact.objects.filter(status="merged").exists()


def test_a_page_that_is_stale_merges_nothing(editor: Client) -> None:
    one, other = two()
    page: Any = editor.get(path(one), {"other": other.pk})
    factories.tagged(other)
    posted = {"other": other.pk, "reason": "called them", "_version": page.context_data["version"]}
    answer = editor.post(path(one), posted)
    assert "has changed since you opened this page" in answer.content.decode()
    assert not Contact.objects.filter(status="merged").exists()


def test_what_was_said_to_be_two_people_is_not_suggested_again(editor: Client) -> None:
    one, other = two()
    editor.post(path(one), {"other": other.pk, "_not_same": "1"})
    assert DistinctPeople.objects.get().decided_by.username == "ed"
    for contact in (one, other):
        assert "Perhaps the same person" not in editor.get(path(contact, "change")).content.decode()


@pytest.mark.parametrize("who", ["itself", "nobody", "no id", "merged"])
def test_only_another_contact_that_is_held_can_be_merged(editor: Client, who: str) -> None:
    one, other = two()
    Contact.objects.filter(pk=other.pk).update(**Contact.privacy.personal, status="merged", merged_into=one)
    asked = {"itself": one.pk, "nobody": 9999, "no id": "x", "merged": other.pk}[who]
    answer = editor.post(path(one), {"other": asked, "reason": "test"})
    assert "no other contact" in answer.content.decode()


def test_a_merged_contact_is_only_read_and_leads_to_the_survivor(editor: Client) -> None:
    one, other = two()
    editor.post(path(one), {"other": other.pk, "reason": "called them"})
    assert f'href="{path(one, "change")}"' in editor.get(path(other, "change")).content.decode()
    stale = editor.post(path(other, "change"), {"given_name": "Eve"})
    assert stale["Location"] == path(one, "change")
    assert editor.get(path(other))["Location"] == path(other, "change")
    assert f"merged into contact {one.pk}" in editor.get("/admin/crm/contact/").content.decode()


def test_whoever_may_not_see_holds_or_disclosures_is_told_of_none(editor: Client) -> None:
    one, other = two()
    capturing.disclosure(contact=other)
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=other, reason="claim", placed_at=factories.NOON)
    text = editor.get(path(one), {"other": other.pk}).content.decode()
    assert "Legal holds" not in text
    assert "Disclosures that" not in text
    editor.force_login(factories.user("root", role="Administrator"))
    text = editor.get(path(one), {"other": other.pk}).content.decode()
    assert "Legal holds" in text
    assert "Disclosures that" in text
