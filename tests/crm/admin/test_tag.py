"""Tags in the admin: the groups, and who is in them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from crm import tagging
from crm.models import ContactTag, Tag
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def test_an_officer_makes_a_tag_and_no_number_is_its_name(client: Client) -> None:
    client.force_login(factories.user("ola", role="Compliance officer"))
    assert client.post("/admin/crm/tag/add/", {"name": "Volunteers", "slug": "volunteers"}).status_code == 302
    assert Tag.objects.get().name == "Volunteers"
    answer = client.post("/admin/crm/tag/add/", {"name": "+12025550187", "slug": "ann"})
    assert "name" in answer.context["adminform"].form.errors


def test_a_contact_shows_its_tags_and_the_list_is_narrowed_by_one(editor: Client) -> None:
    person, other = factories.contact(given_name="Ann"), factories.contact(given_name="Bob")
    tag = factories.tagged(person).tag
    assert "Volunteer" in editor.get(f"/admin/crm/contact/{person.pk}/change/").content.decode()
    listed = editor.get(f"/admin/crm/contact/?tag={tag.pk}").context["cl"].queryset
    assert list(listed) == [person]
    assert set(editor.get("/admin/crm/contact/?tag=x").context["cl"].queryset) == {person, other}


def test_whoever_may_not_see_tags_sees_none(client: Client) -> None:
    person = factories.tagged(factories.contact()).contact
    someone = factories.user("someone")
    someone.user_permissions.add(Permission.objects.get(codename="view_contact"))
    client.force_login(someone)
    answer = client.get(f"/admin/crm/contact/{person.pk}/change/")
    assert answer.status_code == 200
    assert "field-tagged" not in answer.content.decode()


def test_a_tag_is_added_and_removed_with_a_reason(editor: Client) -> None:
    person, tag = factories.contact(), factories.tag()
    page = f"/admin/crm/contact/{person.pk}/add-tag/"
    assert editor.post(page, {"tag": tag.pk}).status_code == 200
    assert editor.post(page, {"tag": tag.pk, "reason": "asked to help"}).status_code == 302
    held: Any = ContactTag.objects.get()
    assert (held.contact, held.tag, held.added_by.username) == (person, tag, "ed")
    assert held.history.get().history_change_reason == "asked to help"
    # It is not offered twice.
    assert list(editor.get(page).context["form"].fields["tag"].queryset) == []
    assert editor.post(page, {"tag": tag.pk, "reason": "again"}).status_code == 200
    page = f"/admin/crm/contact/{person.pk}/remove-tag/"
    assert editor.post(page, {"tag": tag.pk, "reason": "moved away"}).status_code == 302
    assert not ContactTag.objects.exists()
    assert ContactTag.history.latest().history_user.username == "ed"
    # There is nothing left to remove.
    assert editor.get(page).status_code == 302


@pytest.mark.parametrize(
    ("act", "error"),
    [("add", tagging.AlreadyTagged), ("add", tagging.NotPossible), ("remove", tagging.NotTagged)],
)
def test_what_a_colleague_did_meanwhile_is_told(
    act: str, error: type[Exception], editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*args: Any, **values: Any) -> None:
        raise error("meanwhile")

    person, tag = factories.contact(), factories.tag()
    if act == "remove":
        factories.tagged(person)
    monkeypatch.setattr(tagging, act, late)
    answer = editor.post(f"/admin/crm/contact/{person.pk}/{act}-tag/", {"tag": tag.pk, "reason": "asked"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
