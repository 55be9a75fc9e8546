"""Texts that come in: each counts once, in whatever order; a stop always wins a doubt."""

from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from django.utils import timezone

from consent import capture, inbound, messages
from consent.challenges import code_of
from consent.ledger import Proof
from consent.models import (
    Challenge,
    CollectionPoint,
    Consent,
    ConsentEvent,
    InboundMessage,
    Keyword,
    Method,
    OutgoingMessage,
    Suppression,
)
from consent.permission import may_contact
from consent.retention import erase
from consent.rules.keywords import Meaning
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.suppression import OBJECTION, UNCLEAR
from consent.withdrawal import withdraw
from crm.models import Actor, ContactPoint, PhoneNumber
from tests import factories
from tests.factories import TESTER

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
_ids = count(1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def point() -> ContactPoint:
    """A person who has agreed to texts and to calls."""
    made = factories.point()
    factories.entry(made)
    factories.entry(made, channel=Channel.CALL)
    return made


def text(number: str | PhoneNumber | None, body: str, sent: datetime | None = None, **values: Any) -> inbound.Received:
    """Deliver a text that was sent then."""
    said: dict[str, Any] = {"provider": "test", "message_id": f"m{next(_ids)}", "at": timezone.now()}
    said |= {"number": number.e164 if isinstance(number, PhoneNumber) else number, "occurred_at": sent}
    return inbound.receive(body=body, **(said | values))


def statuses() -> dict[str, str]:
    return {consent.channel: consent.status for consent in Consent.objects.all()}


def kinds(got: inbound.Received) -> list[str]:
    return [OutgoingMessage.objects.get(pk=pk).kind for pk in got.message_ids]


class TestStop:
    def test_it_ends_everything_and_is_confirmed_once(self, point) -> None:
        got = text(point.line, "Stop.")
        assert statuses() == {"sms": "withdrawn", "call": "withdrawn"}
        no = Suppression.objects.get()
        assert (no.purpose, no.channel, no.reason, no.actor_name) == (None, "", "text opt-out", "person")
        assert kinds(got) == ["opted_out"]
        assert {entry.method for entry in ConsentEvent.objects.filter(act="withdrawn")} == {"sms"}
        assert ConsentEvent.objects.filter(act="withdrawn").first().evidence.message == "Stop."

    def test_delivered_again_it_does_nothing_more(self, point) -> None:
        first = text(point.line, "STOP", message_id="same")
        again = [text(point.line, "STOP", message_id="same") for _ in range(3)]
        assert first.new
        assert not any(got.new or got.message_ids for got in again)
        assert (InboundMessage.objects.count(), OutgoingMessage.objects.count()) == (1, 1)
        assert ConsentEvent.objects.filter(act="withdrawn").count() == 2

    def test_the_same_id_of_another_provider_is_another_message(self, point) -> None:
        text(point.line, "STOP", message_id="same")
        assert text(point.line, "STOP", message_id="same", provider="other").new

    def test_said_again_it_is_not_confirmed_again(self, point) -> None:
        text(point.line, "STOP")
        assert text(point.line, "STOP!!").message_ids == ()

    def test_where_the_provider_has_answered_we_are_silent(self, point) -> None:
        got = text(point.line, "STOP", answered=True, taken_for=Meaning.OPT_OUT)
        assert got.message_ids == ()
        assert statuses() == {"sms": "withdrawn", "call": "withdrawn"}

    def test_of_a_number_that_nobody_knows_only_the_fingerprint_is_kept(self) -> None:
        got = text("+12025550188", "unsubscribe")
        line = PhoneNumber.objects.get()
        assert (line.number, line.suppressions.count()) == (None, 1)
        assert InboundMessage.objects.get().body == ""
        # Nobody can be texted who is not held: the provider may say it for us.
        assert "no more messages" in got.reply
        assert got.message_ids == ()

    def test_it_works_after_an_erasure(self, point) -> None:
        number = point.line.e164
        erase(point.contact, reason="request", actor=TESTER, at=timezone.now())
        text(number, "STOP")
        assert Suppression.objects.filter(extent="contact").count() == 1

    def test_it_works_for_a_number_that_is_valid_no_more(self) -> None:
        text("+9996661234", "STOP")
        assert Suppression.objects.count() == 1

    def test_it_reaches_everybody_at_the_line(self, point) -> None:
        other = factories.point(point.line.e164, given_name="Somebody else")
        factories.entry(other)
        text(point.line, "STOP")
        assert {consent.status for consent in Consent.objects.all()} == {"withdrawn"}

    def test_its_scope_follows_the_schedule(self, point, settings) -> None:
        settings.STOP_SCOPES = ["2020-01-01:channel"]
        text(point.line, "STOP")
        assert statuses() == {"sms": "withdrawn", "call": "given"}
        assert Suppression.objects.get().channel == "sms"

    def test_numbers_in_it_are_masked(self, point) -> None:
        text(point.line, "stop texting me on 202 555 0188")
        message = InboundMessage.objects.get()
        evidence = ConsentEvent.objects.filter(act="withdrawn").first().evidence
        assert "0188" not in message.body + evidence.message
        assert "[number]" in message.body

    def test_a_word_that_staff_have_added_counts(self, point) -> None:
        Keyword.objects.create(word="basta", meaning="opt_out")
        text(point.line, "Basta!")
        assert set(statuses().values()) == {"withdrawn"}


class TestStart:
    def test_it_gives_back_what_a_stop_by_text_had_ended_and_calls_stay_stopped(self, point) -> None:
        text(point.line, "STOP")
        got = text(point.line, "START")
        assert statuses() == {"sms": "given", "call": "withdrawn"}
        assert [no.channel for no in Suppression.objects.filter(lifted_at=None)] == ["call"]
        assert kinds(got) == ["opted_in"]

    def test_in_the_words_that_were_agreed_to(self, point) -> None:
        notice = Consent.objects.get(channel="sms").notice
        text(point.line, "STOP")
        text(point.line, "START")
        entry = ConsentEvent.objects.filter(act="given", channel="sms").latest("pk")
        assert (entry.notice, entry.method, entry.evidence.message) == (notice, "sms", "START")

    def test_what_needed_a_confirmation_is_confirmed_through_the_number(self) -> None:
        survey = factories.purpose("survey", needs_confirmation=True)
        point = factories.point()
        factories.entry(point, of=survey)
        factories.entry(point, Act.CONFIRMED, of=survey)
        text(point.line, "STOP")
        text(point.line, "START")
        assert Consent.objects.get().status == "given"

    def test_it_does_not_undo_what_was_withdrawn_otherwise(self, point, now) -> None:
        withdraw(point.line.e164, at=now, reason="on the phone", method=Method.STAFF, actor=TESTER)
        got = text(point.line, "START")
        assert statuses() == {"sms": "withdrawn", "call": "withdrawn"}
        assert Suppression.objects.filter(lifted_at=None).count() == 1
        assert got.message_ids == ()

    def test_nor_an_objection_that_came_after_a_stop(self, point, now) -> None:
        text(point.line, "STOP")
        withdraw(point.line.e164, at=timezone.now(), reason=OBJECTION, method=Method.STAFF, actor=TESTER)
        text(point.line, "START")
        assert Suppression.objects.get(lifted_at=None).reason == OBJECTION

    def test_nor_a_no_on_the_phone_that_came_after_a_stop(self, point) -> None:
        text(point.line, "STOP")
        withdraw(point.line.e164, at=timezone.now(), reason="on the phone", method=Method.STAFF, actor=TESTER)
        got = text(point.line, "START")
        assert statuses() == {"sms": "withdrawn", "call": "withdrawn"}
        assert Suppression.objects.get().lifted_at is None
        assert got.message_ids == ()

    def test_whoever_has_the_line_now_does_not_give_again_for_who_had_it(self, point, now) -> None:
        text(point.line, "STOP", now - 2 * HOUR)
        PhoneNumber.objects.update(reassigned_at=now - HOUR)
        text(point.line, "START")
        assert statuses() == {"sms": "withdrawn", "call": "withdrawn"}

    def test_what_was_only_asked_for_is_not_given_by_it(self, now) -> None:
        survey = factories.purpose("survey", needs_confirmation=True)
        point = factories.point()
        for act, hours in ((Act.GIVEN, 9), (Act.CONFIRMED, 8), (Act.EXPIRED, 7), (Act.GIVEN, 6)):
            factories.entry(point, act, of=survey, at=now - hours * HOUR)
        assert statuses() == {"sms": "requested"}
        text(point.line, "STOP")
        text(point.line, "START")
        assert statuses() == {"sms": "withdrawn"}

    def test_from_nobody_it_gives_nothing(self) -> None:
        got = text("+12025550188", "START")
        assert got.message_ids == ()
        assert not Consent.objects.exists()
        # Not even the fingerprint is kept of whoever is nobody of ours and said no no.
        assert not PhoneNumber.objects.exists()
        assert (got.message.line, got.message.body) == (None, "")


class TestAnyOrder:
    """What is delivered late counts as of when it was sent."""

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_stop_start_stop_ends_stopped(self, point, now, order) -> None:
        sent = [("STOP", now - 3 * HOUR), ("START", now - 2 * HOUR), ("STOP", now - HOUR)]
        for index in order:
            text(point.line, *sent[index])
        assert statuses()["sms"] == "withdrawn"
        assert Suppression.objects.filter(lifted_at=None, channel="").exists()

    @pytest.mark.parametrize("order", list(permutations(range(2))))
    def test_stop_start_ends_started(self, point, now, order) -> None:
        sent = [("STOP", now - 2 * HOUR), ("START", now - HOUR)]
        for index in order:
            text(point.line, *sent[index])
        assert statuses()["sms"] == "given"
        assert not Suppression.objects.filter(lifted_at=None, channel__in=["", "sms"]).exists()

    @pytest.mark.parametrize("order", list(permutations(range(2))))
    def test_start_stop_ends_stopped(self, point, now, order) -> None:
        sent = [("START", now - 2 * HOUR), ("STOP", now - HOUR)]
        for index in order:
            text(point.line, *sent[index])
        assert statuses()["sms"] == "withdrawn"
        assert Suppression.objects.filter(lifted_at=None, channel="").exists()

    def test_nothing_was_sent_after_it_was_received(self, point, now) -> None:
        got = text(point.line, "STOP", at=now, occurred_at=now + 5 * HOUR)
        assert got.message.occurred_at == now


class TestHelp:
    def test_it_is_answered_and_changes_nothing(self, point, settings) -> None:
        settings.HELP_CONTACT = "help@example.com"
        assert kinds(text(point.line, "help")) == ["help"]
        assert set(statuses().values()) == {"given"}

    def test_somebody_unknown_is_answered_by_the_provider(self, settings) -> None:
        settings.HELP_CONTACT = "help@example.com"
        assert "help@example.com" in text("+12025550188", "HELP").reply


class TestReview:
    UNCLEAR_TEXT = "why do you keep texting"

    def test_what_looks_like_an_opt_out_suppresses_at_once_and_waits_for_a_person(self, point, now) -> None:
        got = text(point.line, self.UNCLEAR_TEXT)
        assert (got.message.meaning, got.message.state) == ("needs_review", "review")
        assert Suppression.objects.get().reason == UNCLEAR
        assert set(statuses().values()) == {"given"}
        decision = may_contact(point.line.e164, purpose=factories.purpose(), channel=Channel.SMS, at=timezone.now())
        assert decision.verdict != "allow"

    def reviewed(self, message: InboundMessage, finding: str) -> None:
        inbound.review(
            message,
            finding=InboundMessage.Finding(finding),
            actor=Actor("staff"),
            user_id=factories.user().pk,
            at=timezone.now(),
        )

    def test_found_to_be_one_it_counts_from_when_it_was_sent(self, point, now) -> None:
        message = text(point.line, self.UNCLEAR_TEXT, now - HOUR).message
        self.reviewed(message, "opt_out")
        assert set(statuses().values()) == {"withdrawn"}
        assert {consent.since for consent in Consent.objects.all()} == {now - HOUR}
        assert (Suppression.objects.get().reason, Suppression.objects.get().lifted_at) == ("text opt-out", None)
        message.refresh_from_db()
        assert (message.state, message.finding, message.reviewed_by) == ("reviewed", "opt_out", factories.user())

    def test_found_to_be_none_the_suppression_is_lifted(self, point) -> None:
        self.reviewed(text(point.line, self.UNCLEAR_TEXT).message, "not_an_opt_out")
        assert Suppression.objects.get().lifted_at is not None
        assert set(statuses().values()) == {"given"}

    def test_a_stop_before_it_is_never_lifted(self, point) -> None:
        text(point.line, "STOP")
        self.reviewed(text(point.line, self.UNCLEAR_TEXT).message, "not_an_opt_out")
        assert Suppression.objects.get().lifted_at is None

    def test_nor_what_another_one_rests_on_that_nobody_has_read(self, point) -> None:
        first, second = (text(point.line, self.UNCLEAR_TEXT).message for _each in range(2))
        self.reviewed(first, "not_an_opt_out")
        assert Suppression.objects.get().lifted_at is None
        self.reviewed(second, "not_an_opt_out")
        assert Suppression.objects.get().lifted_at is not None

    def test_nor_one_after_it(self, point) -> None:
        message = text(point.line, self.UNCLEAR_TEXT).message
        text(point.line, "STOP")
        self.reviewed(message, "not_an_opt_out")
        assert (Suppression.objects.get().reason, Suppression.objects.get().lifted_at) == ("text opt-out", None)

    def test_it_is_reviewed_once(self, point) -> None:
        message = text(point.line, self.UNCLEAR_TEXT).message
        self.reviewed(message, "opt_out")
        with pytest.raises(inbound.AlreadyReviewed):
            self.reviewed(message, "not_an_opt_out")

    def test_the_words_of_somebody_whom_we_do_not_hold_are_kept_until_they_are_read(self) -> None:
        message = text("+12025550188", self.UNCLEAR_TEXT).message
        assert message.body == self.UNCLEAR_TEXT
        self.reviewed(message, "opt_out")
        message.refresh_from_db()
        assert message.body == ""

    def test_a_start_that_was_sent_after_an_opt_out_undoes_it_also_when_it_was_read_late(self, point, now) -> None:
        message = text(point.line, self.UNCLEAR_TEXT, now - 2 * HOUR).message
        text(point.line, "START", now - HOUR)
        self.reviewed(message, "opt_out")
        assert statuses()["sms"] == "given"


class TestConversation:
    @pytest.fixture
    def club(self) -> CollectionPoint:
        return factories.place(
            "club", kind="sms", asks=[factories.purpose(channels=["sms"])], join_keyword="join garden"
        )

    def test_keyword_wording_yes(self, club, settings) -> None:
        number = "+12025550188"
        got = text(number, "Join  GARDEN!")
        assert kinds(got) == ["wording"]
        assert messages.send(got.message_ids[0], at=timezone.now()) == "sent"
        assert statuses() == {"sms": "requested"}
        assert kinds(text(number, "yes")) == ["confirmed"]
        consent = Consent.objects.get()
        assert (consent.status, consent.source) == ("given", club.source)

    def test_the_wording_is_in_the_first_language_that_has_one(self) -> None:
        news = factories.purpose("other")
        place = factories.place("german", kind="sms", languages=["en", "de"], join_keyword="blume")
        place.purposes.add(news)
        factories.notice(news, language="de")
        got = text("+12025550188", "blume")
        assert [OutgoingMessage.objects.get(pk=pk).language for pk in got.message_ids] == ["de"]

    def test_no_yes_no_consent(self, club) -> None:
        text("+12025550188", "join garden")
        text("+12025550188", "what is this?")
        assert statuses() == {"sms": "requested"}

    def test_a_stop_instead_ends_it(self, club) -> None:
        text("+12025550188", "join garden")
        text("+12025550188", "STOP")
        text("+12025550188", "yes")
        assert statuses() == {"sms": "withdrawn"}

    def test_a_place_that_is_closed_answers_nothing(self, club) -> None:
        CollectionPoint.objects.update(active=False)
        assert text("+12025550188", "join garden").message_ids == ()
        assert not Consent.objects.exists()

    def test_the_code_of_a_form_may_be_texted_back(self, now) -> None:
        survey = factories.purpose("survey", needs_confirmation=True)
        place = factories.place(asks=[survey])
        choice = capture.Choice(survey, Channel.SMS, factories.notice(survey), True)
        done = capture.capture(
            place=place,
            number="+12025550188",
            region="",
            choices=[choice],
            language="en",
            at=now,
            actor=TESTER,
            evidence=Proof(shown="?"),
        )
        assert done.stored
        text("+12025550188", code_of(Challenge.objects.get()))
        assert statuses() == {"sms": "given"}

    def test_anything_else_is_kept_and_changes_nothing(self, point) -> None:
        got = text(point.line, "see you on monday")
        assert (got.message.meaning, got.message.state, got.message.body) == ("other", "done", "see you on monday")
        assert set(statuses().values()) == {"given"}
        assert not Suppression.objects.exists()
