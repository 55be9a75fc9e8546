"""History in the admin: who, when, why and from where; read, and never written."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import retention
from consent.models import LegalHold, Purpose
from crm import intake
from crm.models import Contact, ContactPoint, NoOrigin, attributed_to
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
    for words in ("March 2, 2026", "tester", "from the March list", "Web", f"Import {batch.pk}", "Web form"):
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


def test_what_changed_is_told_in_labels_and_names_and_never_in_ids_or_numbers(root: Client) -> None:
    contact = factories.contact(["+12025550187"], given_name="Ann")
    point = contact.points.get()
    intake.replace(
        point, intake.Number("+12025550188"), actor=factories.TESTER, at=factories.NOON, reason="", region=""
    )
    page = root.get(f"/admin/crm/contactpoint/{point.pk}/history/").content.decode()
    assert "Superseded by:</strong> — → +1 •••• ••0188" in page
    assert "Primary:</strong> yes → no" in page
    assert "5550187" not in page
    with attributed_to(factories.origin()):
        hold = LegalHold.objects.create(contact=contact, reason="claim", placed_at=factories.NOON)
        hold.author = User.objects.get(username="root")
        hold.save()
    assert "Author:</strong> — → root" in root.get(f"/admin/consent/legalhold/{hold.pk}/history/").content.decode()


def test_the_oldest_version_on_a_page_says_what_changed_too(root: Client) -> None:
    contact = factories.contact(given_name="Ann")
    for number in range(60):
        row = intake.Row(profile={"given_name": f"Ann {number}"}, numbers=[], contact_id=contact.pk)
        at = factories.NOON + timedelta(days=number)
        intake.store(row, source=factories.source(), actor=factories.TESTER, at=at, reason="again")
    first = root.get(f"/admin/crm/contact/{contact.pk}/history/").content.decode()
    assert first.count('<strong class="font-medium">Given name') == 50
    assert "Ann 9 → Ann 10" in first
    assert "?p=2" in first
    assert "Ann → Ann 0" in root.get(f"/admin/crm/contact/{contact.pk}/history/?p=2").content.decode()


def test_the_page_takes_as_many_queries_for_many_versions_as_for_few(root: Client) -> None:
    def queries(changes: int) -> int:
        contact = factories.contact([factories.number()], given_name="Ann")
        for number in range(changes):
            row = intake.Row(profile={"given_name": f"Ann {number}"}, numbers=[], contact_id=contact.pk)
            intake.store(row, source=factories.source(), actor=factories.TESTER, at=factories.NOON, reason="again")
        with CaptureQueriesContext(connection) as asked:
            root.get(f"/admin/crm/contact/{contact.pk}/history/")
        return len(asked)

    queries(1)
    assert queries(40) <= queries(3)


def test_what_was_erased_says_when_and_under_what(root: Client) -> None:
    point = factories.point(given_name="Ann")
    contact = point.contact
    retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
    for address in (f"contact/{contact.pk}/history/", f"contactpoint/{point.pk}/history/"):
        page = root.get(f"/admin/crm/{address}").content.decode()
        assert "The person asked for it (GDPR 17) (receipt" in page, address


def test_an_anonymised_version_says_in_the_place_of_each_value_under_which_policy_it_went(root: Client) -> None:
    point = factories.point(given_name="Ann", at=factories.NOON - timedelta(days=900))
    factories.policy("last_interaction", action="anonymize", after_days=30)
    retention.run(as_of=timezone.now(), actor=factories.TESTER)
    row = ContactPoint.history.filter(id=point.pk).latest()
    page = root.get(f"/admin/crm/contactpoint/{point.pk}/history/{row.pk}/").content.decode()
    assert "under last_interaction-anonymize (receipt" in page
    assert page.count("under last_interaction-anonymize") >= 4
