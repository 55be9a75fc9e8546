"""The hosted form in a real browser: walked through with and without scripts, by keyboard, and in a frame."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from consent.challenges import code_of
from consent.models import Challenge, CollectionPoint, Consent, ConsentEvent
from tests.browser.visiting import NUMBER, text_box


def given() -> list[tuple[str, str, str]]:
    return [(each.purpose.slug, each.channel, each.status) for each in Consent.objects.order_by("pk")]


@pytest.mark.parametrize("scripts", [True, False])
def test_from_a_mistake_to_a_confirmed_consent(browser: Browser, form: str, scripts: bool) -> None:
    with browser.new_context(java_script_enabled=scripts, locale="en-US") as context:
        page = context.new_page()
        page.goto(form)
        page.get_by_label("Phone number").fill("call me")
        text_box(page, "survey").check()
        page.get_by_role("button", name="Send").click()
        expect(page.locator(".errors")).to_be_focused()
        expect(page.locator(".errors a")).to_have_count(2)
        expect(text_box(page, "survey")).to_be_checked()
        page.locator(".errors a").first.click()
        expect(page.get_by_label("Phone number")).to_be_focused()
        page.get_by_label("Phone number").fill(NUMBER)
        page.get_by_label("I am at least 16 years old.").check()
        page.get_by_role("button", name="Send").click()
        page.get_by_label("Code", exact=True).fill("12345x")
        page.get_by_role("button", name="Confirm").click()
        expect(page.locator(".errors")).to_contain_text("This code is not right")
        assert given() == [("survey", "sms", "requested")]
        page.get_by_role("button", name="Send the code again").click()
        expect(page.get_by_role("status")).to_contain_text("on its way")
        page.get_by_label("Code", exact=True).fill(code_of(Challenge.objects.get()))
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
        assert given() == [("survey", "sms", "given")]
        assert context.cookies() == []


def test_by_keyboard_alone(page: Page, form: str) -> None:
    page.goto(form)
    page.locator("#region").focus()
    page.keyboard.press("Tab")
    page.keyboard.type(NUMBER)
    for element in ("news-sms", "news-call", "survey-sms", "age"):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.type")
        assert focused == "checkbox", element
        if element != "survey-sms":
            page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert given() == [("news", "sms", "given"), ("news", "call", "given")]


def test_what_has_the_focus_can_be_seen(page: Page, form: str) -> None:
    page.goto(form)
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        width = "getComputedStyle(document.activeElement).outlineWidth"
        style = "getComputedStyle(document.activeElement).outlineStyle"
        seen.append((page.evaluate(style), page.evaluate(width)))
    assert set(seen) == {("solid", "3px")}


def test_a_page_loaded_again_sends_nothing_twice(page: Page, form: str) -> None:
    page.goto(form)
    page.get_by_label("Phone number").fill(NUMBER)
    text_box(page, "news").check()
    page.get_by_label("I am at least 16 years old.").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert ConsentEvent.objects.count() == 1


def test_in_another_language(page: Page, form: str) -> None:
    page.goto(form)
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Wie dürfen wir Sie erreichen?")).to_be_visible()
    page.get_by_role("button", name="Senden").click()
    expect(page.locator(".errors")).to_contain_text("Hier steht keine Telefonnummer.")
    expect(page.locator("html")).to_have_attribute("lang", "de")


@contextmanager
def embedding(address: str) -> Iterator[str]:
    """Serve a page with a frame in it, and give its origin: another one than the service's."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = f'<!doctype html><title>Shop</title><iframe src="{address}" width="600" height="1500"></iframe>'
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class TestInAFrame:
    def test_of_a_page_that_the_place_allows(self, page: Page, form: str, place: CollectionPoint) -> None:
        with embedding(form) as origin:
            CollectionPoint.objects.filter(pk=place.pk).update(allowed_origins=[origin])
            page.goto(origin)
            frame = page.frame_locator("iframe")
            frame.get_by_label("Phone number").fill(NUMBER)
            text_box(frame, "survey").check()
            frame.get_by_role("button", name="Send").click()
            expect(frame.locator(".errors")).to_be_visible()
            frame.get_by_label("I am at least 16 years old.").check()
            frame.get_by_role("button", name="Send").click()
            frame.get_by_label("Code", exact=True).fill("12345x")
            frame.get_by_role("button", name="Confirm").click()
            expect(frame.locator(".errors")).to_be_visible()
            frame.get_by_label("Code", exact=True).fill(code_of(Challenge.objects.get()))
            frame.get_by_role("button", name="Confirm").click()
            expect(frame.get_by_role("heading", name="Thank you")).to_be_visible()
            assert given() == [("survey", "sms", "given")]
            assert page.context.cookies() == []

    @pytest.mark.parametrize("allowed", [[], ["https://www.fernhill.example"]])
    def test_of_any_other_page_nothing_is_seen(
        self, browser: Browser, form: str, place: CollectionPoint, allowed: list[str]
    ) -> None:
        CollectionPoint.objects.filter(pk=place.pk).update(allowed_origins=allowed)
        with embedding(form) as origin, browser.new_context() as context:
            page = context.new_page()
            refusals: list[str] = []
            page.on("console", lambda said: refusals.append(said.text))
            page.goto(origin)
            page.wait_for_load_state("networkidle")
            assert page.frame_locator("iframe").locator("#phone").count() == 0
            assert any("frame-ancestors" in each or "X-Frame-Options" in each for each in refusals)
