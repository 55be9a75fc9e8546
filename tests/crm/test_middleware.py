"""What every answer says about itself: the policy of staff's pages, that nobody keeps them, and what no page uses."""

from base64 import b64decode

import pytest
from django.test import Client

from crm.models import CacheEntry
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "where", ["/admin/", "/admin/login/", "/admin/nowhere/", "/account/login/", "/account/factors/"]
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_pages_of_staff_have_their_policy_and_are_not_kept(client: Client, where: str, signed_in: bool) -> None:
    if signed_in:
        client.force_login(factories.user("root", is_superuser=True))
    answer = client.get(where)
    policy = {each.split()[0]: each.split()[1:] for each in answer["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'unsafe-eval'"]
    assert policy["style-src"] == ["'self'", "'unsafe-inline'"]
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == ["'none'"]
    assert not any("http" in source or "*" in source for sources in policy.values() for source in sources)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("where", ["/reference/reasons/", "/api/v1/openapi.json", "/health/"])
def test_other_pages_keep_the_stricter_policy(client: Client, where: str) -> None:
    answer = client.get(where)
    assert "unsafe" not in answer.headers.get("Content-Security-Policy", "")
    assert "camera=()" in answer["Permissions-Policy"]


def test_the_search_of_the_admin_leaves_no_name_in_the_cache(client: Client) -> None:
    """The theme keeps what it has found for a while, and an erasure does not reach a cache."""
    factories.contact(given_name="Zyxwvut")
    client.force_login(factories.user("root", is_superuser=True))
    client.get("/admin/search/", {"s": "zyxwvut", "extended": "1"})
    for value in CacheEntry.objects.values_list("value", flat=True):
        assert b"zyxwvut" not in b64decode(value).lower()
