"""What visitors of the public pages do: tick a box, open a till."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import FrameLocator, Locator, Page

from consent import places
from consent.models import CollectionPoint, Purpose
from tests import factories

# Of the range that is reserved for drama and tests.
NUMBER = "+1 202 555 0171"


def text_box(of: Page | FrameLocator, slug: str) -> Locator:
    """Return the box for text messages under the wording of a purpose."""
    wording = factories.notice(factories.purpose(slug)).text
    return of.get_by_role("group", name=wording).get_by_label("Yes, by text message")


def shop(purposes: list[Purpose]) -> tuple[CollectionPoint, str]:
    """Return a shop's collection point and the text of a key that opens its till."""
    now = timezone.now()
    place = factories.place("shop", kind="point_of_sale", asks=purposes, languages=["en", "de"], asks_age=True)
    end = now + timedelta(days=30)
    _key, text = places.issue_key(place=place, name="tablet", scopes=["kiosk"], expires_at=end, created_by=None, at=now)
    return place, text


def open_till(page: Page, address: str, key: str) -> None:
    """Open the till at an address with its key."""
    page.goto(address)
    page.get_by_label("Key of the till").fill(key)
    page.get_by_role("button", name="Open").click()
    page.get_by_label("Phone number").wait_for()
