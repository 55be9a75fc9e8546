"""Contacts in the admin: what is typed is stored by intake, whole or not at all, and numbers are seen once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import retention
from crm import intake
from crm.models import Contact, ContactPoint, PhoneNumber, Source
from tests import factories

pytestmark = pytest.mark.django_db

ADD = "/admin/crm/contact/add/"
NUMBER = "+12025550187"
SPOKEN = "(202) 555-0187"


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def form(*numbers: tuple[str, str], **fields: str) -> dict[str, Any]:
    """Return what a browser posts: every field of the profile, and rows of (number, label)."""
    data: dict[str, Any] = dict.fromkeys(Contact.PROFILE, "") | {"change_reason": ""} | fields
    data |= {"points-TOTAL_FORMS": str(len(numbers)), "points-INITIAL_FORMS": "0"}
    data |= {"points-MIN_NUM_FORMS": "0", "points-MAX_NUM_FORMS": "20"}
    for index, (number, label) in enumerate(numbers):
        data |= {f"points-{index}-number": number, f"points-{index}-label": label}
    return data


def change(contact: Contact) -> str:
    return f"/admin/crm/contact/{contact.pk}/change/"


def said(answer: Any) -> str:
    """Return what the page told the person who posted."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def errors(answer: Any) -> dict[str, list[str]]:
    """Return the errors that the page shows, by field."""
    (numbers,) = answer.context["inline_admin_formsets"]
    found = dict(answer.context["adminform"].form.errors)
    for row in numbers.formset.forms:
        found |= {f"{row.prefix}-{name}": told for name, told in row.errors.items()}
    return found


class TestAdding:
    def test_a_person_with_two_numbers_comes_in_by_one_intake(self, editor: Client) -> None:
        answer = editor.post(
            ADD,
            form((SPOKEN, "home"), ("+44 20 7946 0123", ""), given_name="Ann", country="US", change_reason="rang us"),
        )
        assert answer.status_code == 302
        contact: Any = Contact.objects.get()
        assert [point.line.e164 for point in contact.points.all()] == [NUMBER, "+442079460123"]
        assert [point.label for point in contact.points.all()] == ["home", ""]
        assert contact.points.get(is_primary=True).line.e164 == NUMBER

    def test_the_history_says_who_why_and_from_where(self, editor: Client) -> None:
        editor.post(ADD, form((NUMBER, ""), given_name="Ann", change_reason="rang us"))
        (row,) = Contact.history.all()
        assert row.history_user.username == "ed"
        assert (row.history_actor, row.history_change_reason) == ("staff", "rang us")
        assert row.history_source == Source.objects.get(slug="staff")

    def test_a_number_that_is_none_is_told_at_its_row_and_nothing_is_stored(self, editor: Client) -> None:
        answer = editor.post(ADD, form((NUMBER, ""), ("555", ""), given_name="Ann", country="US"))
        assert answer.status_code == 200
        assert list(errors(answer)) == ["points-1-number"]
        assert not Contact.objects.exists()
        assert not PhoneNumber.objects.exists()
        assert not LogEntry.objects.exists()

    def test_a_number_in_a_text_or_a_label_is_refused_there(self, editor: Client) -> None:
        answer = editor.post(ADD, form((NUMBER, f"or {NUMBER}"), given_name="Ann", notes=f"ring {NUMBER} at night"))
        assert set(errors(answer)) == {"notes", "points-0-label"}
        assert not Contact.objects.exists()

    def test_a_number_in_the_reason_is_refused(self, editor: Client) -> None:
        answer = editor.post(ADD, form(given_name="Ann", change_reason=f"she rang from {NUMBER}"))
        assert list(errors(answer)) == ["change_reason"]
        assert not Contact.objects.exists()

    def test_an_erased_number_is_refused_at_its_row_without_being_repeated(self, editor: Client) -> None:
        old = factories.point(NUMBER)
        retention.erase(old.contact, reason="request", actor=factories.TESTER, at=timezone.now())
        answer = editor.post(ADD, form((SPOKEN, ""), given_name="Ann", country="US"))
        told = errors(answer)["points-0-number"]
        assert told == ["This number was erased; only its owner's own new consent brings it back."]
        assert Contact.objects.filter(status="live").count() == 0
        assert PhoneNumber.objects.filter(number__isnull=False).count() == 0

    def test_nothing_typed_is_nobody(self, editor: Client) -> None:
        assert "__all__" in errors(editor.post(ADD, form()))
        assert not Contact.objects.exists()

    def test_a_person_who_is_here_already_is_added_to_and_staff_are_told(self, editor: Client) -> None:
        there = factories.point(NUMBER, given_name="Ann", organisation="Acme").contact
        answer = editor.post(ADD, form((NUMBER, ""), given_name="Ann", email="ann@example.com"))
        assert answer["Location"] == change(there)
        assert "was here already" in said(answer)
        there.refresh_from_db()
        assert (there.organisation, there.email) == ("Acme", "ann@example.com")
        assert Contact.objects.count() == 1

    def test_the_log_names_no_number(self, editor: Client) -> None:
        editor.post(ADD, form((NUMBER, "home"), given_name="Ann"))
        (entry,) = LogEntry.objects.all()
        assert "0187" not in entry.object_repr + entry.change_message


