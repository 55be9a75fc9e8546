"""On no screen of staff does axe find a serious fault, or has anybody to scroll sideways: light, dark, wide, narrow."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from consent import insight
from tests import factories
from tests.browser.looking import LOOKS, desk, faults, sign_in
from tests.browser.test_content_security import NO_PAGES, OF_ANYBODY, OF_STAFF
from tests.test_admin_matrix import address, objects, table

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["objects"]
# Nothing is deleted here: those pages say so, and no more.
SCREENS = [name for name in table() if not name.endswith((*NO_PAGES, "_delete", "_progress"))]
MODELS = sorted({"_".join(name.split("_")[:2]) for name in SCREENS})


@pytest.mark.parametrize("model", MODELS)
def test_the_pages_of_a_model(browser: Browser, live_server: Any, objects: dict[str, Any], model: str) -> None:
    addresses = {name: address(name, objects) for name in SCREENS if name.startswith(f"{model}_")}
    assert _seen(browser, live_server.url, addresses) == {}


def test_the_pages_of_the_site(browser: Browser, live_server: Any, objects: dict[str, Any]) -> None:
    addresses = {name: reverse(name) for name in ("admin:index", *OF_STAFF)}
    assert _seen(browser, live_server.url, addresses) == {}


def test_the_desk_on_its_first_day(browser: Browser, live_server: Any) -> None:
    insight.count(at=factories.NOON)
    assert _seen(browser, live_server.url, {"admin:index": reverse("admin:index")}) == {}


def test_the_pages_of_sign_in(browser: Browser, live_server: Any) -> None:
    found = {}
    for scheme, width in LOOKS:
        with desk(browser, scheme, width) as context:
            page = context.new_page()
            for name in OF_ANYBODY:
                page.goto(live_server.url + reverse(name))
                if said := faults(page):
                    found[f"{name} {scheme} {width}"] = said
    assert found == {}


def _seen(browser: Browser, url: str, addresses: dict[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with which page, in which scheme and width."""
    root, found = factories.user("root", is_superuser=True), {}
    for scheme, width in LOOKS:
        with desk(browser, scheme, width) as context:
            sign_in(context, url, root)
            page = context.new_page()
            for name, where in addresses.items():
                page.goto(url + where)
                if said := faults(page):
                    found[f"{name} {scheme} {width}"] = said
    return found
