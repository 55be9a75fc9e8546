"""Two people at the same data, in a browser: a stale form, duplicates and their merge, and an act on many.

Each page is looked at by axe, light and dark, on a phone and on a desk, and nothing is wider than the screen.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Dialog, Page

from consent import bulk_acts
from consent.models import BulkAct
from crm import intake
from crm.models import Actor, Contact, Source
from tests import factories
from tests.browser.looking import each_look, faults, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def editor(context: BrowserContext, live_server: Any) -> Any:
    """An administrator, signed in."""
    user = factories.user("root", is_superuser=True, last_name="Lee")
    sign_in(context, live_server.url, user)
    return user


def two() -> tuple[Contact, Contact]:
    number = factories.number()
    one, other = (
        factories.contact([number], given_name=name, family_name="Lee", notes=f"met {name} in May", country="US")
        for name in ("Ann", "Anne")
    )
    return one, other


def overtaken(contact: Contact) -> None:
    row = intake.Row(profile={"family_name": "Poe"}, numbers=[], contact_id=contact.pk)
    source = Source.objects.for_staff()
    actor = Actor.staff(factories.user("other"))
    intake.store(row, source=source, actor=actor, at=timezone.now(), reason="heard on the phone")


def contact_page(page: Page, base: str) -> None:
    one, _other = two()
    page.goto(f"{base}/admin/crm/contact/{one.pk}/change/")
    page.get_by_role("heading", name="Perhaps the same person").wait_for()


def stale_form(page: Page, base: str) -> None:
    contact_page(page, base)
    page.get_by_label("Given name").fill("Anna")
    overtaken(Contact.objects.get(given_name="Ann"))
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.get_by_role("alert").wait_for()


def side_by_side(page: Page, base: str) -> None:
    contact_page(page, base)
    page.get_by_role("link", name="Compare and merge").click()
    page.get_by_role("button", name="Merge for good").wait_for()


def whom_to_merge(page: Page, base: str) -> None:
    one, _other = two()
    page.goto(f"{base}/admin/crm/contact/{one.pk}/merge/")


def asked_of_many(page: Page, base: str) -> None:
    act = bulk_acts.choose(
        bulk_acts.Kind.ERASE,
        [contact.pk for contact in two()],
        actor=Actor.staff(factories.user("root")),
        at=timezone.now(),
    )
    page.goto(f"{base}/admin/consent/bulkact/{act.pk}/confirm/")


def of_many(page: Page, base: str) -> None:
    act = bulk_acts.choose(bulk_acts.Kind.RESTRICT, [c.pk for c in two()], actor=factories.TESTER, at=timezone.now())
    bulk_acts.confirm(act, params={}, reason="disputed", at=timezone.now())
    page.goto(f"{base}/admin/consent/bulkact/{act.pk}/change/")
    page.get_by_role("progressbar").wait_for()


# Each page, and what of it is looked at here: the rest of a contact's page has tests of its own.
PAGES: dict[Callable[[Page, str], None], str] = {
    contact_page: "[aria-labelledby=duplicates-title]",
    stale_form: "[data-stale]",
    side_by_side: "#main",
    whom_to_merge: "#main",
    asked_of_many: "#main",
    of_many: "#main",
}


@pytest.mark.parametrize("opened", PAGES, ids=lambda opened: opened.__name__)
def test_axe_finds_no_serious_fault_and_nothing_is_wider_than_the_screen(
    opened: Callable[[Page, str], None], page: Page, live_server: Any, editor: Any
) -> None:
    opened(page, live_server.url)
    found = {}
    for look in each_look(page):
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=Path(folder, f"{opened.__name__}-{look.replace(' ', '-')}.png"), full_page=True)
        if said := faults(page, within=PAGES[opened]):
            found[look] = said
    assert found == {}


def test_what_was_typed_into_a_stale_form_survives_and_is_saved_at_the_second_go(
    page: Page, live_server: Any, editor: Any
) -> None:
    stale_form(page, live_server.url)
    assert page.get_by_label("Given name").input_value() == "Anna"
    assert page.get_by_label("Family name").input_value() == "Poe"
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url("**/crm/contact/")
    assert Contact.objects.filter(given_name="Anna", family_name="Poe").count() == 1


def test_whoever_leaves_a_form_that_was_not_saved_is_asked(page: Page, live_server: Any, editor: Any) -> None:
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    stale_form(page, live_server.url)
    page.goto(f"{live_server.url}/admin/")
    assert asked == ["beforeunload"]


def test_two_who_are_one_are_merged_in_three_clicks(page: Page, live_server: Any, editor: Any) -> None:
    side_by_side(page, live_server.url)
    page.get_by_label("Notes: take the other's").check()
    page.get_by_label("Reason").fill("the same voice")
    page.get_by_role("button", name="Merge for good").click()
    page.get_by_text("was merged into this one").wait_for()
    assert sorted(Contact.objects.values_list("status", "notes")) == [("live", "met Anne in May"), ("merged", "")]


def test_the_progress_of_an_act_on_many_is_followed_to_its_end(page: Page, live_server: Any, editor: Any) -> None:
    of_many(page, live_server.url)
    bulk_acts.carry_on(BulkAct.objects.get())
    page.get_by_text("Done: 2").wait_for()