class TestChanging:
    def test_only_what_was_changed_is_written(self, editor: Client) -> None:
        contact = factories.point(given_name="Ann", family_name="Lee").contact
        editor.post(change(contact), form(given_name="Anna", family_name="Lee"))
        contact.refresh_from_db()
        assert (contact.given_name, contact.family_name) == ("Anna", "Lee")
        assert contact.history.count() == 2

    def test_a_field_can_be_emptied(self, editor: Client) -> None:
        contact = factories.point(given_name="Ann", notes="likes tea").contact
        editor.post(change(contact), form(given_name="Ann"))
        contact.refresh_from_db()
        assert contact.notes == ""

    def test_a_second_number_joins_the_first(self, editor: Client) -> None:
        contact = factories.point(given_name="Ann").contact
        editor.post(change(contact), form((NUMBER, "work"), given_name="Ann"))
        assert contact.points.count() == 2
        assert not contact.points.get(label="work").is_primary

    def test_a_bad_row_leaves_the_profile_as_it_was(self, editor: Client) -> None:
        contact = factories.point(given_name="Ann").contact
        answer = editor.post(change(contact), form(("=1+1", ""), given_name="Anna"))
        assert list(errors(answer)) == ["points-0-number"]
        contact.refresh_from_db()
        assert contact.given_name == "Ann"

    def test_a_number_is_shown_masked_and_never_in_full(self, editor: Client) -> None:
        contact = factories.point(NUMBER, given_name="Ann").contact
        for page in (change(contact), "/admin/crm/contact/", f"/admin/crm/contact/{contact.pk}/history/"):
            content = editor.get(page).content.decode()
            assert "2025550187" not in content
            assert "555-0187" not in content
        assert "+1 •••• ••0187" in editor.get(change(contact)).content.decode()

    def test_rows_of_old_numbers_that_are_posted_anyway_change_nothing(self, editor: Client) -> None:
        point = factories.point(NUMBER, given_name="Ann")
        data = form(given_name="Ann") | {
            "points-TOTAL_FORMS": "1",
            "points-INITIAL_FORMS": "1",
            "points-0-id": str(point.pk),
            "points-0-contact": str(point.contact_id),
            "points-0-label": "stolen",
            "points-0-DELETE": "on",
        }
        editor.post(change(point.contact), data)
        point.refresh_from_db()
        assert (point.label, point.until) == ("", None)


