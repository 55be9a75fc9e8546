"""A list with nothing in it says why, and what the next step is."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db
# Whoever looks at these is in them.
NEVER_EMPTY = {User, Group}
OURS = sorted(
    (model for model in admin.site._registry if model not in NEVER_EMPTY), key=lambda model: model._meta.label
)


@pytest.fixture
def root(client: Client) -> Client:
    client.force_login(factories.user("root", is_superuser=True))
    return client


def address(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_an_empty_list_tells_the_next_step(root: Client, model: Any) -> None:
    of_model: Any = admin.site.get_model_admin(model)
    hint = str(of_model.empty_hint)
    assert hint
    answer = root.get(address(model))
    assert answer.context["cl"].result_count == 0 or not answer.context["cl"].result_list
    page = answer.content.decode()
    assert hint.split(".")[0] in page
    assert "No results found" not in page


def test_a_list_that_was_narrowed_to_nothing_says_that_instead(root: Client) -> None:
    page = root.get("/admin/crm/contact/", {"q": "nobody"}).content.decode()
    assert "Nothing matches" in page
    assert "Nobody is held yet" not in page
