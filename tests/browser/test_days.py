"""The days of three people in a browser: who edits contacts, who imports lists, and who answers "show me".

With SCREENSHOTS set to a folder, the pages that the README shows are kept there.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from consent import insight, sealing
from consent.management.demo import company
from consent.models import AccessRecord, Consent, ConsentEvent
from crm.celery import app as celery_app
from crm.models import Contact, ContactPoint, ImportBatch
from tests import factories, signing_in
from tests.browser.looking import desk

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _a_company_at_work(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's company, whose worker does at once what it is sent."""
    settings.STAGING_DIR = tmp_path / "staging"
    now = timezone.now()
    company.load(now=now)
    sealing.seal(actor=factories.TESTER, at=now)
    insight.count(at=now)
    monkeypatch.setattr(celery_app, "send_task", lambda name, args=(), **how: celery_app.tasks[name].apply(args))


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Keep what a page looks like, where it is asked for."""
    folder = os.environ.get("SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            page.mouse.move(0, 0)
            page.screenshot(path=Path(folder) / f"{name}.png")

    return keep


def member(role: str) -> User:
    user = factories.user(role.split()[0].casefold(), role=role)
    user.set_password(PASSWORD)
    user.save()
    signing_in.app_of(user)
    return user


def sign_in(page: Page, url: str, role: str) -> None:
    """Sign in as somebody new of a role, as they do: with a password, and a code of their app."""
    user = member(role)
    page.goto(f"{url}/admin/")
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(signing_in.code())
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url(f"{url}/admin/")


@pytest.fixture
def page(browser: Browser) -> Any:
    with desk(browser, "light", 1440) as context:
        yield context.new_page()


def test_an_editor_finds_somebody_corrects_them_and_writes_down_their_yes(
    page: Page, live_server: Any, shoot: Callable[[Page, str], None]
) -> None:
    point: Any = ContactPoint.objects.filter(contact__status="live", erased_at=None, until=None).last()
    number, contact = point.line.e164, point.contact
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, live_server.url, "Editor")
    page.goto(f"{live_server.url}/admin/crm/contact/")
    shoot(page, "contacts")
    page.get_by_role("search").get_by_role("textbox").fill(f"{number[:2]} ({number[2:5]}) {number[5:8]}-{number[8:]}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contact/?found=*")
    page.get_by_role("link", name=str(contact), exact=True).first.click()
    page.get_by_label("Organisation").fill("Harbour Rowing Club")
    page.get_by_label("Reason for this change").fill("said so at the counter")
    shoot(page, "contact")
    page.get_by_role("button", name="Save", exact=True).click()
    page.goto(f"{live_server.url}/admin/crm/contact/{contact.pk}/blame/")
    row = page.get_by_role("row").filter(has_text="Harbour Rowing Club")
    expect(row).to_contain_text("said so at the counter")
    expect(row).to_contain_text("editor")
    shoot(page, "blame")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact.pk}/consent/")
    page.get_by_role("row").filter(has_text="Offers and news").get_by_role("link", name="Record").first.click()
    page.get_by_label("Evidence").fill("Signed on paper at the counter; the sheet is in folder 7.")
    page.get_by_role("button", name="Record").click()
    page.wait_for_url(f"**/contact/{contact.pk}/change/")
    entry = ConsentEvent.objects.latest("pk")
    assert (entry.point.contact, entry.act, entry.purpose.slug) == (contact, "given", "news")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact.pk}/consent/")
    shoot(page, "consent")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact.pk}/timeline/")
    expect(page.get_by_text("said so at the counter").first).to_be_visible()
    shoot(page, "timeline")
    assert Contact.objects.get(pk=contact.pk).organisation == "Harbour Rowing Club"
    assert not any(number[-7:] in address for address in asked)


def test_an_importer_brings_a_suppliers_list_in(
    page: Page, live_server: Any, shoot: Callable[[Page, str], None], tmp_path: Path
) -> None:
    file = tmp_path / "greenlist-leads.csv"
    file.write_bytes(company.supplier_file(now=timezone.now()))
    sign_in(page, live_server.url, "Importer")
    page.goto(f"{live_server.url}/admin/crm/importbatch/add/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_label("Source").select_option(label="Greenlist leads")
    page.get_by_role("button", name="Upload", exact=True).click()
    shoot(page, "columns")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("button", name="Confirm")).to_be_visible(timeout=60_000)
    shoot(page, "preview")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_load_state()
    batch = ImportBatch.objects.get()
    assert batch.stage == ImportBatch.Stage.COMMITTED
    assert batch.counts["created"] > 0


def test_an_officer_shows_what_was_allowed_when_and_looks_at_one_number(
    page: Page, live_server: Any, shoot: Callable[[Page, str], None]
) -> None:
    given = (
        Consent.objects.filter(status="given", point__erased_at=None).select_related("point__line").earliest("since")
    )
    contact, line = given.point.contact_id, given.point.line
    sign_in(page, live_server.url, "Compliance officer")
    expect(page.get_by_role("heading", name="Held")).to_be_visible()
    shoot(page, "dashboard")
    then = (given.since + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact}/permission/?at={then}")
    shoot(page, "permission")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact}/as-of/?at={then}")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact}/retention/")
    shoot(page, "retention")
    page.goto(f"{live_server.url}/admin/crm/contact/{contact}/reveal/?point={given.point_id}")
    page.get_by_label("Reason").fill("asked for access under article 15")
    page.get_by_role("button", name="Show", exact=True).click()
    assert line is not None
    expect(page.get_by_text(line.e164)).to_be_visible()
    assert AccessRecord.objects.get().kind == "reveal"
    page.goto(f"{live_server.url}/admin/consent/purpose/register/")
    shoot(page, "register")
