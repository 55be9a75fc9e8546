"""The screens of the office: axe finds nothing serious, light and dark, on a phone and on a desk; all of it fits."""

from datetime import timedelta
from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser

from consent import insight, sealing
from consent.models import ConsentEvent
from consent.rules.states import Act
from crm.models import Source
from tests import capturing, factories
from tests.browser.looking import faults, sign_in

SCREENS = ((1440, "light"), (390, "dark"), (390, "light"), (1440, "dark"))


@pytest.fixture
def officer(transactional_db: Any) -> User:
    return factories.user("ola", role="Compliance officer")


@pytest.fixture
def entry(transactional_db: Any) -> ConsentEvent:
    """An entry that is sealed, in an office that has something of everything."""
    now = timezone.now()
    factories.policy()
    listed = factories.source("lists", kind=Source.Kind.THIRD_PARTY, licence_ends_on=(now - timedelta(days=2)).date())
    point: Any = factories.point(of=listed, at=now - timedelta(days=60))
    made = factories.entry(point, at=now - timedelta(days=50))
    factories.entry(point, Act.WITHDRAWN, at=now - timedelta(days=9))
    capturing.inbound(point.line)
    capturing.subject_request(contact=point.contact)
    sealing.seal(actor=factories.TESTER, at=now)
    insight.carry_out(insight.ask(user=None, at=now).pk)
    insight.count(at=now)
    return made


def paths(entry: ConsentEvent) -> list[str]:
    of_entry = f"/admin/consent/consentevent/{entry.pk}"
    return [
        "/admin/",
        "/admin/crm/source/scorecard/",
        "/admin/consent/purpose/register/",
        "/admin/consent/consentevent/?act=grants",
        f"{of_entry}/change/",
        f"{of_entry}/verify/",
        "/admin/consent/seal/1/change/",
        "/admin/consent/seal/1/verify/",
        "/admin/consent/ledgercheck/",
        "/admin/consent/ledgercheck/ask/",
        "/admin/consent/inboundmessage/",
        # An empty list, and one that was narrowed to nothing.
        "/admin/consent/keyword/",
        "/admin/consent/consentevent/?act=renewed",
    ]


def elsewhere(asked: set[str], home: str) -> list[str]:
    """Return what was asked of anybody but the service itself."""
    return sorted(url for url in asked if not url.startswith((home, "data:")))


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_nobody_is_stopped_at_a_screen_of_the_office(
    browser: Browser,
    live_server: Any,
    officer: User,
    entry: ConsentEvent,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        sign_in(context, live_server.url, officer)
        page = context.new_page()
        page.set_default_timeout(60_000)
        seen: dict[str, list[str]] = {}
        asked: set[str] = set()
        page.on("request", lambda request: asked.add(request.url))
        for path in paths(entry):
            page.goto(live_server.url + path)
            assert page.url == live_server.url + path
            if found := faults(page):
                seen[path] = found
        assert seen == {}
        assert elsewhere(asked, live_server.url) == []


def test_the_table_of_a_chart_is_opened_with_the_keyboard(
    browser: Browser, live_server: Any, officer: User, entry: ConsentEvent
) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        sign_in(context, live_server.url, officer)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(live_server.url + "/admin/")
        summary = page.locator("summary").first
        summary.focus()
        page.keyboard.press("Enter")
        page.get_by_role("columnheader", name="withdrawals").wait_for()
        page.get_by_role("row").filter(has_text="1").first.wait_for()
