"""Looking at the pages of staff: signed in, in light and dark, on a desk and on a phone, with axe."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from tests import signing_in

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Both schemes and both widths, once each.
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1440), ("dark", 390))


@contextmanager
def desk(browser: Browser, scheme: Literal["light", "dark"], width: int) -> Iterator[BrowserContext]:
    """A browser on a desk or a phone, which begins and stays in one scheme."""
    options: Any = {"viewport": {"width": width, "height": 900}, "reduced_motion": "reduce"}
    with browser.new_context(locale="en-US", color_scheme=scheme, **options) as fresh:
        fresh.set_default_timeout(60_000)
        yield fresh


def sign_in(context: BrowserContext, url: str, user: User) -> None:
    """Let the browser be signed in, with a second factor that was shown just now."""
    client = Client()
    client.force_login(user)
    signing_in.show_factor(client, user)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


def each_look(page: Page) -> Iterator[str]:
    """Show the page that is open on a phone and on a desk, light and dark; yield the name of each look."""
    for width in (390, 1440):
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # The theme follows the scheme into the dark while a page is open, and not out of it.
            page.evaluate("scheme => document.documentElement.classList.toggle('dark', scheme === 'dark')", scheme)
            yield f"{width} {scheme}"


def serious(page: Page, *, within: str | None = None) -> list[str]:
    """Return what axe takes for serious or worse on the page, or within the part of a selector: the rule, and where."""
    return [
        f"{each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in Axe().run(page, context=within).response["violations"]
        if each["impact"] in ("serious", "critical")
    ]


def faults(page: Page, *, within: str | None = None) -> list[str]:
    """Return what is serious, and whether anybody has to scroll sideways."""
    found = serious(page, within=within)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("wider than the window")
    return found
