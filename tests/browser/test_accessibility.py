"""Every public page is looked at by axe, light and dark, on a phone and on a desk: it finds nothing of any kind."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page

from consent import preferences
from consent.models import CollectionPoint, Purpose
from tests import factories
from tests.browser.looking import SCHEMES
from tests.browser.visiting import open_till, shop

Opened = Callable[[Page, str, list[Purpose]], None]
WIDTHS = (360, 1280)


def form(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/c/garden/")


def form_with_errors(page: Page, base: str, purposes: list[Purpose]) -> None:
    form(page, base, purposes)
    page.get_by_role("button", name="Send").click()
    page.locator(".errors").wait_for()


def code(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/c/garden/code/{'x' * 43}/")


def code_sent_again(page: Page, base: str, purposes: list[Purpose]) -> None:
    code(page, base, purposes)
    page.get_by_role("button", name="Send the code again").click()
    page.get_by_role("status").wait_for()


def wrong_code(page: Page, base: str, purposes: list[Purpose]) -> None:
    code(page, base, purposes)
    page.get_by_role("button", name="Confirm").click()
    page.locator(".errors").wait_for()


def thanks(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/c/garden/done/")


def missing(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/c/none/")


def reasons(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/reference/reasons/")


def till_key(page: Page, base: str, purposes: list[Purpose]) -> None:
    place, _key = shop(purposes)
    page.goto(f"{base}/till/{place.slug}/")


def wrong_till_key(page: Page, base: str, purposes: list[Purpose]) -> None:
    till_key(page, base, purposes)
    page.get_by_role("button", name="Open").click()
    page.locator(".errors").wait_for()


def till(page: Page, base: str, purposes: list[Purpose]) -> None:
    place, key = shop(purposes)
    open_till(page, f"{base}/till/{place.slug}/", key)


def till_with_errors(page: Page, base: str, purposes: list[Purpose]) -> None:
    till(page, base, purposes)
    page.get_by_role("button", name="Send").click()
    page.locator(".errors").wait_for()


def till_code(page: Page, base: str, purposes: list[Purpose]) -> None:
    till(page, base, purposes)
    page.goto(f"{base}/till/shop/code/{'x' * 43}/")


def till_thanks(page: Page, base: str, purposes: list[Purpose]) -> None:
    till(page, base, purposes)
    # It leaves by itself: held here for as long as it is looked at.
    page.route("**/thanks/*", lambda route: route.fulfill(response=(got := route.fetch()), headers=_staying(got)))
    page.goto(f"{base}/till/shop/thanks/?lang=en")


def _staying(got: Any) -> dict[str, str]:
    return {name: value for name, value in got.headers.items() if name != "refresh"}


def preference_centre(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/p/{_token()}/")


def preferences_saved(page: Page, base: str, purposes: list[Purpose]) -> None:
    preference_centre(page, base, purposes)
    page.get_by_role("button", name="Stop everything").click()
    page.get_by_role("status").wait_for()


def preferences_one_click(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/p/{_token()}/one-click/")


def preferences_unknown(page: Page, base: str, purposes: list[Purpose]) -> None:
    page.goto(f"{base}/p/{'x' * 43}/")


def _token() -> str:
    """Return the token of somebody who has agreed to news, and to nothing else."""
    point = factories.point()
    factories.entry(point)
    return preferences.issue(point=point, at=timezone.now())


PAGES: list[Opened] = [
    form,
    form_with_errors,
    code,
    code_sent_again,
    wrong_code,
    thanks,
    missing,
    reasons,
    till_key,
    wrong_till_key,
    till,
    till_with_errors,
    till_code,
    till_thanks,
    preference_centre,
    preferences_saved,
    preferences_one_click,
    preferences_unknown,
]


@pytest.mark.parametrize("opened", PAGES, ids=lambda each: each.__name__)
def test_axe_finds_nothing(
    page: Page, live_server: Any, place: CollectionPoint, purposes: list[Purpose], opened: Opened
) -> None:
    opened(page, live_server.url, purposes)
    found = {}
    for width in WIDTHS:
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            seen = Axe().run(page)
            if seen.violations_count:
                found[f"{width} {scheme}"] = seen.generate_report()
            # Nobody scrolls sideways.
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found[f"{width} {scheme} overflow"] = "wider than the window"
    assert found == {}


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_the_form_is_as_good_in_another_language(page: Page, live_server, place, language) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{live_server.url}/c/garden/?lang={language}")
    seen = Axe().run(page)
    assert seen.violations_count == 0, seen.generate_report()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
