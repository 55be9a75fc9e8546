"""The till on a tablet: opened, used, left alone, locked."""

import pytest
from playwright.sync_api import Browser, Page, expect

from consent.challenges import code_of
from consent.models import Challenge, Consent, ConsentEvent
from tests.browser.visiting import NUMBER, open_till, shop, text_box


@pytest.fixture
def till(live_server, purposes) -> tuple[str, str]:
    """The address of the till, and the text of its key."""
    place, key = shop(purposes)
    return f"{live_server.url}/till/{place.slug}/", key


def fill(page: Page, slug: str) -> None:
    page.get_by_label("Phone number").fill(NUMBER)
    text_box(page, slug).check()
    page.get_by_label("I am at least 16 years old.").check()
    page.get_by_role("button", name="Send").click()


def expect_empty(page: Page) -> None:
    expect(page.get_by_label("Phone number")).to_have_value("", timeout=15_000)
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()


def test_a_customer_and_then_the_next(page: Page, till) -> None:
    open_till(page, *till)
    fill(page, "news")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    # By itself, after five seconds.
    expect(page.get_by_role("heading", name="New customer")).to_be_visible(timeout=15_000)
    expect_empty(page)
    assert [each.status for each in Consent.objects.all()] == ["given"]


def test_the_back_button_shows_nothing(page: Page, till) -> None:
    open_till(page, *till)
    fill(page, "news")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="New customer")).to_be_visible()
    expect_empty(page)
    assert ConsentEvent.objects.count() == 1


def test_the_customer_enters_the_code_from_their_phone(page: Page, till) -> None:
    open_till(page, *till)
    fill(page, "survey")
    page.get_by_label("Code", exact=True).fill(code_of(Challenge.objects.get()))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert Consent.objects.get().status == "given"


@pytest.mark.parametrize("scripts", [True, False])
def test_what_is_left_alone_goes_back_to_empty(browser: Browser, till, settings, scripts) -> None:
    settings.KIOSK_IDLE_SECONDS = 3
    with browser.new_context(java_script_enabled=scripts, locale="en-US") as context:
        page = context.new_page()
        open_till(page, *till)
        page.get_by_label("Phone number").fill(NUMBER)
        text_box(page, "news").check()
        expect_empty(page)
        expect(page.get_by_role("heading", name="New customer")).to_be_visible()
    assert not ConsentEvent.objects.exists()


def test_who_is_typing_is_not_disturbed(page: Page, till, settings) -> None:
    settings.KIOSK_IDLE_SECONDS = 3
    open_till(page, *till)
    field = page.get_by_label("Phone number")
    field.click()
    for digit in "+1202555":
        page.wait_for_timeout(600)
        page.keyboard.type(digit)
    expect(field).to_have_value("+1202555")


def test_lock_ends_the_shift(page: Page, till) -> None:
    open_till(page, *till)
    page.get_by_role("button", name="Lock").click()
    expect(page.get_by_label("Key of the till")).to_be_visible()
    page.goto(till[0])
    expect(page.get_by_label("Key of the till")).to_be_visible()


def test_a_wrong_key_opens_nothing(page: Page, till) -> None:
    page.goto(till[0])
    page.get_by_label("Key of the till").fill("rfk_wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.locator(".errors")).to_be_focused()
    expect(page.get_by_label("Key of the till")).to_have_value("")
