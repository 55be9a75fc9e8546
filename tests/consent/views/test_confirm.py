"""The page on which the code is entered."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from consent.challenges import code_of
from consent.models import Challenge, Consent, ConsentEvent, OutgoingMessage
from tests import factories
from tests.consent.views.filling import Page, name_of, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(client, place, survey, sent) -> str:
    """Where somebody was led who agreed to what must be confirmed."""
    answer = send(client, "/c/garden/", "+1 202 555 0171", name_of(factories.notice(survey)))
    return str(answer["Location"])


def right() -> str:
    return code_of(Challenge.objects.get())


def wrong() -> str:
    return f"{(int(right()) + 1) % 1_000_000:06}"


def test_the_code_confirms_what_was_agreed_to(client, address, sent) -> None:
    response = client.post(address, {"code": right()}, headers={"User-Agent": "Firefox/1"})
    assert (response.status_code, response["Location"]) == (303, "/c/garden/done/?lang=en")
    assert Consent.objects.get().status == "given"
    entry = ConsentEvent.objects.get(act="confirmed")
    assert (entry.evidence.ip, entry.evidence.user_agent) == ("127.0.0.1", "Firefox/1")
    assert json.loads(entry.evidence.shown) == {"page": "code", "place": "garden", "language": "en"}
    assert sent == list(OutgoingMessage.objects.order_by("pk").values_list("pk", flat=True))
    assert len(sent) == 2


def test_looking_confirms_nothing(client, address) -> None:
    assert client.get(f"{address}&code={right()}").status_code == 200
    assert Consent.objects.get().status == "requested"
    assert Challenge.objects.get().tries_left == 5


def test_the_field_is_made_for_codes(client, address) -> None:
    text = Page(client.get(address)).text
    assert 'inputmode="numeric" autocomplete="one-time-code"' in text


@pytest.mark.parametrize("case", ["wrong", "empty", "long", "no_such_token", "too_late", "used"])
def test_every_failure_says_the_same(client, address, case) -> None:
    code = {"wrong": wrong(), "empty": "", "long": "1" * 5000}.get(case, right())
    later = timedelta(minutes=11) if case == "too_late" else timedelta(0)
    if case == "used":
        client.post(address, {"code": code})
    where = f"/c/garden/code/{'x' * 43}/?lang=en" if case == "no_such_token" else address
    with time_machine.travel(timezone.now() + later, tick=False):
        page = Page(client.post(where, {"code": code}))
    assert page.response.status_code == 422
    assert page.problems() == {"code": "This code is not right, or no longer valid."}
    assert Consent.objects.get().status == ("given" if case == "used" else "requested")


def test_it_can_be_sent_again(client, address, sent) -> None:
    response = client.post(address, {"again": "yes", "code": ""})
    assert response.status_code == 303
    assert len(sent) == 2
    assert Challenge.objects.get().tries_left == 5
    text = Page(client.get(response["Location"])).text
    assert "a new text is on its way" in text


def test_after_too_many_it_says_the_same_and_sends_nothing(client, address, sent) -> None:
    answers: list[Any] = [client.post(address, {"again": "yes"}) for _ in range(5)]
    assert len({answer["Location"] for answer in answers}) == 1
    assert len(sent) == 3


def test_it_is_in_the_language_of_the_form(client, address) -> None:
    text = Page(client.get(address.replace("lang=en", "lang=de"))).text
    assert "Geben Sie Ihren Code ein" in text
    assert "JA antworten" in text
