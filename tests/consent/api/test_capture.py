"""Capture by a program: what it may send, what is stored of it, and that its answer tells nothing of the number."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import tasks
from consent.challenges import code_of
from consent.models import Challenge, Consent, ConsentEvent, OutgoingMessage
from consent.retention import erase
from consent.rules.lines import Channel
from consent.suppression import line_for, suppress
from crm.models import Contact, PhoneNumber
from tests import factories
from tests.consent.api.program import Program, faults
from tests.factories import TESTER, notice, number, point, purpose

pytestmark = pytest.mark.django_db

YES: dict[str, Any] = {"purpose": "news", "channel": "sms", "notice_version": 1, "given": True}


@pytest.fixture
def program() -> Program:
    return Program(factories.place(asks=[purpose()]), "capture")


def said(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"number": number(), "language": "en", "choices": list(choices), "evidence": {}} | more


def test_a_yes_is_stored_with_its_words_and_its_evidence(program: Program) -> None:
    evidence = {"ip": "192.0.2.7", "user_agent": "Shop/2", "shown": "News by text [x]"}
    body = said(YES, profile={"given_name": "Ada"}, evidence=evidence)
    answer = program.post("/captures", body)
    assert (answer.status_code, answer.json()) == (201, {"pending": False, "confirmation_token": None})
    entry = ConsentEvent.objects.select_related("evidence", "notice", "point__contact").get()
    assert (entry.act, entry.channel, entry.notice.version, entry.method) == ("given", "sms", 1, "web_form")
    assert entry.actor_name == f"api key {program.key.prefix}"
    assert entry.source == program.place.source
    kept = entry.evidence
    assert (kept.ip, kept.user_agent, kept.shown) == ("192.0.2.7", "Shop/2", "News by text [x]")
    assert entry.point.contact.given_name == "Ada"


def test_the_address_of_the_program_is_not_taken_for_that_of_the_person(program: Program) -> None:
    program.post("/captures", said(YES))
    assert ConsentEvent.objects.get().evidence.ip is None


def test_a_national_number_is_read_by_its_region_or_that_of_the_place(program: Program) -> None:
    assert program.post("/captures", said(YES, number="(202) 555-0171")).status_code == 201
    assert program.post("/captures", said(YES, number="020 7946 0123", region="GB")).status_code == 201
    assert {line.number.as_e164 for line in PhoneNumber.objects.all()} == {"+12025550171", "+442079460123"}


@pytest.mark.parametrize("given", [{}, {"given": False}, {"given": None}])
def test_absent_or_false_is_no_consent_and_nothing_is_stored(program: Program, given: dict[str, Any]) -> None:
    answer = program.post("/captures", said({"purpose": "news", "channel": "sms", "notice_version": 1, **given}))
    assert (answer.status_code, answer.json()) == (200, {"pending": False, "confirmation_token": None})
    assert not PhoneNumber.objects.exists()
    assert not Contact.objects.exists()


@pytest.mark.parametrize("given", ["true", 1, "yes"])
def test_what_only_looks_like_a_yes_is_none(program: Program, given: object) -> None:
    answer = program.post("/captures", said({**YES, "given": given}))
    assert faults(answer) == [("/choices/0/given", "bool_type")]
    assert not ConsentEvent.objects.exists()


@pytest.mark.parametrize("given", [True, False])
def test_a_purpose_outside_the_collection_point_is_an_error(program: Program, given: bool) -> None:
    notice(purpose("other"))
    answer = program.post("/captures", said(YES, {**YES, "purpose": "other", "given": given}))
    assert faults(answer) == [("/choices/1/purpose", "not_asked")]
    assert not ConsentEvent.objects.exists()


def test_a_yes_without_or_with_an_unknown_version_of_the_wording_is_an_error(program: Program) -> None:
    without = {name: value for name, value in YES.items() if name != "notice_version"}
    assert faults(program.post("/captures", said(without))) == [("/choices/0/notice_version", "notice_missing")]
    assert faults(program.post("/captures", said({**YES, "notice_version": 2}))) == [
        ("/choices/0/notice_version", "unknown_notice")
    ]
    assert not ConsentEvent.objects.exists()


def test_a_purpose_that_rests_on_no_consent_or_lacks_the_channel_is_not_asked() -> None:
    service, texts = purpose("service", basis="contract"), purpose("texts", channels=["sms"])
    program = Program(factories.place(asks=[service, texts]))
    assert faults(program.post("/captures", said({**YES, "purpose": "service"}))) == [
        ("/choices/0/purpose", "not_asked")
    ]
    assert faults(program.post("/captures", said({**YES, "purpose": "texts", "channel": "call"}))) == [
        ("/choices/0/channel", "not_asked")
    ]


def test_what_is_named_twice_is_an_error_as_nobody_knows_which_counts(program: Program) -> None:
    assert faults(program.post("/captures", said(YES, {**YES, "given": False}))) == [("/choices/1", "named_twice")]


def test_a_language_in_which_the_place_does_not_ask_is_an_error(program: Program) -> None:
    assert faults(program.post("/captures", said(YES, language="de"))) == [("/language", "unknown_language")]


@pytest.mark.parametrize(
    ("text", "code"),
    [("not a number", "letters"), ("+1202555", "too_short"), ("+1 555 555 0100", "not_valid"), ("", None)],
)
def test_what_is_no_number_is_named_and_not_repeated(program: Program, text: str, code: str | None) -> None:
    answer = program.post("/captures", said(YES, number=text))
    assert [where for where, _code in faults(answer)] == ["/number"]
    if code:
        assert faults(answer)[0][1] == code
        assert text not in answer.content.decode()


def test_a_number_in_a_name_is_named_and_not_repeated(program: Program) -> None:
    written = number()
    answer = program.post("/captures", said(YES, profile={"given_name": f"Call {written}"}))
    assert faults(answer) == [("/profile/given_name", "number_in_text")]
    assert written not in answer.content.decode()


def test_a_place_that_asks_the_age_needs_it() -> None:
    program = Program(factories.place(asks=[purpose()], asks_age=True))
    assert faults(program.post("/captures", said(YES))) == [("/age_confirmed", "age_not_confirmed")]
    assert program.post("/captures", said(YES, age_confirmed=True)).status_code == 201


def test_it_may_have_been_said_before_and_not_later(program: Program) -> None:
    before = timezone.now() - timedelta(days=3)
    assert program.post("/captures", said(YES, occurred_at=before.isoformat())).status_code == 201
    assert ConsentEvent.objects.get().occurred_at == before
    later = (timezone.now() + timedelta(minutes=5)).isoformat()
    assert faults(program.post("/captures", said(YES, occurred_at=later))) == [("/occurred_at", "in_the_future")]
    for text, code in (("2026-03-02T12:00:00", "naive_timestamp"), ("soon", "not_a_time"), (12, "not_a_time")):
        assert faults(program.post("/captures", said(YES, occurred_at=text))) == [("/occurred_at", code)]


class TestDoubleOptIn:
    @pytest.fixture
    def program(self, monkeypatch: pytest.MonkeyPatch) -> Program:
        self.sent: list[int] = []
        monkeypatch.setattr(tasks, "send_soon", self.sent.extend)
        return Program(factories.place(asks=[purpose(needs_confirmation=True)]), "capture")

    def test_it_is_only_requested_until_the_code_comes_back(self, program: Program) -> None:
        answer = program.post("/captures", said(YES))
        token = answer.json()["confirmation_token"]
        assert answer.json() == {"pending": True, "confirmation_token": token}
        assert token
        assert Consent.objects.get().status == "requested"
        assert [message.kind for message in OutgoingMessage.objects.filter(pk__in=self.sent)] == ["code"]

        code = code_of(Challenge.objects.get())
        wrong = program.post("/confirmations", {"token": token, "code": "000000" if code != "000000" else "1"})
        assert faults(wrong) == [("/code", "wrong_code")]
        right = program.post("/confirmations", {"token": token, "code": code, "evidence": {"ip": "192.0.2.9"}})
        assert (right.status_code, right.json()) == (200, {"confirmed": True})
        assert Consent.objects.get().status == "given"
        assert ConsentEvent.objects.get(act="confirmed").evidence.ip == "192.0.2.9"
        assert len(self.sent) == 2

    def test_a_wrong_code_is_used_up_and_every_reason_is_answered_alike(self, program: Program) -> None:
        token = program.post("/captures", said(YES)).json()["confirmation_token"]
        wrong = program.post("/confirmations", {"token": token, "code": "x"})
        unknown = program.post("/confirmations", {"token": "there-is-none", "code": "123456"})
        assert wrong.json() == unknown.json()
        assert Challenge.objects.get().tries_left == 4

    def test_the_code_is_sent_again_and_nobody_is_told_whether_it_was(self, program: Program) -> None:
        token = program.post("/captures", said(YES)).json()["confirmation_token"]
        known = program.post("/confirmations/resend", {"token": token})
        unknown = program.post("/confirmations/resend", {"token": "there-is-none"})
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json()) == (202, {"accepted": True})
        assert len(self.sent) == 2

    def test_the_answer_is_the_same_for_new_known_suppressed_and_erased_numbers(self, program: Program) -> None:
        new, known, stopped, erased = number(), number(), number(), number()
        point(known)
        with_line = line_for(stopped)
        suppress(with_line, since=timezone.now(), reason="withdrawn", actor=TESTER)
        erase(point(erased).contact, reason="erasure request", actor=TESTER, at=timezone.now())
        answers = [program.post("/captures", said(YES, number=each)) for each in (new, known, stopped, erased)]
        assert {answer.status_code for answer in answers} == {201}
        shapes = [{name: type(value) for name, value in answer.json().items()} for answer in answers]
        assert shapes == [{"pending": bool, "confirmation_token": str}] * 4
        assert {len(answer.json()["confirmation_token"]) for answer in answers} == {43}


def test_a_place_of_a_third_party_learns_nothing_of_a_number_that_may_not_be_held() -> None:
    program = Program(factories.place(asks=[purpose()], kind="third_party"))
    gone = number()
    erase(point(gone).contact, reason="erasure request", actor=TESTER, at=timezone.now())
    new, old = (program.post("/captures", said(YES, number=each)) for each in (number(), gone))
    assert (new.status_code, new.json()) == (old.status_code, old.json())
    assert ConsentEvent.objects.count() == 1


def test_a_no_that_stands_is_not_in_the_answer(program: Program) -> None:
    text = number()
    suppress(line_for(text), channel=Channel.SMS, since=timezone.now(), reason="withdrawn", actor=TESTER)
    assert program.post("/captures", said(YES, number=text)).json() == {"pending": False, "confirmation_token": None}
