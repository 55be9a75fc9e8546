"""What staff write down for people's rights: requests, disclosures, and the link to a page of their own."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from consent import preferences
from consent.models import Disclosure, PreferenceToken, SubjectRequest
from consent.retention import erase
from tests import capturing, factories

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"
REQUESTS = "/admin/consent/subjectrequest/"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


class TestRequests:
    def test_a_request_is_recorded_on_the_contact(self, officer: Client) -> None:
        person = factories.contact()
        data = {"kind": "erasure", "came_by": "letter", "when": "2026-03-02T12:00"}

        answer = officer.post(f"/admin/crm/contact/{person.pk}/record-request/", data)

        asked = SubjectRequest.objects.get()
        assert (asked.contact, asked.kind, asked.came_by, asked.received_at) == (
            person,
            "erasure",
            "letter",
            factories.NOON,
        )
        assert f"Request {asked.pk} is open" in said(answer)

    @pytest.mark.parametrize(("days", "badge"), [(1, "open"), (29 - 10, "open"), (40, "overdue")])
    def test_the_list_says_until_when_and_what_is_overdue(self, officer: Client, days: int, badge: str) -> None:
        capturing.subject_request(received_at=timezone.now() - timedelta(days=days))
        assert f">{badge}</span>" in officer.get(REQUESTS).content.decode()

    @pytest.mark.parametrize(("act", "state"), [("done", "done"), ("refuse", "refused")])
    def test_it_is_closed_once_with_what_was_done(self, officer: Client, act: str, state: str) -> None:
        asked = capturing.subject_request(received_at=factories.NOON)
        url = f"{REQUESTS}{asked.pk}/"

        officer.post(f"{url}{act}/", {"answer": "Copy sent by post."})

        asked.refresh_from_db()
        assert (asked.state, asked.answer, asked.closed_by) == (state, "Copy sent by post.", factories.user("ola"))
        assert "closed already" in said(officer.post(f"{url}done/", {"answer": "Again."}))
        page = officer.get(f"{url}change/").content.decode()
        assert f"{url}done/" not in page
        assert "overdue" not in page

    @pytest.mark.parametrize("answer", ["", f"Told at {NUMBER}."])
    def test_an_answer_says_something_without_a_number(self, officer: Client, answer: str) -> None:
        asked = capturing.subject_request()
        form = officer.post(f"{REQUESTS}{asked.pk}/done/", {"answer": answer}).context["form"]
        assert "answer" in form.errors
        asked.refresh_from_db()
        assert asked.state == "open"


class TestDisclosures:
    def test_a_disclosure_is_recorded_on_the_contact(self, officer: Client) -> None:
        person, news = factories.contact(), factories.purpose()
        data = {"recipient": "Couriers Ltd", "purpose": news.pk, "when": "2026-03-02T12:00", "note": "parcel"}

        officer.post(f"/admin/crm/contact/{person.pk}/record-disclosure/", data)

        given = Disclosure.objects.get()
        assert (given.contact, given.recipient, given.purpose, given.at) == (
            person,
            "Couriers Ltd",
            news,
            factories.NOON,
        )
        assert (given.note, given.actor_name, given.actor_user) == ("parcel", "staff", factories.user("ola"))

    @pytest.mark.parametrize("wrong", [{"recipient": ""}, {"recipient": f"Bo {NUMBER}"}, {"note": NUMBER}])
    def test_a_recipient_is_named_and_no_number(self, officer: Client, wrong: dict[str, str]) -> None:
        person = factories.contact()
        data = {"recipient": "Couriers Ltd"} | wrong
        answer = officer.post(f"/admin/crm/contact/{person.pk}/record-disclosure/", data)
        assert set(answer.context["form"].errors) == set(wrong)
        assert not Disclosure.objects.exists()


class TestLinks:
    def test_a_link_is_shown_once_and_opens_the_point(self, client: Client) -> None:
        client.force_login(factories.user("ed", role="Editor"))
        point = factories.point(NUMBER)

        answer = client.post(f"/admin/crm/contact/{point.contact_id}/preference-link/", {"point": point.pk})

        shown = answer.context["secret"].text
        token = shown.rstrip("/").rpartition("/")[2]
        assert shown in answer.content.decode()
        assert "no-store" in answer["Cache-Control"]
        assert preferences.find(token, at=timezone.now()).point == point
        assert PreferenceToken.objects.get().point == point
        assert not list(get_messages(answer.wsgi_request))
        assert token not in "".join(LogEntry.objects.values_list("change_message", flat=True))

    def test_looking_at_the_page_makes_none(self, officer: Client) -> None:
        point = factories.point(NUMBER)
        officer.get(f"/admin/crm/contact/{point.contact_id}/preference-link/")
        assert not PreferenceToken.objects.exists()


@pytest.mark.parametrize("act", ["opt-out", "preference-link", "record-request", "record-disclosure"])
def test_nothing_is_written_down_for_an_erased_contact(officer: Client, act: str) -> None:
    person = factories.contact([NUMBER])
    erase(person, reason="request", actor=factories.TESTER, at=factories.NOON)
    assert "erased" in said(officer.post(f"/admin/crm/contact/{person.pk}/{act}/", {"heard": "opt-out in a shop"}))
    assert not any(model.objects.exists() for model in (SubjectRequest, Disclosure, PreferenceToken))
