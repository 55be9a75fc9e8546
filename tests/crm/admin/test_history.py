"""History in the admin: who, when, why and from where; read, and never written."""

import pytest
from django.test import Client
from django.utils import timezone

from consent import retention
from consent.models import Purpose
from crm import intake
from crm.models import Contact, NoOrigin
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(factories.user("root", is_superuser=True))
    return client


def test_the_page_says_who_when_why_and_from_where(root: Client) -> None:
    batch = factories.batch()
    row = intake.Row(profile={"given_name": "Ann"}, numbers=[intake.Number(factories.number())], line=2)
    stored = intake.store(
        row, source=batch.source, batch=batch, actor=factories.TESTER, at=factories.NOON, reason="from the March list"
    )
    intake.restrict(
        Contact.objects.get(), on=True, actor=factories.TESTER, at=timezone.now(), reason="disputes accuracy"
    )
    page = root.get(f"/admin/crm/contact/{stored.contact_id}/history/").content.decode()
    for words in ("March 2, 2026", "tester", "from the March list", "Web", f"Import {batch.pk}", "web_form"):
        assert words in page
    assert "Live → Restricted" in page
    assert "disputes accuracy" in page


def test_a_version_is_shown_and_cannot_be_posted_to(root: Client) -> None:
    contact = factories.point(given_name="Ann").contact
    version = f"/admin/crm/contact/{contact.pk}/history/{contact.history.latest().pk}/"
    page = root.get(version).content.decode()
    assert "Ann" in page
    assert 'name="given_name"' not in page
    assert root.post(version, {"given_name": "Eve"}).status_code == 403
    contact.refresh_from_db()
    assert contact.given_name == "Ann"


@pytest.mark.parametrize("path", ["x/history/", "9999/history/", "1/history/x/", "1/history/9999/"])
def test_a_made_up_address_is_not_found(root: Client, path: str) -> None:
    factories.point()
    assert root.get(f"/admin/crm/contact/{path}").status_code == 404


def test_a_version_of_one_contact_is_not_shown_as_anothers(root: Client) -> None:
    one, other = factories.point().contact, factories.point().contact
    assert root.get(f"/admin/crm/contact/{one.pk}/history/{other.history.latest().pk}/").status_code == 404


def test_an_erased_contact_says_so_and_shows_nothing_of_before(root: Client) -> None:
    contact = factories.point(given_name="Ann").contact
    retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
    page = root.get(f"/admin/crm/contact/{contact.pk}/change/").content.decode()
    assert "erased on" in page
    assert "Ann" not in page


def test_what_is_saved_in_the_admin_is_attributed(root: Client) -> None:
    purpose = factories.purpose()
    data = {"name": "News", "basis": "consent", "channels": ["sms"], "active": "on"}
    root.post(f"/admin/consent/purpose/{purpose.pk}/change/", data | {"change_reason": "calls were too much"})
    row = Purpose.history.filter(id=purpose.pk).latest()
    assert row.channels == ["sms"]
    assert (row.history_user.username, row.history_actor) == ("root", "staff")
    assert (row.history_change_reason, row.history_channel) == ("calls were too much", "admin")


def test_without_a_reason_the_history_says_where_it_was_edited(root: Client) -> None:
    purpose = factories.purpose()
    data = {"name": "Our news", "basis": "consent", "channels": ["sms", "call"], "active": "on"}
    root.post(f"/admin/consent/purpose/{purpose.pk}/change/", data)
    assert Purpose.history.filter(id=purpose.pk).latest().history_change_reason == "edited in admin"


def test_outside_the_admin_nothing_is_saved_without_an_origin() -> None:
    contact = factories.point().contact
    with pytest.raises(NoOrigin):
        contact.save()


def test_who_may_not_see_the_history_is_not_offered_it(client: Client) -> None:
    client.force_login(factories.user("ro", role="Read-only"))
    source = factories.source()
    assert b"/history/" not in client.get(f"/admin/crm/source/{source.pk}/change/").content
    contact = factories.point().contact
    assert b"/history/" in client.get(f"/admin/crm/contact/{contact.pk}/change/").content
