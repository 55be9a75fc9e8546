"""Two who edit the same: whoever saves second is told what the first has changed, and loses nothing that they typed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent.models import LegalHold, Purpose
from crm import intake
from crm.models import Actor, Contact, Origin, Source, Tag, attributed_to
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    client = Client()
    client.force_login(factories.user("ed", role="Editor"))
    return client


def filled_in(page: Any) -> dict[str, Any]:
    """Return what the browser would send for a form as it was served."""
    context = page.context_data
    inlines = [inline.formset.management_form for inline in context["inline_admin_formsets"]]
    data: dict[str, Any] = {"_version": context["version"]}
    for form in (context["adminform"].form, *inlines):
        for field in form:
            value = field.value()
            if value is not False and value is not None:
                data[field.html_name] = value
    return data


def opened(client: Client, path: str) -> dict[str, Any]:
    """Return what the browser would send for the form as it is now."""
    return filled_in(client.get(path))


def change(contact: Contact, *, by: str = "other", **profile: str) -> None:
    """Let somebody else change the profile."""
    row = intake.Row(profile=profile, numbers=[], contact_id=contact.pk)
    at, reason = timezone.now(), "heard on the phone"
    intake.store(row, source=Source.objects.for_staff(), actor=_staff(by), at=at, reason=reason)


def _staff(name: str) -> Actor:
    return Actor.staff(factories.user(name))


def test_a_stale_form_saves_nothing_and_says_who_changed_what(editor: Client) -> None:
    contact = factories.contact(given_name="Ann", family_name="Lee")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    form = opened(editor, path)
    change(contact, family_name="Poe")

    answer: Any = editor.post(path, form | {"given_name": "Anna"})

    contact.refresh_from_db()
    assert (contact.given_name, contact.family_name) == ("Ann", "Poe")
    assert answer.status_code == 200
    page = answer.content.decode()
    for words in ("By other", "heard on the phone", "Lee → Poe", "Nothing was saved"):
        assert words in page


def test_what_was_typed_is_kept_and_what_was_left_alone_is_brought_up_to_date(editor: Client) -> None:
    contact = factories.contact(given_name="Ann", family_name="Lee", notes="x")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    form = opened(editor, path)
    change(contact, family_name="Poe")

    answer: Any = editor.post(path, form | {"given_name": "Anna", "points-0-number": ""})
    again = filled_in(answer)
    assert (again["given_name"], again["family_name"]) == ("Anna", "Poe")

    assert editor.post(path, again).status_code == 302
    contact.refresh_from_db()
    assert (contact.given_name, contact.family_name, contact.notes) == ("Anna", "Poe", "x")


def test_what_both_have_changed_is_named_with_what_stands_now(editor: Client) -> None:
    contact = factories.contact(given_name="Ann")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    form = opened(editor, path)
    change(contact, given_name="Anne")

    answer: Any = editor.post(path, form | {"given_name": "Anna"})

    assert answer.context_data["stale"].clashes == [("Given name", "Anne")]
    assert filled_in(answer)["given_name"] == "Anna"


def test_a_number_that_was_typed_into_a_stale_form_is_kept(editor: Client) -> None:
    contact = factories.contact(given_name="Ann")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    form = opened(editor, path)
    change(contact, given_name="Anne")
    number = factories.number()

    answer: Any = editor.post(
        path, form | {"points-TOTAL_FORMS": "1", "points-0-number": number, "points-0-label": "home"}
    )

    assert number in answer.content.decode()
    assert not contact.points.exists()


def test_a_form_that_nobody_has_overtaken_is_saved(editor: Client) -> None:
    contact = factories.contact(given_name="Ann")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    assert editor.post(path, opened(editor, path) | {"given_name": "Anna"}).status_code == 302
    contact.refresh_from_db()
    assert contact.given_name == "Anna"


@pytest.mark.parametrize("made_up", ["crm.contact:1:1:", "x", "crm.contact:1:99999::YWJj"])
def test_a_version_that_we_did_not_sign_is_stale(editor: Client, made_up: str) -> None:
    contact = factories.contact(given_name="Ann")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    answer: Any = editor.post(path, opened(editor, path) | {"given_name": "Eve", "_version": made_up})
    contact.refresh_from_db()
    assert (answer.status_code, contact.given_name) == (200, "Ann")


def test_the_version_of_one_contact_does_not_do_for_another(editor: Client) -> None:
    one, other = factories.contact(given_name="Ann"), factories.contact(given_name="Bo")
    form = opened(editor, f"/admin/crm/contact/{one.pk}/change/")
    path = f"/admin/crm/contact/{other.pk}/change/"
    answer: Any = editor.post(path, opened(editor, path) | {"given_name": "Eve", "_version": form["_version"]})
    other.refresh_from_db()
    assert (answer.status_code, other.given_name) == (200, "Bo")


def test_a_save_that_finds_anothers_change_under_the_locks_is_taken_back_and_looks_again(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = factories.contact(given_name="Ann", family_name="Lee")
    path = f"/admin/crm/contact/{contact.pk}/change/"
    form = opened(editor, path)
    store: Any = intake.store
    tries: list[int] = []

    def store_late(*args: Any, **values: Any) -> Any:
        if not tries:
            tries.append(1)
            # In one transaction with the save, so it is taken back with it: the second look finds nothing changed.
            change(contact, family_name="Poe")
            monkeypatch.setattr(intake, "store", store)
        return store(*args, **values)

    monkeypatch.setattr(intake, "store", store_late)
    answer: Any = editor.post(path, form | {"given_name": "Anna"})
    contact.refresh_from_db()
    assert tries == [1]
    assert (answer.status_code, contact.given_name) == (302, "Anna")


@pytest.mark.parametrize("kind", ["purpose", "source", "policy", "hold"])
def test_every_form_with_a_history_is_guarded(kind: str, client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    with attributed_to(factories.origin()):
        hold = LegalHold.objects.create(source=factories.source(), reason="claim", placed_at=factories.NOON)
    makers: dict[str, Callable[[], Any]] = {
        "purpose": factories.purpose,
        "source": factories.source,
        "policy": factories.policy,
        "hold": lambda: hold,
    }
    made = makers[kind]()
    path = f"/admin/{made._meta.app_label}/{made._meta.model_name}/{made.pk}/change/"
    form = opened(client, path)
    with attributed_to(Origin(_staff("other"), timezone.now(), "renamed")):
        setattr(made, "reason" if kind == "hold" else "name", "Another")
        made.save()

    answer: Any = client.post(path, form)

    assert answer.status_code == 200
    assert "Another" in answer.content.decode()
    assert answer.context_data["stale"].edits[0].who == "other"
    assert type(made).objects.get(pk=made.pk).history.count() == 2


def test_what_the_history_does_not_follow_counts_too(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    purpose = factories.purpose()
    path = f"/admin/consent/purpose/{purpose.pk}/change/"
    form = opened(client, path)
    purpose.permitted_sources.add(factories.source("other"))
    assert client.post(path, form | {"permitted_sources": []}).status_code == 200
    assert Purpose.objects.get().permitted_sources.count() == 1


def test_a_form_without_a_history_is_guarded_by_what_it_holds(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    tag = factories.tag()
    path = f"/admin/crm/tag/{tag.pk}/change/"
    form = opened(client, path)
    Tag.objects.update(name="Helpers")
    answer: Any = client.post(path, form | {"name": "People"})
    assert answer.context_data["stale"].clashes == [("Name", "Helpers")]
    assert Tag.objects.get().name == "Helpers"


def test_an_act_is_not_done_when_what_it_would_do_has_changed(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    contact = factories.contact([factories.number()])
    path = f"/admin/crm/contact/{contact.pk}/erase/"
    page: Any = client.get(path)
    version = page.context_data["version"]
    row = intake.Row(profile={}, numbers=[intake.Number(factories.number())], contact_id=contact.pk)
    intake.store(row, source=factories.source(), actor=factories.TESTER, at=timezone.now(), reason="one more")

    answer: Any = client.post(path, {"reason": "request", "_version": version})

    contact.refresh_from_db()
    assert (answer.status_code, contact.erased_at) == (200, None)
    assert "has changed since you opened this page" in answer.content.decode()
    assert client.post(path, {"reason": "request", "_version": answer.context_data["version"]}).status_code == 302


def test_a_chosen_thing_that_was_left_alone_is_brought_up_to_date(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    policy, tag = factories.policy(), factories.tag()
    path = f"/admin/consent/retentionpolicy/{policy.pk}/change/"
    form = opened(client, path)
    with attributed_to(Origin(_staff("other"), timezone.now(), "only volunteers")):
        policy.tag, policy.active = tag, False
        policy.save()

    answer: Any = client.post(path, form | {"name": "Mine"})
    again = answer.context_data["adminform"].form.data
    assert (again["name"], again["tag"], again.get("active")) == ("Mine", str(tag.pk), None)
