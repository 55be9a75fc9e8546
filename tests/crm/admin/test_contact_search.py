"""The search box of the contacts posts: a number comes back as a token, a name as itself, and the filters stay."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from consent import retention
from crm.models import NumberSearch
from tests import factories

pytestmark = pytest.mark.django_db
LIST = "/admin/crm/contact/"
SEARCH = f"{LIST}search/"
NUMBER = "+442079460123"


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def found(client: Client, text: str, **posted: str) -> list[str]:
    answer = client.post(SEARCH, {"find": text} | posted, follow=True)
    assert answer.status_code == 200
    return [str(contact) for contact in answer.context["cl"].result_list]


def told(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.mark.parametrize("text", [NUMBER, "0044 20 7946 0123", "020 7946 0123", "0123", "46 01 23"])
def test_a_number_in_any_spelling_finds_its_contact_and_stands_in_no_address(
    editor: Client, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    factories.source("shop", default_region="GB")
    factories.point(NUMBER, given_name="Ann")
    factories.point(given_name="Bo")
    with caplog.at_level(logging.DEBUG):
        answer = editor.post(SEARCH, {"find": text})
    token = NumberSearch.objects.get().token
    assert answer["Location"] == f"{LIST}?found={token}"
    assert found(editor, text) == ["Ann"]
    page = editor.get(answer["Location"])
    kept = [str(NumberSearch.objects.values()), *(str(each.get_decoded()) for each in Session.objects.all())]
    for place in (caplog.text, told(page), page.content.decode(), *kept):
        assert "79460123" not in place.replace(" ", "")
        assert text == "0123" or text not in place


def test_everybody_at_the_line_is_found_and_who_was_there_before(editor: Client) -> None:
    factories.point(NUMBER, given_name="Ann")
    factories.point(NUMBER, given_name="Bo")
    before = factories.point(NUMBER, given_name="Cy")
    type(before).objects.filter(pk=before.pk).update(until=timezone.now())
    assert found(editor, NUMBER) == ["Cy", "Bo", "Ann"]


@pytest.mark.parametrize("text", ["ann", "Lee", "ann lee", "ANN1234567@ex", "ann1234567@example.com", "acme"])
def test_a_name_or_an_address_is_searched_for_by_its_beginnings(editor: Client, text: str) -> None:
    profile: dict[str, Any] = {"email": "ann1234567@example.com", "organisation": "Acme Ltd"}
    factories.point(given_name="Ann", family_name="Lee", **profile)
    factories.point(given_name="Bo", family_name="Lea")
    assert found(editor, text) == ["Ann Lee"]
    assert editor.post(SEARCH, {"find": text})["Location"].startswith(f"{LIST}?q=")


def test_a_number_beside_a_name_is_refused_and_nothing_is_searched(editor: Client) -> None:
    factories.source("shop", default_region="GB")
    answer = editor.post(SEARCH, {"find": "Ann, 5550187187"})
    assert answer["Location"] == LIST
    assert "not for both" in told(answer)
    assert "187" not in told(answer)


def test_the_filters_that_stood_stay_and_the_search_before_goes(editor: Client) -> None:
    factories.point(NUMBER, given_name="Ann", country="GB")
    factories.point(NUMBER, given_name="Bo", country="DE")
    kept = {"kept": f"?country=GB&found=old&q=an&tag={NUMBER[1:]}"}
    answer = editor.post(SEARCH, {"find": "ann"} | kept)
    assert answer["Location"] == f"{LIST}?country=GB&q=ann"
    assert found(editor, NUMBER, **kept) == ["Ann"]
    assert editor.post(SEARCH, {"find": " "} | kept)["Location"] == f"{LIST}?country=GB"


def test_what_somebody_else_has_found_shows_nobody(editor: Client) -> None:
    factories.point(NUMBER, given_name="Ann")
    address = editor.post(SEARCH, {"find": NUMBER})["Location"]
    assert len(editor.get(address).context["cl"].result_list) == 1
    editor.force_login(factories.user("other", role="Editor"))
    assert list(editor.get(address).context["cl"].result_list) == []


def test_of_an_erased_number_it_is_said_that_we_do_not_hold_it(editor: Client) -> None:
    point = factories.point(NUMBER)
    retention.erase(point.contact, reason="request", actor=factories.TESTER, at=timezone.now())
    answer = editor.post(SEARCH, {"find": NUMBER})
    assert "was erased" in told(answer)
    assert found(editor, NUMBER) == []


def test_the_search_box_posts_and_keeps_the_filters(editor: Client) -> None:
    content = editor.get(LIST, {"country": "GB", "q": "ann"}).content.decode()
    assert f'method="post" action="{SEARCH}"' in content
    assert 'name="kept" value="?country=GB"' in content
    assert 'name="q"' not in content.split("</form>")[0]


def test_a_search_is_posted_with_a_csrf_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.user("ed", role="Editor"))
    assert client.post(SEARCH, {"find": "ann"}).status_code == 403


def test_who_searches_for_numbers_all_too_often_is_asked_to_wait(
    editor: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SEARCHES_PER_HOUR = 2
    factories.point(NUMBER, given_name="Ann")
    assert [found(editor, "0123") for _ in range(2)] == [["Ann"], ["Ann"]]
    answer = editor.post(SEARCH, {"find": NUMBER, "kept": "?held=1"})
    assert answer["Location"] == f"{LIST}?held=1"
    assert "2 numbers within an hour" in told(answer)
    assert NumberSearch.objects.count() == 2
    assert "reached the limit" in caplog.text
    assert found(editor, "Ann") == ["Ann"]
    NumberSearch.objects.update(made_at=timezone.now() - timedelta(hours=1))
    assert found(editor, "0123") == ["Ann"]
