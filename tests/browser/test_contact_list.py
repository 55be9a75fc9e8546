"""The list of contacts in a browser: a number that is typed becomes no address, and axe finds no serious fault."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests import factories
from tests.browser.looking import each_look, serious, sign_in
from tests.browser.visiting import NUMBER

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/crm/contact/"


@pytest.fixture
def desk(page: Page, live_server: Any) -> Page:
    """A page on which somebody is signed in who may do all that is done to contacts."""
    sign_in(page.context, live_server.url, factories.user("root", is_superuser=True))
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
    found = {look: said for look in each_look(desk) if (said := serious(desk))}
    assert found == {}
