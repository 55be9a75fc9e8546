"""The list of contacts in a browser: a number that is typed becomes no address, and axe finds no serious fault."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from tests import factories
from tests.browser.visiting import NUMBER

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/crm/contact/"


@pytest.fixture
def desk(page: Page, live_server: Any) -> Page:
    """A page on which somebody is signed in who may do all that is done to contacts."""
    client = Client()
    client.force_login(factories.user("root", is_superuser=True))
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    return page


def test_a_number_is_found_by_its_end_or_whole_and_stands_in_no_address(desk: Page, live_server: Any) -> None:
    factories.point(NUMBER, given_name="Ann", family_name="Lee")
    factories.point(given_name="Bo")
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    for typed in (NUMBER, "0171", "(202) 555-0171"):
        desk.goto(live_server.url + LIST)
        desk.get_by_role("search").get_by_role("textbox").fill(typed)
        desk.keyboard.press("Enter")
        desk.wait_for_url("**/contact/?found=*")
        assert desk.get_by_role("link", name="Ann Lee").is_visible()
        assert not desk.get_by_role("link", name="Bo", exact=True).is_visible()
    assert not any("0171" in address for address in asked)


def test_a_number_is_shown_on_its_page_alone(desk: Page, live_server: Any) -> None:
    point = factories.point(NUMBER, given_name="Ann")
    desk.goto(f"{live_server.url}{LIST}{point.contact_id}/reveal/")
    desk.get_by_label("Reason").fill("calls back about an order")
    desk.get_by_role("button", name="Show", exact=True).click()
    assert desk.get_by_text(NUMBER.replace(" ", "")).is_visible()
    desk.go_back()
    assert NUMBER.replace(" ", "") not in desk.content()


@pytest.mark.parametrize("address", [LIST, f"{LIST}?status=live", f"{LIST}views/?status=live", "reveal"])
def test_axe_finds_no_serious_fault(desk: Page, live_server: Any, address: str) -> None:
    factories.policy("consent_withdrawn", after_days=30)
    point = factories.point(NUMBER, given_name="Ann")
    factories.entry(point)
    desk.goto(live_server.url + (address if address != "reveal" else f"{LIST}{point.contact_id}/reveal/"))
    found = {}
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            desk.set_viewport_size({"width": width, "height": 900})
            desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for violation in Axe().run(desk).response["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    nodes = [node["html"][:160] for node in violation["nodes"]]
                    found[f"{width} {scheme} {violation['id']}"] = nodes
    assert found == {}
