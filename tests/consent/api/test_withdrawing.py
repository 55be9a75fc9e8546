"""Taking back by a program: always, for every number, in every scope."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from consent import withdrawal
from consent.models import Consent, ConsentEvent, Suppression
from consent.retention import erase
from consent.rules.lines import Channel
from crm.models import PhoneNumber
from tests import factories
from tests.consent.api.program import Program, faults
from tests.factories import TESTER, entry, number, point, purpose

pytestmark = pytest.mark.django_db
DONE = {"suppressed": True}


@pytest.fixture
def program() -> Program:
    return Program(factories.place(asks=[purpose()]), "withdraw")


def test_everything_is_taken_back_unless_less_is_said(program: Program) -> None:
    text = number()
    at = point(text)
    entry(at)
    entry(at, of=purpose("other"), channel=Channel.CALL)
    answer = program.post("/withdrawals", {"number": text, "evidence": {"shown": "Stop all"}})
    assert (answer.status_code, answer.json()) == (200, DONE)
    assert set(Consent.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert Suppression.objects.get().reason == "withdrawn"
    said = ConsentEvent.objects.filter(act="withdrawn").first()
    assert (said.method, said.actor_name) == ("web_form", f"api key {program.key.prefix}")
    assert said.evidence.shown == "Stop all"


def test_a_purpose_of_another_place_and_one_channel_may_be_taken_back(program: Program) -> None:
    text = number()
    at = point(text)
    entry(at)
    entry(at, of=purpose("other"))
    assert program.post("/withdrawals", {"number": text, "purpose": "other", "channel": "sms"}).json() == DONE
    assert dict(Consent.objects.values_list("purpose__slug", "status")) == {"news": "given", "other": "withdrawn"}
    no = Suppression.objects.get()
    assert (no.purpose.slug, no.channel) == ("other", "sms")


def test_it_works_for_unknown_erased_and_no_longer_valid_numbers_and_twice(program: Program) -> None:
    gone = number()
    erase(point(gone).contact, reason="erasure request", actor=TESTER, at=timezone.now())
    for text in (number(), gone, "+1 (555) 000-0000"):
        for _time in range(2):
            answer = program.post("/withdrawals", {"number": text})
            assert (answer.status_code, answer.json()) == (200, DONE)
    assert Suppression.objects.filter(extent="contact").count() == 3
    assert not PhoneNumber.objects.filter(number__isnull=False).exists()


def test_an_objection_is_kept_as_one(program: Program) -> None:
    program.post("/withdrawals", {"number": number(), "objection": True})
    assert Suppression.objects.get().reason == "objection"


def test_it_may_have_been_said_before_and_not_later(program: Program) -> None:
    text, before = number(), timezone.now() - timedelta(days=2)
    assert program.post("/withdrawals", {"number": text, "occurred_at": before.isoformat()}).json() == DONE
    assert Suppression.objects.get().since == before
    later = (timezone.now() + timedelta(minutes=5)).isoformat()
    assert faults(program.post("/withdrawals", {"number": text, "occurred_at": later})) == [
        ("/occurred_at", "in_the_future")
    ]


def test_what_cannot_be_meant_is_named(program: Program) -> None:
    assert faults(program.post("/withdrawals", {"number": "stop"})) == [("/number", "letters")]
    assert faults(program.post("/withdrawals", {"number": number(), "purpose": "none"})) == [
        ("/purpose", "unknown_purpose")
    ]
    assert faults(program.post("/withdrawals", {})) == [("/number", "missing")]


@pytest.mark.parametrize("again", [{}, {"Idempotency_Key": "a"}])
def test_what_cannot_be_stored_is_a_fault_of_ours_and_never_a_silent_loss(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, again: dict[str, str]
) -> None:
    text = number()

    def down(*_args: Any, **_values: Any) -> None:
        raise DatabaseError(f"disk full, Key (number)=({text})")

    with monkeypatch.context() as broken:
        broken.setattr(withdrawal, "withdraw", down)
        answer = program.post("/withdrawals", {"number": text}, **again)
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert text not in answer.content.decode()
    assert not Suppression.objects.exists()
    assert program.post("/withdrawals", {"number": text}, **again).json() == DONE