class TestStaleForms:
    def test_a_form_that_was_opened_before_the_erasure_brings_nothing_back(self, editor: Client) -> None:
        point = factories.point(NUMBER, given_name="Ann", email="ann@example.com")
        editor.get(change(point.contact))
        retention.erase(point.contact, reason="request", actor=factories.TESTER, at=timezone.now())
        answer = editor.post(change(point.contact), form((NUMBER, ""), given_name="Ann", email="ann@example.com"))
        assert answer.status_code == 302
        assert "Nothing was saved: this contact was erased on" in said(answer)
        contact = Contact.objects.get(pk=point.contact_id)
        assert (contact.status, contact.given_name, contact.email) == ("erased", "", "")
        assert contact.history.count() == 0
        assert PhoneNumber.objects.get().number is None

    def test_an_erasure_in_the_last_moment_is_seen_under_the_lock(
        self, editor: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        point = factories.point(NUMBER, given_name="Ann")
        store = intake.store

        def erased_first(row: intake.Row, **how: Any) -> intake.Stored:
            retention.erase(point.contact, reason="request", actor=factories.TESTER, at=timezone.now())
            return store(row, **how)

        monkeypatch.setattr(intake, "store", erased_first)
        answer = editor.post(change(point.contact), form(given_name="Anna"))
        assert answer.status_code == 200
        assert "erased" in str(errors(answer))
        assert not Contact.objects.filter(given_name="Anna").exists()

    def test_a_number_that_was_erased_meanwhile_does_not_come_back_with_a_stale_form(self, editor: Client) -> None:
        contact = factories.contact([NUMBER, "+12025550188"], given_name="Ann")
        going = contact.points.get(is_primary=True)
        intake.end(going, actor=factories.TESTER, at=timezone.now(), reason="test")
        factories.policy("superseded")
        retention.run(as_of=timezone.now() + timedelta(days=1), actor=factories.TESTER)
        data = form(given_name="Anna") | {
            "points-TOTAL_FORMS": "2",
            "points-INITIAL_FORMS": "2",
            "points-0-id": str(going.pk),
            "points-0-label": "home",
        }
        editor.post(change(contact), data)
        going.refresh_from_db()
        contact.refresh_from_db()
        assert contact.given_name == "Anna"
        assert (going.line_id, going.label) == (None, "")

    def test_typing_the_erased_number_anew_is_refused(self, editor: Client) -> None:
        contact = factories.contact([NUMBER, "+12025550188"], given_name="Ann")
        intake.end(contact.points.get(is_primary=True), actor=factories.TESTER, at=timezone.now(), reason="test")
        factories.policy("superseded")
        retention.run(as_of=timezone.now() + timedelta(days=1), actor=factories.TESTER)
        answer = editor.post(change(contact), form((NUMBER, ""), given_name="Ann"))
        assert "only its owner's own new consent" in str(errors(answer))
        assert contact.points.filter(erased_at=None).count() == 1


class TestActs:
    def act(self, editor: Client, contact: Contact, name: str, **data: Any) -> Any:
        return editor.post(f"/admin/crm/contact/{contact.pk}/{name}/", data)

    def test_a_replaced_number_ends_and_the_new_one_is_primary(self, editor: Client) -> None:
        point: Any = factories.point(given_name="Ann")
        answer = self.act(
            editor, point.contact, "replace-number", point=point.pk, number=NUMBER, label="new", reason="moved"
        )
        assert answer.status_code == 302
        point.refresh_from_db()
        assert point.until is not None
        assert point.superseded_by.line.e164 == NUMBER
        assert point.superseded_by.is_primary
        assert "0187" not in said(answer) + "".join(LogEntry.objects.values_list("change_message", flat=True))

    @pytest.mark.parametrize(("number", "told"), [("nonsense", "letters"), (NUMBER, "already there")])
    def test_a_number_that_cannot_replace_is_told_at_the_field(self, editor: Client, number: str, told: str) -> None:
        point = factories.point(NUMBER)
        answer = self.act(editor, point.contact, "replace-number", point=point.pk, number=number, reason="moved")
        assert answer.status_code == 200
        assert told in str(answer.context["form"].errors["number"])
        point.refresh_from_db()
        assert point.until is None

    def test_an_erased_number_cannot_replace(self, editor: Client) -> None:
        old, point = factories.point(NUMBER), factories.point()
        retention.erase(old.contact, reason="request", actor=factories.TESTER, at=timezone.now())
        answer = self.act(editor, point.contact, "replace-number", point=point.pk, number=NUMBER, reason="moved")
        assert "own new consent" in str(answer.context["form"].errors["number"])

    def test_a_number_of_somebody_else_cannot_be_ended_from_here(self, editor: Client) -> None:
        mine, theirs = factories.point(), factories.point()
        answer = self.act(editor, mine.contact, "end-number", point=theirs.pk, reason="x")
        assert answer.status_code == 200
        theirs.refresh_from_db()
        assert theirs.until is None

    def test_a_number_is_ended_with_a_reason(self, editor: Client) -> None:
        point = factories.point()
        assert self.act(editor, point.contact, "end-number", point=point.pk).status_code == 200
        assert self.act(editor, point.contact, "end-number", point=point.pk, reason="moved").status_code == 302
        assert ContactPoint.history.filter(id=point.pk).latest().history_change_reason == "moved"

    def test_a_contact_is_restricted_and_freed_again(self, editor: Client) -> None:
        contact = factories.point().contact
        self.act(editor, contact, "restrict", reason="disputes it")
        contact.refresh_from_db()
        assert contact.status == "restricted"
        answer = self.act(editor, contact, "restrict", reason="again")
        assert "already" in said(answer)
        self.act(editor, contact, "lift-restriction", reason="settled")
        contact.refresh_from_db()
        assert contact.status == "live"

    def test_a_look_at_the_page_does_nothing(self, editor: Client) -> None:
        point = factories.point()
        for name in ("replace-number", "end-number", "restrict"):
            answer = editor.get(f"/admin/crm/contact/{point.contact_id}/{name}/?point={point.pk}&reason=x")
            assert answer.status_code == 200
        assert point.contact.history.count() == 1

    def test_without_the_csrf_token_nothing_happens(self) -> None:
        contact = factories.point().contact
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(factories.user("ed", role="Editor"))
        assert strict.post(f"/admin/crm/contact/{contact.pk}/restrict/", {"reason": "x"}).status_code == 403

    def test_an_erased_contact_offers_no_acts(self, editor: Client) -> None:
        contact = factories.point().contact
        retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
        assert editor.get(change(contact)).context["actions_detail"] == []
        assert "was erased" in said(self.act(editor, contact, "restrict", reason="x"))


class TestList:
    def test_a_number_is_not_searched_for_by_address(self, editor: Client) -> None:
        factories.point(NUMBER)
        for spelling in (NUMBER, SPOKEN, "202 555 0187", "12025550187"):
            answer = editor.get("/admin/crm/contact/", {"q": spelling})
            assert (answer.status_code, answer["Location"]) == (302, "/admin/crm/contact/")
            assert "0187" not in said(answer)

    def test_names_and_addresses_are_found(self, editor: Client) -> None:
        factories.point(given_name="Ann", email="ann1234567@example.com")
        factories.point(given_name="Bo")
        for term in ("ann", "ann1234567@example.com"):
            answer = editor.get("/admin/crm/contact/", {"q": term})
            assert [str(contact) for contact in answer.context["cl"].result_list] == ["Ann"]

    def test_the_list_costs_the_same_at_any_size(self, editor: Client) -> None:
        counts = []
        for size in (3, 12):
            for _each in range(size):
                factories.point()
            with CaptureQueriesContext(connection) as queries:
                editor.get("/admin/crm/contact/")
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert counts[0] <= 12

    def test_filters_ask_the_table_for_no_choices(self, editor: Client) -> None:
        factories.point(given_name="Ann", country="US")
        factories.point(given_name="Bo", country="DE")
        with CaptureQueriesContext(connection) as queries:
            answer = editor.get("/admin/crm/contact/", {"country": "US"})
        assert [str(contact) for contact in answer.context["cl"].result_list] == ["Ann"]
        assert not any("DISTINCT" in query["sql"] for query in queries)

    def test_an_erased_contact_is_shown_as_such(self, editor: Client) -> None:
        contact = factories.point(given_name="Ann").contact
        retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
        content = editor.get("/admin/crm/contact/").content.decode()
        assert "erased on" in content
        assert "Ann" not in content


def test_autocomplete_does_not_look_for_numbers(client: Client) -> None:
    client.force_login(factories.user("root", is_superuser=True))
    factories.point(NUMBER, given_name="Ann")
    query = {"app_label": "consent", "model_name": "legalhold", "field_name": "contact"}
    found = {
        term: json.loads(client.get("/admin/autocomplete/", query | {"term": term}).content)["results"]
        for term in ("ann", "0187187", SPOKEN)
    }
    assert [len(results) for results in found.values()] == [1, 0, 0]
