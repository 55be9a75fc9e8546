"""Doing something to many in the admin: chosen in the list, said in numbers, confirmed, and then followed."""

from typing import Any

import pytest
from django.test import Client

from consent import bulk_acts
from consent.models import BulkAct, LegalHold
from crm.celery import app as celery_app
from crm.models import Contact, ContactTag, attributed_to
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/crm/contact/"


@pytest.fixture
def editor(client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(celery_app, "send_task", lambda *args, **kwargs: None)
    client.force_login(factories.user("ed", role="Editor"))
    return client


def chosen(client: Client, kind: str, contacts: list[Contact], **more: str) -> Any:
    data = {"action": f"bulk_{kind}", "_selected_action": [contact.pk for contact in contacts], **more}
    return client.post(LIST, data)


def test_those_who_were_chosen_are_shown_in_numbers_and_then_it_begins(
    editor: Client, django_capture_on_commit_callbacks: Any
) -> None:
    contacts = [factories.contact([factories.number()]) for _ in range(3)]
    tag = factories.tag()
    page = chosen(editor, "add_tag", contacts[:2])
    asked: Any = editor.get(page["Location"])
    assert "Contacts that were chosen: 2, with 2 numbers." in asked.content.decode()
    posted = {"tag": tag.pk, "reason": "they help", "_version": asked.context_data["version"]}
    with django_capture_on_commit_callbacks(execute=True):
        answer = editor.post(page["Location"], posted, follow=True)
    act = BulkAct.objects.get()
    assert (act.state, act.params) == ("running", {"tag": tag.pk})
    assert 'role="progressbar"' in answer.content.decode()
    progress = f"/admin/consent/bulkact/{act.pk}/progress/"
    assert editor.get(progress).json() == {"stage": "running", "done": 0, "total": 2, "words": "0 of 2 contacts."}
    bulk_acts.carry_on(act)
    assert editor.get(progress).json()["stage"] == "done"
    assert "Done: 2" in editor.get(f"/admin/consent/bulkact/{act.pk}/change/").content.decode()
    assert ContactTag.objects.count() == 2


def test_all_that_match_the_filter_can_be_chosen(editor: Client) -> None:
    for country in ("GB", "GB", "US"):
        factories.contact(given_name="Ann", country=country)
    first = Contact.objects.filter(country="GB")[0]
    data = {"action": "bulk_restrict", "_selected_action": [first.pk], "select_across": "1"}
    editor.post(f"{LIST}?country=GB", data)
    ids = BulkAct.objects.get().items.values_list("contact_ref", flat=True)
    assert set(ids) == set(Contact.objects.filter(country="GB").values_list("pk", flat=True))


def test_whoever_failed_is_named_with_a_link_and_the_reason(editor: Client) -> None:
    contact = factories.contact()
    act = bulk_acts.choose(BulkAct.Kind.WITHDRAW, [contact.pk], actor=factories.TESTER, at=factories.NOON)
    bulk_acts.confirm(act, params={}, reason="x", at=factories.NOON)
    bulk_acts.carry_on(act)
    page = editor.get(f"/admin/consent/bulkact/{act.pk}/change/").content.decode()
    assert f"{LIST}{contact.pk}/change/" in page
    assert "has no number" in page


def test_nobody_confirms_what_another_has_chosen(editor: Client) -> None:
    contacts = [factories.contact()]
    page = chosen(editor, "restrict", contacts)
    editor.force_login(factories.user("other", role="Editor"))
    editor.post(page["Location"], {"reason": "x"})
    assert BulkAct.objects.get().state == "draft"


def test_what_somebody_may_not_do_to_one_they_may_not_do_to_many(editor: Client) -> None:
    contacts = [factories.contact()]
    chosen(editor, "erase", contacts)
    assert not BulkAct.objects.exists()
    assert "bulk_erase" not in editor.get(LIST).content.decode()
    act = bulk_acts.choose(BulkAct.Kind.ERASE, [contacts[0].pk], actor=factories.TESTER, at=factories.NOON)
    assert editor.post(f"/admin/consent/bulkact/{act.pk}/confirm/", {"reason": "mistake"}).status_code == 403


def test_a_reason_with_a_number_is_refused(editor: Client) -> None:
    page = chosen(editor, "restrict", [factories.contact()])
    editor.post(page["Location"], {"reason": f"called {factories.number()}"})
    assert BulkAct.objects.get().state == "draft"


def test_whoever_may_not_see_holds_is_told_of_none(editor: Client) -> None:
    contact = factories.contact()
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=contact, reason="claim", placed_at=factories.NOON)
    page = chosen(editor, "restrict", [contact])
    assert "under a legal hold" not in editor.get(page["Location"]).content.decode()
