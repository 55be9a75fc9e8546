"""Signing in in a browser: with a password and an app, and with a passkey."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from tests import factories, signing_in
from tests.browser.looking import serious

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


@pytest.fixture
def sam() -> User:
    user = factories.user("sam", role="Compliance officer")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def passkeys(context: BrowserContext, page: Page) -> Iterator[None]:
    """A device that makes and shows passkeys without anybody touching it."""
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield
    device.send("WebAuthn.disable")


def enter(page: Page, url: str) -> None:
    page.goto(f"{url}/account/login/")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(
    page: Page, live_server: Any, sam: User, scheme: Literal["light", "dark"], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{live_server.url}/account/login/")
    found = serious(page)
    enter(page, live_server.url)
    page.wait_for_url(f"{live_server.url}/admin/")
    page.goto(f"{live_server.url}/account/factors/totp/activate/")
    found += serious(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    for where in ("totp/activate/", "webauthn/add/", "webauthn/", ""):
        page.goto(f"{live_server.url}/account/factors/{where}")
        found += serious(page)
    assert found == []


def test_the_code_of_an_app_is_asked_for_and_lets_in(page: Page, live_server: Any, sam: User) -> None:
    signing_in.app_of(sam)
    enter(page, live_server.url)
    page.get_by_label("Code").fill(signing_in.code())
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url(f"{live_server.url}/admin/")


def test_an_erasure_asks_for_a_fresh_code_and_leads_back(page: Page, live_server: Any, sam: User) -> None:
    enter(page, live_server.url)
    page.wait_for_url(f"{live_server.url}/admin/")
    signing_in.app_of(sam)
    erase = f"{live_server.url}/admin/crm/contact/{factories.contact([factories.number()]).pk}/erase/"
    page.goto(erase)
    page.get_by_label("Code").fill(signing_in.code())
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(erase)
    expect(page.get_by_role("button", name="Erase for good")).to_be_visible()


def test_a_passkey_is_set_up_and_lets_in_by_itself(page: Page, live_server: Any, sam: User, passkeys: None) -> None:
    enter(page, live_server.url)
    page.goto(f"{live_server.url}/account/factors/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=sam, type="webauthn").count() == 1
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/account/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{live_server.url}/admin/")
    erase = f"{live_server.url}/admin/crm/contact/{factories.contact([factories.number()]).pk}/erase/"
    page.goto(erase)
    expect(page.get_by_role("button", name="Erase for good")).to_be_visible()
