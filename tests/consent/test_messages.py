"""Sending: each message once, and only where it may still be sent at that moment."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import gateways, links, messages, optin
from consent.challenges import code_of
from consent.gateways import NotSent, OptedOut, Unsure
from consent.ledger import Proof
from consent.models import Challenge, Method, OutgoingMessage
from consent.retention import erase
from consent.rules.states import Act
from consent.withdrawal import withdraw
from crm.models import ContactPoint
from tests import factories
from tests.factories import TESTER

pytestmark = pytest.mark.django_db

Kind = OutgoingMessage.Kind
MINUTE = timedelta(minutes=1)


class Recorder:
    """A gateway that keeps what it is given, or fails as it is told to."""

    name = "recorder"

    def __init__(self, error: Exception | None = None, *, delivers: bool = False) -> None:
        self.error, self.delivers = error, delivers
        self.sent: list[tuple[str, str]] = []

    def send(self, *, to: str, body: str) -> str:
        if self.error:
            raise self.error
        self.sent.append((to, body))
        return uuid.uuid4().hex


@pytest.fixture
def through(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Recorder]:
    def use(error: Exception | None = None, **values: Any) -> Recorder:
        recorder = Recorder(error, **values)
        monkeypatch.setattr(gateways, "current", lambda: recorder)
        return recorder

    return use


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def point() -> ContactPoint:
    return factories.point()


def queued(point: ContactPoint, at: datetime, kind: OutgoingMessage.Kind = Kind.HELP, **values: Any) -> OutgoingMessage:
    line = point.line
    assert line is not None
    return messages.queue(line=line, kind=kind, language="en", at=at, **values)


def asked(point: ContactPoint, at: datetime, **values: Any) -> OutgoingMessage:
    survey = factories.purpose("survey", needs_confirmation=True)
    entry = factories.entry(point, Act.GIVEN, of=survey, at=at - MINUTE)
    values = {"place": None, "language": "en"} | values
    (pk,) = optin.ask(point=point, entries=[entry.pk], at=at, **values).message_ids
    return OutgoingMessage.objects.get(pk=pk)


class TestSending:
    def test_it_goes_to_the_number_and_the_row_says_so(self, point, now, through) -> None:
        recorder = through()
        message = queued(point, now)
        assert messages.send(message.pk, at=now + MINUTE) == "sent"
        message.refresh_from_db()
        assert (message.state, message.sent_at, message.gateway) == ("sent", now + MINUTE, "recorder")
        assert message.provider_id
        assert [to for to, _body in recorder.sent] == [point.line.e164]

    def test_told_twice_it_is_sent_once(self, point, now, through) -> None:
        recorder = through()
        message = queued(point, now)
        assert [messages.send(message.pk, at=now) for _ in range(2)] == ["sent", "sent"]
        assert len(recorder.sent) == 1

    def test_one_that_a_worker_has_is_left_to_it(self, point, now, through) -> None:
        recorder = through()
        message = queued(point, now)
        OutgoingMessage.objects.filter(pk=message.pk).update(state="sending", claimed_at=now)
        assert messages.send(message.pk, at=now) == "sending"
        assert recorder.sent == []

    def test_a_challenge_brings_its_code(self, point, now, through) -> None:
        recorder = through()
        messages.send(asked(point, now).pk, at=now)
        ((_to, body),) = recorder.sent
        assert code_of(Challenge.objects.get()) in body
        assert "STOP" in body

    def test_who_has_confirmed_gets_the_link_to_their_own_page(self, point, now, through) -> None:
        recorder = through()
        asked(point, now)
        challenge = Challenge.objects.get()
        done = optin.answer_by_reply(line=point.line, at=now, evidence=Proof(message="YES"), code=code_of(challenge))
        messages.send(done.message_ids[0], at=now)
        ((_to, body),) = recorder.sent
        token = body.rpartition("/p/")[2].rstrip("/")
        assert links.find(token, at=now).point == point

    def test_it_speaks_the_language_of_the_person(self, point, now, through) -> None:
        recorder = through()
        for language in ("en", "de", "fr", "es"):
            message = messages.queue(line=point.line, kind=Kind.OPTED_OUT, language=language, at=now)
            messages.send(message.pk, at=now)
        assert len({body for _to, body in recorder.sent}) == 4

    def test_the_log_names_it_by_its_id(self, point, now, through, caplog) -> None:
        through()
        message = queued(point, now)
        with caplog.at_level(logging.INFO):
            messages.send(message.pk, at=now)
        assert f"text message {message.pk} (help): sent" in caplog.text
        assert point.line.e164[2:] not in caplog.text


class TestWhatIsNotSent:
    def refused(self, message: OutgoingMessage, at: datetime) -> tuple[str, str]:
        messages.send(message.pk, at=at)
        message.refresh_from_db()
        return message.state, message.reason

    def test_too_late_it_is_dropped(self, point, now, through) -> None:
        recorder = through()
        assert self.refused(queued(point, now), now + 5 * MINUTE + timedelta(seconds=1)) == ("expired", "")
        assert recorder.sent == []

    def test_an_erased_number_gets_nothing(self, point, now, through) -> None:
        recorder = through()
        message = asked(point, now)
        erase(point.contact, reason="request", actor=TESTER, at=now)
        assert self.refused(message, now)[0] == "refused"
        assert recorder.sent == []

    def test_a_reserved_number_gets_nothing_that_leaves_the_machine(self, point, now, through) -> None:
        recorder = through(delivers=True)
        assert self.refused(queued(point, now), now) == ("refused", "reserved_number")
        assert recorder.sent == []

    def test_who_said_stop_in_the_meantime_is_not_asked(self, point, now, through) -> None:
        recorder = through()
        message = asked(point, now)
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        assert self.refused(message, now) == ("refused", "challenge_closed")
        assert recorder.sent == []

    def test_nor_told_what_they_had_agreed_to(self, point, now, through) -> None:
        recorder = through()
        message = queued(point, now, Kind.CONFIRMED)
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        assert self.refused(message, now) == ("refused", "suppressed")
        assert recorder.sent == []

    def test_nor_that_they_get_texts_again(self, point, now, through) -> None:
        recorder = through()
        message = queued(point, now, Kind.OPTED_IN)
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        assert self.refused(message, now) == ("refused", "suppressed")
        assert recorder.sent == []

    @pytest.mark.parametrize("kind", [Kind.OPTED_OUT, Kind.HELP])
    def test_but_the_answer_to_their_own_message_is_sent(self, point, now, through, kind) -> None:
        through()
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        assert self.refused(queued(point, now, kind), now) == ("sent", "")

    def test_a_replaced_challenge_is_not_sent(self, point, now, through) -> None:
        through()
        message = asked(point, now)
        asked(point, now)
        assert self.refused(message, now) == ("refused", "challenge_closed")


class TestProviders:
    def test_what_was_certainly_not_sent_may_be_tried_again(self, point, now, through) -> None:
        through(NotSent("busy", again=True))
        message = queued(point, now)
        assert messages.send(message.pk, at=now) == "pending"
        through()
        assert messages.send(message.pk, at=now) == "sent"

    def test_what_the_provider_refuses_is_not(self, point, now, through) -> None:
        through(NotSent("21211"))
        message = queued(point, now)
        assert messages.send(message.pk, at=now) == "failed"
        message.refresh_from_db()
        assert message.reason == "21211"

    @pytest.mark.parametrize("error", [Unsure("ReadTimeout"), RuntimeError("to +12025550123")])
    def test_what_was_perhaps_sent_is_never_tried_again(self, point, now, through, error, caplog) -> None:
        through(error)
        message = queued(point, now)
        assert messages.send(message.pk, at=now) == "unknown"
        recorder = through()
        assert messages.send(message.pk, at=now) == "unknown"
        assert list(messages.left(at=now + 9 * MINUTE)) == []
        assert recorder.sent == []
        assert "5550123" not in caplog.text

    def test_who_opted_out_at_the_provider_gets_no_more_texts(self, point, now, through) -> None:
        through(OptedOut("21610"))
        factories.entry(point)
        message = queued(point, now)
        assert messages.send(message.pk, at=now) == "failed"
        no = point.line.suppressions.get()
        assert (no.channel, no.purpose, no.reason) == ("sms", None, "text opt-out")
        assert point.consents.get().status == "withdrawn"

    def test_of_who_has_stopped_everything_nothing_more_is_noted(self, point, now, through) -> None:
        through(OptedOut("21610"))
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        messages.send(queued(point, now).pk, at=now)
        assert point.line.suppressions.count() == 1


class TestSweep:
    def test_what_waits_is_taken_up_and_what_a_dead_worker_had_is_not(self, point, now) -> None:
        waiting, sent, lost, recent = (queued(point, now) for _ in range(4))
        OutgoingMessage.objects.filter(pk=sent.pk).update(state="sent", sent_at=now)
        OutgoingMessage.objects.filter(pk=lost.pk).update(state="sending", claimed_at=now - 3 * MINUTE)
        OutgoingMessage.objects.filter(pk=recent.pk).update(state="sending", claimed_at=now - MINUTE)
        assert list(messages.left(at=now)) == [waiting.pk]
        lost.refresh_from_db()
        recent.refresh_from_db()
        assert (lost.state, lost.reason, recent.state) == ("unknown", "worker_lost", "sending")
