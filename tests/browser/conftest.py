"""A headless Chromium, and the service that it visits."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from consent import tasks
from consent.models import CollectionPoint, Purpose
from tests import factories
from tests.suite import find_browser, required

_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="package", autouse=True)
def browser() -> Iterator[Browser]:
    """Chromium. Where there is none these tests are skipped, or fail where one is required."""
    executable = find_browser()
    if executable is None:
        if required("REQUIRE_BROWSER"):
            pytest.fail("REQUIRE_BROWSER is set and no Chromium is found")
        pytest.skip("no Chromium is found")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # While it runs, Playwright keeps an event loop in this thread, and Django takes that for asynchronous code.
        # The loop only ever waits for the browser: nothing of Django runs in it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=executable, args=_OPTIONS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that knows nothing yet: an English tablet, with scripts."""
    with browser.new_context(locale="en-US", viewport={"width": 1280, "height": 900}) as fresh:
        fresh.set_default_timeout(20_000)
        yield fresh


def is_fault(said: ConsoleMessage) -> bool:
    """Whether the browser complains: not of a form that is answered by 422, nor of where a frame begins to be read."""
    expected = "status of 4" in said.text or "Blocked autofocusing" in said.text
    return said.type == "error" and not expected


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page in it, in which no script and no style was refused, and no script failed."""
    faults: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if is_fault(said) else None)
    yield opened
    assert faults == []


@pytest.fixture(autouse=True)
def _no_text_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "send_soon", lambda message_ids: None)


@pytest.fixture
def purposes(transactional_db: Any) -> list[Purpose]:
    """One that counts at once, one that is confirmed through the number, and one that nobody is asked about."""
    return [
        factories.purpose("news"),
        factories.purpose("survey", needs_confirmation=True, channels=["sms"]),
        factories.purpose("orders", basis="contract", necessary=True, channels=["sms"]),
    ]


@pytest.fixture
def place(purposes: list[Purpose]) -> CollectionPoint:
    policy = {"policy_url": "https://fernhill.example/privacy", "asks_age": True}
    return factories.place("garden", asks=purposes, languages=["en", "de", "fr", "es"], **policy)


@pytest.fixture
def form(live_server: Any, place: CollectionPoint) -> str:
    """The address of the hosted form."""
    return f"{live_server.url}/c/{place.slug}/"
