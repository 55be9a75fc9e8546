"""Sources in the admin."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Source
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(factories.user("ola", role="Compliance officer"))
    return client


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "Lists", "slug": "lists", "kind": "third_party", "supplier": "Lists Ltd"} | fields


def test_a_third_party_needs_the_basis_that_it_claims(officer: Client) -> None:
    answer = officer.post("/admin/crm/source/add/", form())
    assert "lawful basis" in str(answer.context["adminform"].form.non_field_errors())
    assert officer.post("/admin/crm/source/add/", form(lawful_basis="consent")).status_code == 302


def test_what_the_people_had_to_do_with_us_and_what_their_numbers_are_for_is_told(officer: Client) -> None:
    data = form(kind="web_form", supplier="", relationship="customer", security_only="on")
    assert officer.post("/admin/crm/source/add/", data).status_code == 302
    source = Source.objects.get(slug="lists")
    assert (source.relationship, source.security_only) == ("customer", True)


def test_who_checked_it_is_who_pressed_the_button(officer: Client) -> None:
    source: Any = factories.source()
    data = form(kind="web_form", supplier="", checked_by="1", change_reason="typed it in")
    officer.post(f"/admin/crm/source/{source.pk}/change/", data)
    source.refresh_from_db()
    assert not source.checked_by
    officer.post(f"/admin/crm/source/{source.pk}/mark-checked/", {"reason": "read the contract"})
    source.refresh_from_db()
    assert source.checked_by.username == "ola"
    assert source.checked_at is not None
    assert source.history.latest().history_change_reason == "read the contract"


def test_the_name_by_which_files_know_it_does_not_change(officer: Client) -> None:
    source = factories.source("web")
    officer.post(f"/admin/crm/source/{source.pk}/change/", form(slug="other", kind="web_form"))
    assert Source.objects.get(pk=source.pk).slug == "web"
