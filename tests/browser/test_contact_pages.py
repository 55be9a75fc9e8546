"""The pages of a contact in a browser: axe finds no serious fault, nobody scrolls sideways, the words show on focus."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.models import LegalHold
from consent.rules.states import Act
from crm.models import ContactPoint, attributed_to
from tests import factories
from tests.browser.looking import each_look, faults, sign_in

PAGES = ("numbers", "consent", "permission", "timeline", "timeline-print", "blame", "retention", "as-of", "history")


@pytest.fixture
def point(transactional_db: Any) -> ContactPoint:
    """A contact's number of which much can be told."""
    now = timezone.now()
    made = factories.point("+12025550187", given_name="Ann", family_name="Chen", at=now - timedelta(days=100))
    factories.entry(made, at=now - timedelta(days=90))
    factories.entry(made, Act.WITHDRAWN, at=now - timedelta(days=9))
    factories.entry(made, of=factories.purpose("offers"), at=now - timedelta(days=9))
    factories.policy("consent_withdrawn")
    factories.tagged(made.contact)
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=made.contact, reason="claim", placed_at=now)
    return made


@pytest.fixture
def officer(page: Page, live_server: Any, point: ContactPoint) -> Page:
    """The page of somebody who may see all of it, and who has signed in."""
    sign_in(page.context, live_server.url, factories.user("root", is_superuser=True))
    return page


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault_and_nobody_scrolls_sideways(
    officer: Page, live_server: Any, point: ContactPoint, name: str
) -> None:
    officer.goto(f"{live_server.url}/admin/crm/contact/{point.contact_id}/{name}/")
    found = {look: said for look in each_look(officer) if (said := faults(officer))}
    assert found == {}


def test_who_when_and_in_which_words_shows_on_hover_and_on_focus(
    officer: Page, live_server: Any, point: ContactPoint
) -> None:
    officer.goto(f"{live_server.url}/admin/crm/contact/{point.contact_id}/consent/")
    words = officer.get_by_role("tooltip").first
    status = officer.locator(".contact-hint > button").first
    expect(words).to_be_hidden()
    status.focus()
    expect(words).to_be_visible()
    status.blur()
    expect(words).to_be_hidden()
    status.hover()
    expect(words).to_contain_text("tester, Web form")


def test_the_tabs_are_walked_by_keyboard(officer: Page, live_server: Any, point: ContactPoint) -> None:
    officer.goto(f"{live_server.url}/admin/crm/contact/{point.contact_id}/numbers/")
    tabs = officer.get_by_role("navigation", name="Pages of this contact")
    tabs.get_by_role("link", name="Numbers").focus()
    officer.keyboard.press("Tab")
    officer.keyboard.press("Enter")
    officer.wait_for_url("**/consent/")
    expect(tabs.get_by_role("link", name="Consent")).to_have_attribute("aria-current", "page")
