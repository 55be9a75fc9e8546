"""The till: who may open it and for how long, what it takes in, and what it never shows."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from consent import places
from consent.challenges import code_of
from consent.models import ApiKey, Challenge, CollectionPoint, Consent, ConsentEvent, Evidence, Method
from consent.withdrawal import withdraw
from crm.models import PhoneNumber
from tests import factories
from tests.consent.views.filling import Page, get, name_of, send
from tests.factories import TESTER

pytestmark = pytest.mark.django_db

TILL = "/till/shop/"
REFUSED = {"key": "This key does not open this till."}


def issued(place: CollectionPoint, *scopes: str, days: int = 30) -> tuple[ApiKey, str]:
    now = timezone.now()
    return places.issue_key(
        place=place,
        name="tablet",
        scopes=scopes or ["kiosk"],
        expires_at=now + timedelta(days=days),
        created_by=None,
        at=now - timedelta(days=1),
    )


@pytest.fixture
def key(till_place) -> tuple[ApiKey, str]:
    return issued(till_place)


@pytest.fixture
def till(client, key) -> Client:
    """A tablet whose till is open."""
    assert client.post(f"{TILL}open/", {"key": key[1]}).status_code == 303
    return client


@pytest.fixture
def box(news) -> str:
    return name_of(factories.notice(news))


def is_open(client: Client) -> bool:
    return 'name="phone"' in get(client, TILL).text


class TestOpening:
    def test_it_asks_for_a_key(self, client, till_place) -> None:
        page = get(client, TILL)
        assert 'type="password"' in page.text
        assert 'name="phone"' not in page.text

    def test_a_key_of_the_place_opens_it(self, till) -> None:
        assert is_open(till)

    def test_that_it_was_used_is_on_record(self, till) -> None:
        assert ApiKey.objects.get().last_used_at is not None

    def test_the_cookie_is_for_this_till_alone_and_holds_no_key(self, till, key, settings) -> None:
        cookie = till.cookies["till"]
        assert (cookie["path"], cookie["samesite"], cookie["httponly"]) == (TILL, "Strict", True)
        assert cookie["max-age"] == settings.KIOSK_SHIFT_HOURS * 3600
        assert key[1] not in cookie.value

    def test_over_https_it_is_sent_over_nothing_else(self, client, key, settings) -> None:
        settings.SESSION_COOKIE_SECURE = True
        client.post(f"{TILL}open/", {"key": key[1]})
        assert client.cookies["till"]["secure"]

    @pytest.mark.parametrize("case", ["unknown", "empty", "revoked", "expired", "of_another_place", "for_programs"])
    def test_every_other_key_is_refused_in_the_same_words(self, client, till_place, key, news, case) -> None:
        other = factories.place("market", kind="point_of_sale", asks=[news], languages=["en"])
        text = {
            "unknown": f"rfk_{'0' * 12}_{'x' * 43}",
            "empty": "",
            "of_another_place": issued(other)[1],
            "for_programs": issued(till_place, "capture", "lookup")[1],
        }.get(case, key[1])
        if case == "revoked":
            places.revoke_key(key[0], at=timezone.now())
        with time_machine.travel(timezone.now() + timedelta(days=31 if case == "expired" else 0), tick=False):
            page = Page(client.post(f"{TILL}open/", {"key": text}))
        assert (page.response.status_code, page.problems()) == (422, REFUSED)
        assert text not in page.text or not text
        assert "till" not in client.cookies
        assert not is_open(client)

    def test_opening_and_locking_are_posts(self, client, key) -> None:
        assert client.get(f"{TILL}open/", {"key": key[1]}).status_code == 405
        assert client.get(f"{TILL}lock/").status_code == 405

    @pytest.mark.parametrize("address", ["", "open/", "lock/", f"code/{'x' * 43}/"])
    def test_a_form_from_elsewhere_is_refused(self, key, address) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post(f"{TILL}{address}", {"key": key[1]}).status_code == 403

    @pytest.mark.parametrize("slug", ["none", "garden"])
    def test_there_is_none_for_other_places(self, client, place, slug) -> None:
        assert client.get(f"/till/{slug}/").status_code == 404
        assert client.post(f"/till/{slug}/open/").status_code == 404


class TestShift:
    def test_it_ends(self, till, settings) -> None:
        now = timezone.now()
        with time_machine.travel(now + timedelta(hours=settings.KIOSK_SHIFT_HOURS, seconds=-5), tick=False):
            assert is_open(till)
        # The cookie is looked at, not only forgotten by a browser that keeps to its age.
        with time_machine.travel(now + timedelta(hours=settings.KIOSK_SHIFT_HOURS, seconds=5), tick=False):
            assert not is_open(till)

    def test_lock_ends_it(self, till) -> None:
        response = till.post(f"{TILL}lock/")
        assert (response.status_code, response["Location"]) == (303, f"{TILL}?lang=en")
        assert not is_open(till)

    def test_a_revoked_key_ends_it(self, till, key) -> None:
        places.revoke_key(key[0], at=timezone.now())
        assert not is_open(till)

    def test_so_does_a_key_that_no_longer_opens_tills(self, till, key) -> None:
        ApiKey.objects.filter(pk=key[0].pk).update(scopes=["capture"])
        assert not is_open(till)

    def test_so_does_the_key_of_another_place(self, till, key, news) -> None:
        other = factories.place("market", kind="point_of_sale", asks=[news], languages=["en"])
        ApiKey.objects.filter(pk=key[0].pk).update(collection_point=other)
        assert not is_open(till)

    def test_a_closed_place_has_none(self, till, till_place) -> None:
        CollectionPoint.objects.filter(pk=till_place.pk).update(active=False)
        assert till.get(TILL).status_code == 404

    @pytest.mark.parametrize("value", ["", "x", "WzEsIjIwMjYiXQ:1:x"])
    def test_a_cookie_that_is_not_ours_opens_nothing(self, client, key, value) -> None:
        client.cookies["till"] = value
        assert not is_open(client)

    def test_after_it_nothing_is_taken_in(self, till, key, box) -> None:
        said = {"shown": get(till, TILL).shown, "phone": "+1 202 555 0171", box: "yes"}
        places.revoke_key(key[0], at=timezone.now())
        page = Page(till.post(TILL, said))
        assert 'type="password"' in page.text
        assert "5550171" not in re.sub(r"\D", "", page.text)
        assert not PhoneNumber.objects.exists()

    @pytest.mark.parametrize("address", ["thanks/", f"code/{'x' * 43}/"])
    def test_its_other_pages_are_shut_too(self, client, key, address) -> None:
        assert 'type="password"' in get(client, f"{TILL}{address}").text


class TestTakingIn:
    def test_what_the_customer_says_yes_to_is_given(self, till, till_place, box) -> None:
        response = send(till, TILL, "+1 202 555 0171", box)
        assert (response.status_code, response["Location"]) == (303, f"{TILL}thanks/?lang=en")
        entry = ConsentEvent.objects.get()
        assert (entry.actor_name, entry.method) == (f"till {till_place.pk}", "point_of_sale")
        assert json.loads(Evidence.objects.get().shown)["page"] == "till"

    def test_no_box_is_ticked(self, till, box) -> None:
        assert set(get(till, TILL).boxes().values()) == {False}

    def test_what_is_wrong_is_said(self, till) -> None:
        page = Page(send(till, TILL, "12"))
        assert list(page.problems()) == ["phone", "agree"]
        assert not PhoneNumber.objects.exists()

    def test_what_must_be_confirmed_is_confirmed_on_the_tablet(self, till, survey, sent) -> None:
        address = send(till, TILL, "+1 202 555 0171", name_of(factories.notice(survey)))["Location"]
        assert re.fullmatch(rf"{TILL}code/[\w-]{{43}}/\?lang=en", address)
        assert Page(till.post(address, {"code": "x"})).problems().keys() == {"code"}
        assert till.post(address, {"again": "yes"}).status_code == 303
        done = till.post(address, {"code": code_of(Challenge.objects.get())})
        assert done["Location"] == f"{TILL}thanks/?lang=en"
        assert Consent.objects.get().status == "given"
        assert len(sent) == 3

    def test_thanks_last_for_a_moment(self, till) -> None:
        page = get(till, f"{TILL}thanks/?lang=de")
        assert "Vielen Dank" in page.text
        assert page.response["Refresh"] == f"5; url={TILL}?lang=de"


class TestShowingNothing:
    def answer(self, response: Any) -> tuple[int, Any, bytes]:
        return (
            response.status_code,
            re.sub(r"code/[\w-]{43}/", "code/*/", response.get("Location", "")),
            response.content,
        )

    @pytest.mark.parametrize("case", ["known", "stopped"])
    @pytest.mark.parametrize("purpose", ["news", "survey"])
    def test_a_known_number_is_answered_like_any_other(self, till, case, purpose) -> None:
        number = factories.number()
        factories.entry(factories.point(number))
        if case == "stopped":
            withdraw(number, at=timezone.now(), reason="stop", method=Method.STAFF, actor=TESTER)
        name = name_of(factories.notice(factories.purpose(purpose)))
        of_this, of_unknown = (send(till, TILL, text, name) for text in (number, factories.number()))
        assert self.answer(of_this) == self.answer(of_unknown)

    def test_nothing_of_the_last_customer_is_left(self, till, box) -> None:
        send(till, TILL, "+1 202 555 0171", box)
        for address in (TILL, f"{TILL}thanks/"):
            page = get(till, address)
            assert "0171" not in page.text
            assert page.response["Cache-Control"] == "no-store"

    def test_the_browser_is_told_to_remember_nothing(self, till) -> None:
        text = get(till, TILL).text
        assert re.search(r'<form method="post" action="\?lang=en" autocomplete="off"', text)
        assert 'id="phone" name="phone" type="tel" inputmode="tel" autocomplete="off"' in text

    def test_an_untouched_form_goes_back_to_empty(self, till, box, settings) -> None:
        settings.KIOSK_IDLE_SECONDS = 77
        for page in (get(till, TILL), Page(send(till, TILL, "12"))):
            # Without scripts by itself, with them once nobody touches it any more.
            assert f'<noscript><meta http-equiv="refresh" content="77; url={TILL}?lang=en"></noscript>' in page.text
            assert f'data-idle-seconds="77" data-idle-url="{TILL}?lang=en"' in page.text

    @pytest.mark.parametrize("address", ["", "thanks/"])
    def test_nobody_may_frame_it(self, till, till_place, address) -> None:
        CollectionPoint.objects.filter(pk=till_place.pk).update(allowed_origins=["https://www.fernhill.example"])
        response = till.get(f"{TILL}{address}")
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
