"""The pages of staff in a browser: none breaks the policy that it is sent with, and nothing is fetched abroad."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tests import factories
from tests.browser.looking import sign_in
from tests.test_admin_matrix import address, objects, table

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["objects"]
# What is fetched or only posted to, and shows no page.
NO_PAGES = (
    "_certificate_pdf",
    "_proof",
    "_receipt",
    "_rejected",
    "_preview",
    "_back",
    "_confirm",
    "_discard",
    "_take",
    "_search",
    "_csv",
)
# A page that answers that something is not allowed, or not there, is a page of the browser's own.
OF_STAFF = ("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_list_webauthn", "mfa_reauthenticate")
OF_ANYBODY = ("account_login", "account_inactive")


def test_no_page_breaks_its_policy_or_asks_another_server(
    context: BrowserContext,
    live_server: Any,
    objects: dict[str, Any],
) -> None:
    sign_in(context, live_server.url, factories.user("root", is_superuser=True))
    page, faults = context.new_page(), []
    now = ""

    def heard(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text or "Content-Security-Policy" in said.text:
            faults.append(f"{now}: {said.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https") and not request.url.startswith(live_server.url):
            faults.append(f"{now} asks {urlsplit(request.url).netloc}")

    page.on("console", heard)
    page.on("request", asked)
    page.on("pageerror", lambda error: faults.append(f"{now}: {error}"))
    names = [name for name in table() if not name.endswith(NO_PAGES)]
    for now in [*names, "index", *OF_STAFF]:
        where = address(now, objects) if now in table() else reverse("admin:index" if now == "index" else now)
        answer = page.goto(live_server.url + where, wait_until="load")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, now
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], now
        assert "no-store" in answer.headers["cache-control"], now
    assert faults == []


def test_the_pages_of_sign_in_keep_to_their_policy(page: Page, live_server: Any) -> None:
    """The fixture fails on what the browser complains of."""
    for name in OF_ANYBODY:
        answer = page.goto(live_server.url + reverse(name))
        assert answer is not None
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
