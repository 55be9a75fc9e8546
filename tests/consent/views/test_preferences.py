"""The preference centre's pages: opened by a link alone, changed by POST alone, and kept by nobody."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent import preferences, suppression
from consent.challenges import code_of
from consent.ledger import Proof
from consent.models import (
    Challenge,
    Consent,
    ConsentEvent,
    OutgoingMessage,
    PreferenceToken,
    Purpose,
    SubjectRequest,
    Suppression,
)
from crm.logs import MaskingFormatter
from crm.models import ContactPoint
from tests import factories
from tests.factories import NOON, entry, notice, purpose
from tests.preferring import erase, everything, fields, link_of

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"


@pytest.fixture(autouse=True)
def _ours(settings) -> None:
    settings.ORGANISATION, settings.HELP_CONTACT = "Garden Ltd", "help@example.com"


@pytest.fixture
def point() -> ContactPoint:
    """A person who gave news by text, and was asked for nothing else."""
    point = factories.point(NUMBER, given_name="Ann", family_name="Lee")
    entry(point, of=purpose("news"))
    notice(purpose("offers"))
    return point


@pytest.fixture
def link(point: ContactPoint) -> str:
    return link_of(point)


@pytest.fixture
def browser() -> Client:
    """A browser that a forged form from elsewhere would fool, if cookies were what counted."""
    return Client(enforce_csrf_checks=True, HTTP_USER_AGENT="Firefox", REMOTE_ADDR="192.0.2.7")


def box(slug: str, channel: str = "sms") -> str:
    return f"{purpose(slug).pk}:{channel}"


def statuses() -> dict[str, str]:
    return {f"{each.purpose.slug} {each.channel}": each.status for each in Consent.objects.select_related("purpose")}


class TestLooking:
    def test_the_page_shows_what_there_is_to_know_and_to_do(self, browser: Client, link: str) -> None:
        html = browser.get(link).content.decode()
        for part in (
            "Garden Ltd",
            "0187",
            "May we contact you about News?",
            "May we contact you about Offers?",
            "Stop everything",
            "Where we got your number",
            "Who received it",
            "Ask for a copy",
            "Ask for erasure",
            "help@example.com",
        ):
            assert part in html
        for part in (NUMBER, NUMBER[1:], "Ann", "Lee", "<script>", "csrfmiddlewaretoken"):
            assert part not in html

    @pytest.mark.parametrize("state", ["fresh", "old", "erased", "unknown"])
    @pytest.mark.parametrize("page", ["", "one-click/"])
    @pytest.mark.parametrize("query", ["", "?act=stop&List-Unsubscribe=One-Click&lang=de&done=saved"])
    def test_looking_changes_nothing(self, browser, point, state: str, page: str, query: str) -> None:
        link = link_of(point, days_ago=1000 if state == "old" else 0)
        if state == "erased":
            erase(point)
        address = ("/p/unknown/" if state == "unknown" else link) + page + query
        before = everything()
        for method in (browser.get, browser.head):
            assert method(address).status_code == (404 if state == "unknown" else 200)
        assert everything() == before

    @pytest.mark.parametrize("method", ["put", "patch", "delete"])
    def test_other_methods_are_refused(self, browser: Client, link: str, method: str) -> None:
        for address in (link, f"{link}one-click/"):
            assert getattr(browser, method)(address).status_code == 405

    @pytest.mark.parametrize("address", ["{link}", "{link}one-click/", "/p/unknown/", "/p/unknown/one-click/"])
    def test_nobody_keeps_the_page_or_learns_the_link(self, browser: Client, link: str, address: str) -> None:
        answer = browser.get(address.format(link=link))
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Robots-Tag"] == "noindex"
        assert answer["X-Frame-Options"] == "DENY"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert not answer.cookies

    def test_an_unknown_link_says_how_to_reach_us_and_nothing_else(self, browser: Client, link: str) -> None:
        for address in ("/p/unknown/", "/p/unknown/one-click/"):
            for answer in (browser.get(address), browser.post(address, {"act": "stop"})):
                html = answer.content.decode()
                assert answer.status_code == 404
                assert "help@example.com" in html
                assert "0187" not in html
        assert statuses() == {"news sms": "given"}

    def test_what_was_erased_says_so_and_can_still_be_stopped(self, browser: Client, point, link: str) -> None:
        erase(point)
        html = browser.get(link).content.decode()
        assert "Your data has been erased" in html
        assert "Stop everything" in html
        assert "Ask for a copy" not in html
        assert "0187" not in html

    def test_every_box_has_a_label_a_description_and_a_name_for_its_group(self, browser: Client, link: str) -> None:
        html = browser.get(link).content.decode()
        boxes = re.findall(r'<input type="checkbox" id="([^"]+)"[^>]*aria-describedby="([^"]+)"', html)
        assert len(boxes) == 4
        for element, description in boxes:
            assert f'<label class="choice" for="{element}">' in html
            assert f'id="{description}"' in html
        assert len(re.findall(r"<fieldset>\s*<legend>\w+</legend>", html)) == 2
        ids = re.findall(r' id="([^"]+)"', html)
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize(
        ("query", "header", "language"),
        [
            ("", "", "en"),
            ("", "fr-CA,fr;q=0.9", "fr"),
            ("?lang=de", "fr", "de"),
            ("?lang=xx", "es", "es"),
            ("", "ja", "en"),
        ],
    )
    def test_it_speaks_the_language_that_was_chosen_or_the_browsers(
        self, browser, link, query, header, language
    ) -> None:
        notice(purpose("news"), language="de")
        answer = browser.get(link + query, headers={"Accept-Language": header})
        html = answer.content.decode()
        assert answer["Content-Language"] == language
        assert f'<html lang="{language}"' in html
        assert f'<form method="post" action="?lang={language}"' in html
        assert ('<p lang="de">' in html) == (language == "de")

    def test_what_was_done_is_only_ever_one_of_our_sentences(self, browser: Client, link: str) -> None:
        assert "Your choices are saved." in browser.get(f"{link}?done=saved").content.decode()
        html = browser.get(f"{link}?done=<b>pwned</b>&challenge=<b>pwned</b>").content.decode()
        assert "<b>pwned" not in html


class TestSaving:
    def test_a_box_that_is_cleared_takes_consent_back(self, browser: Client, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        assert said["on"] == [box("news")]
        answer = browser.post(f"{link}?lang=de", said | {"on": []})
        assert (answer.status_code, answer["Location"]) == (302, f"{link}?lang=de&done=saved")
        assert statuses() == {"news sms": "withdrawn"}
        evidence = ConsentEvent.objects.latest("pk").evidence
        assert (evidence.ip, evidence.user_agent) == ("192.0.2.7", "Firefox")
        assert "News, version 1 (en): May we contact you about News?\n  sms: on\n" in evidence.shown
        assert f"{purpose('news').pk} sms: off" in evidence.shown

    def test_a_box_that_is_ticked_gives_it(self, browser: Client, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        browser.post(link, said | {"on": [*said["on"], box("offers", "call")]})
        assert statuses() == {"news sms": "given", "offers call": "given"}
        given = ConsentEvent.objects.latest("pk")
        assert (given.notice, given.actor_name) == (notice(purpose("offers")), "person")
        assert "Offers, version 1 (en)" in given.evidence.shown

    def test_what_is_sent_as_it_was_changes_nothing(self, browser: Client, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        before = everything()
        assert browser.post(link, said)["Location"].endswith("done=same")
        assert everything() == before

    def test_a_page_that_lay_open_undoes_no_stop_that_came_meanwhile(self, browser, point, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        preferences.stop_everything(
            preferences.find(link.split("/")[2], at=timezone.now()), at=timezone.now(), evidence=Proof()
        )
        before = everything()
        browser.post(link, said)
        assert everything() == before

    def test_an_old_page_cannot_give_and_what_it_takes_back_is_taken(self, browser: Client, point, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        PreferenceToken.objects.update(created_at=NOON, expires_at=NOON + timedelta(days=1))
        answer = browser.post(link, said | {"on": [box("offers")]})
        html = answer.content.decode()
        assert answer.status_code == 409
        assert f'<a href="#switch-{purpose("offers").pk}-sms">This link is too old' in html
        assert 'role="alert"' in html
        assert "<title>Error: " in html
        assert statuses() == {"news sms": "withdrawn"}

    def test_words_that_have_changed_are_to_be_read_again(self, browser: Client, link: str) -> None:
        said = fields(browser.get(link).content.decode())
        newer = notice(purpose("offers"), version=2)
        answer = browser.post(link, said | {"on": [*said["on"], box("offers")]})
        assert answer.status_code == 409
        assert "read it again" in answer.content.decode()
        assert statuses() == {"news sms": "given"}
        said = fields(answer.content.decode())
        browser.post(link, said | {"on": [*said["on"], box("offers")]})
        assert ConsentEvent.objects.latest("pk").notice == newer

    def test_words_in_another_language_than_the_pages_are_not_what_was_shown(self, browser: Client, link: str) -> None:
        notice(purpose("offers"), language="de")
        said = fields(browser.get(f"{link}?lang=de").content.decode())
        said["on"].append(box("offers"))
        assert browser.post(f"{link}?lang=en", said).status_code == 409
        assert browser.post(f"{link}?lang=de", said).status_code == 302
        assert ConsentEvent.objects.latest("pk").notice.language == "de"

    @pytest.mark.parametrize(
        "damage",
        [
            {"shown": ["x"]},
            {"shown": ["1:sms:perhaps"]},
            {"shown": ["1:post:on"]},
            {"shown": ["x:sms:on"]},
            {"shown": ["9" * 30 + ":sms:on"]},
            {"shown": ["²:sms:on"]},
            {"notice": ["1"], "on": ["1:sms"], "shown": ["1:sms:off"]},
            {"act": "other"},
            {"act": ""},
        ],
    )
    def test_a_damaged_form_changes_nothing_and_says_so(self, browser: Client, link: str, damage: Any) -> None:
        before = everything()
        answer = browser.post(link, {"act": "save"} | damage)
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.content.decode()
        assert everything() == before

    def test_a_purpose_that_we_do_not_have_is_not_offered(self, browser: Client, link: str) -> None:
        answer = browser.post(link, {"act": "save", "shown": ["999:sms:off"], "on": ["999:sms"]})
        assert answer.status_code == 409
        assert browser.post(link, {"act": "save", "shown": ["999:sms:on"]}).status_code == 302
        assert statuses() == {"news sms": "given"}

    def test_what_cannot_be_stored_is_an_error_of_ours_and_nothing_is_half_written(
        self, link: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_given: Any, **_values: Any) -> None:
            raise OSError("disk full")

        browser = Client(raise_request_exception=False)
        said = fields(browser.get(link).content.decode())
        before = everything()
        monkeypatch.setattr(suppression, "suppress", fail)
        for address, data in (
            (link, said | {"on": []}),
            (link, {"act": "stop"}),
            (f"{link}one-click/", {"List-Unsubscribe": "One-Click"}),
        ):
            assert browser.post(address, data).status_code == 500
        assert everything() == before


class TestConfirming:
    @pytest.fixture
    def challenge(self, browser: Client, link: str) -> str:
        """The token of a challenge that switching on has started."""
        Purpose.objects.filter(slug="offers").update(needs_confirmation=True)
        said = fields(browser.get(link).content.decode())
        answer = browser.post(link, said | {"on": [*said["on"], box("offers")]})
        assert "done=code&challenge=" in answer["Location"]
        html = browser.get(answer["Location"]).content.decode()
        assert "we are sending a code to your phone" in html
        found = re.search(r'name="challenge" value="([^"]+)"', html)
        assert found
        return found[1]

    def test_where_a_code_is_needed_it_is_asked_for_and_counts(self, browser, link: str, challenge: str) -> None:
        assert statuses()["offers sms"] == "requested"
        assert OutgoingMessage.objects.get().kind == "code"
        code = code_of(Challenge.objects.get())
        answer = browser.post(link, {"act": "confirm", "challenge": challenge, "code": code})
        assert answer["Location"].endswith("done=confirmed")
        assert statuses()["offers sms"] == "given"

    def test_a_wrong_code_is_told_at_its_field(self, browser: Client, link: str, challenge: str) -> None:
        right = code_of(Challenge.objects.get())
        wrong = "000000" if right != "000000" else "111111"
        answer = browser.post(link, {"act": "confirm", "challenge": challenge, "code": wrong})
        html = answer.content.decode()
        assert answer.status_code == 400
        assert '<a href="#code">' in html
        assert f'value="{challenge}"' in html
        assert statuses()["offers sms"] == "requested"


class TestStopping:
    def test_one_press_stops_everything(self, browser: Client, link: str) -> None:
        answer = browser.post(link, {"act": "stop"})
        assert answer["Location"].endswith("done=stopped")
        assert "We have stopped everything" in browser.get(answer["Location"]).content.decode()
        assert statuses() == {"news sms": "withdrawn"}
        no = Suppression.objects.get()
        assert (no.purpose, no.channel, no.actor_name) == (None, "", "person")
        assert ConsentEvent.objects.latest("pk").evidence.shown.startswith("preference centre: stop everything\n")

    @pytest.mark.parametrize("state", ["fresh", "old", "erased", "twice"])
    @pytest.mark.parametrize("multipart", [True, False], ids=["multipart", "urlencoded"])
    def test_one_click_needs_nothing_but_the_link(self, browser, point, state: str, multipart: bool) -> None:
        address = link_of(point, days_ago=1000 if state == "old" else 0) + "one-click/"
        if state == "erased":
            erase(point)
        for _time in range(2 if state == "twice" else 1):
            if multipart:
                answer = browser.post(address, {"List-Unsubscribe": "One-Click"})
            else:
                answer = browser.post(address, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
            assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
            assert not answer.cookies
        no = Suppression.objects.get(extent="contact", lifted_at=None)
        assert (no.purpose, no.channel, no.reason) == (None, "", "one-click unsubscribe")
        assert set(statuses().values()) == {"given" if state == "erased" else "withdrawn"}

    def test_a_post_without_the_words_of_the_mail_program_shows_the_button(self, browser, link: str) -> None:
        before = everything()
        answer = browser.post(f"{link}one-click/", {})
        assert answer.status_code == 400
        assert 'name="List-Unsubscribe" value="One-Click"' in answer.content.decode()
        assert everything() == before

    def test_the_broker_may_be_down(self, browser: Client, link: str, settings) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        assert browser.post(link, {"act": "stop"}).status_code == 302
        assert statuses() == {"news sms": "withdrawn"}


class TestAsking:
    @pytest.mark.parametrize("kind", ["access", "erasure"])
    def test_a_request_is_opened_once_and_acknowledged(self, browser: Client, point, link: str, kind: str) -> None:
        for _time in range(2):
            answer = browser.post(link, {"act": kind})
            assert answer["Location"].endswith(f"done={kind}")
        assert "answer within a month" in browser.get(answer["Location"]).content.decode()
        request = SubjectRequest.objects.get()
        assert (request.kind, request.contact, request.came_by) == (kind, point.contact, "preference centre")

    def test_an_objection_is_not_asked_for_it_is_made(self, browser: Client, link: str) -> None:
        assert browser.post(link, {"act": "objection"}).status_code == 400
        assert not SubjectRequest.objects.exists()

    def test_after_an_erasure_there_is_nothing_to_ask_for(self, browser: Client, point, link: str) -> None:
        erase(point)
        answer = browser.post(link, {"act": "access"})
        assert answer.status_code == 409
        assert '<a href="#requests-title">Your data has been erased already' in answer.content.decode()
        assert not SubjectRequest.objects.exists()


def test_neither_the_number_nor_the_link_is_logged(browser: Client, link: str, caplog: Any) -> None:
    caplog.handler.setFormatter(MaskingFormatter("%(message)s"))
    with caplog.at_level(logging.DEBUG):
        for act in ("access", "stop", "other"):
            browser.post(link, {"act": act})
    assert "Bad Request: /p/[link]/" in caplog.text
    for part in (NUMBER, link):
        assert part not in caplog.text
