"""Saved views: filters under a name, one's own or shared, without any search in them."""

from typing import Any

import pytest
from django.test import Client

from crm.models import SavedView
from tests import factories

pytestmark = pytest.mark.django_db
VIEWS = "/admin/crm/contact/views/"
LIST = "/admin/crm/contact/"


@pytest.fixture
def editor(client: Client) -> Client:
    client.force_login(factories.user("ed", role="Editor"))
    return client


def offered(client: Client, **filters: str) -> dict[str, str]:
    return {view["name"]: view["address"] for view in client.get(LIST, filters).context["cl"].views}


def save(client: Client, name: str, query: str = "?country=GB", **posted: str) -> Any:
    return client.post(VIEWS + query, {"name": name, "do": "save"} | posted)


def test_the_filters_of_the_list_are_kept_and_offered_again(editor: Client) -> None:
    news = factories.purpose()
    assert save(editor, "Britons", f"?country=GB&purpose_{news.pk}=given").status_code == 302
    assert SavedView.objects.get().filters == {"country": "GB", f"purpose_{news.pk}": "given"}
    assert offered(editor) == {"Britons": f"?country=GB&purpose_{news.pk}=given"}


def test_what_is_kept_is_said_in_words(editor: Client) -> None:
    content = editor.get(VIEWS, {"status": "restricted", "due": "30", "q": "ann"}).content.decode()
    assert "<li>status: Restricted</li><li>goes within: 30 nights</li>" in content


def test_the_view_that_is_open_is_marked(editor: Client) -> None:
    save(editor, "Britons")
    content = editor.get(LIST, {"country": "GB"}).content.decode()
    assert content.count('aria-current="page"') == 1


@pytest.mark.parametrize("query", ["", "?q=ann", "?found=abc", "?p=3&o=1", "?made_up=1", "?country=%2B442079460123"])
def test_nothing_but_filters_is_kept(editor: Client, query: str) -> None:
    answer = save(editor, "odd", query)
    assert "Choose a filter" in answer.content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["+44 20 7946 0123", "ring 020 7946 0123 +442079460123", "5550187187", ""])
def test_a_name_holds_no_number(editor: Client, name: str) -> None:
    assert save(editor, name).status_code == 200
    assert not SavedView.objects.exists()


def test_a_name_is_given_once(editor: Client) -> None:
    save(editor, "Britons")
    assert "already" in save(editor, "Britons").content.decode()
    assert SavedView.objects.count() == 1


def test_others_see_what_is_shared_and_change_none_of_it(editor: Client) -> None:
    save(editor, "mine")
    save(editor, "ours", shared="on")
    view = SavedView.objects.get(name="ours")
    editor.force_login(factories.user("other", role="Read-only"))
    assert list(offered(editor)) == ["ours"]
    for posted in ({"do": "remove"}, {"do": "save", "name": "theirs"}):
        assert editor.post(VIEWS, {"view": str(view.pk)} | posted).status_code == 403
    assert SavedView.objects.get(pk=view.pk).name == "ours"


def test_a_shared_view_is_not_offered_to_whom_its_filter_is_not(editor: Client) -> None:
    editor.force_login(factories.user("olga", role="Compliance officer"))
    save(editor, "held", "?held=1", shared="on")
    assert list(offered(editor)) == ["held"]
    editor.force_login(factories.user("ed", role="Editor"))
    assert list(offered(editor)) == []


def test_a_view_is_renamed_and_removed(editor: Client) -> None:
    save(editor, "Britons", shared="on")
    view = SavedView.objects.get()
    assert editor.get(VIEWS).content.decode().count("Britons") >= 1
    editor.post(VIEWS, {"view": str(view.pk), "name": "UK", "do": "save"})
    view.refresh_from_db()
    assert (view.name, view.shared, view.filters) == ("UK", False, {"country": "GB"})
    editor.post(VIEWS, {"view": str(view.pk), "do": "remove"})
    assert not SavedView.objects.exists()
    assert editor.post(VIEWS, {"view": str(view.pk), "do": "remove"}).status_code == 403
