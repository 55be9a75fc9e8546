"""The preference centre in a real browser, with and without scripts: off, on with a code, stop everything."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from consent.challenges import code_of
from consent.models import Challenge, Consent, Purpose, SubjectRequest, Suppression
from crm.models import ContactPoint
from tests import factories
from tests.preferring import link_of


@pytest.fixture
def point(purposes: list[Purpose]) -> ContactPoint:
    """Somebody who has agreed to news by text."""
    for purpose in purposes:
        factories.notice(purpose)
    made = factories.point()
    factories.entry(made, of=purposes[0])
    return made


def statuses() -> dict[tuple[str, str], str]:
    return {(each.purpose.slug, each.channel): each.status for each in Consent.objects.select_related("purpose")}


def box(page: Page, purpose: str, label: str) -> Any:
    return page.get_by_role("group", name=purpose).get_by_label(label)


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_chosen_there_is_so(browser: Browser, live_server: Any, point: ContactPoint, scripts: bool) -> None:
    with browser.new_context(java_script_enabled=scripts, locale="en-US") as context:
        page = context.new_page()
        page.goto(live_server.url + link_of(point))
        expect(box(page, "News", "Text message")).to_be_checked()
        box(page, "News", "Text message").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_be_visible()
        assert statuses() == {("news", "sms"): "withdrawn"}

        box(page, "Survey", "Text message").check()
        page.get_by_role("button", name="Save").click()
        page.get_by_label("Code", exact=True).fill(code_of(Challenge.objects.get()))
        assert statuses()["survey", "sms"] == "requested"
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status")).to_be_visible()
        assert statuses() == {("news", "sms"): "withdrawn", ("survey", "sms"): "given"}

        page.get_by_role("button", name="Ask for erasure").click()
        expect(page.get_by_role("status")).to_be_visible()
        assert SubjectRequest.objects.get().kind == "erasure"

        page.get_by_role("button", name="Stop everything").click()
        expect(page.get_by_role("status")).to_be_visible()
        assert set(statuses().values()) == {"withdrawn"}
        assert Suppression.objects.filter(purpose=None, channel="", lifted_at=None).exists()
        assert context.cookies() == []


def test_everything_is_stopped_by_keyboard_alone(page: Page, live_server: Any, point: ContactPoint) -> None:
    page.goto(live_server.url + link_of(point))
    for _press in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Stop everything":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    assert set(statuses().values()) == {"withdrawn"}


def test_an_old_link_stops_and_gives_nothing(page: Page, live_server: Any, point: ContactPoint) -> None:
    page.goto(live_server.url + link_of(point, days_ago=400))
    expect(box(page, "Survey", "Text message")).to_be_disabled()
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert set(statuses().values()) == {"withdrawn"}
    assert timezone.now() >= Suppression.objects.get(purpose=None).since
