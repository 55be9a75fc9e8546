"""Double opt-in: asked through the number, answered by a code or a reply, and nobody learns anything by trying."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from consent import challenges, optin
from consent.ledger import Proof
from consent.models import Challenge, Consent, ConsentEvent, Method, OutgoingMessage
from consent.optin import Asked, WrongCode
from consent.retention import erase
from consent.rules.states import Act
from consent.withdrawal import withdraw
from crm.models import ContactPoint, PhoneNumber
from tests import factories
from tests.factories import TESTER

pytestmark = pytest.mark.django_db

PROOF = Proof(message="typed the code")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def point() -> ContactPoint:
    return factories.point()


def asked(point: ContactPoint, at: datetime, **values) -> Asked:
    survey = factories.purpose("survey", needs_confirmation=True)
    entry = factories.entry(point, Act.GIVEN, of=survey, at=at - MINUTE)
    values = {"entries": [entry.pk], "place": None, "language": "en", "at": at} | values
    return optin.ask(point=point, **values)


def code() -> str:
    return challenges.code_of(Challenge.objects.get(closed_at=None))


def wrong() -> str:
    return f"{(int(code()) + 1) % 10**6:06}"


def answered(token: str, code: str, at: datetime) -> optin.Confirmed:
    return optin.answer(token=token, code=code, at=at, evidence=PROOF)


class TestTheRightCode:
    def test_it_confirms_what_was_asked_and_that_the_number_was_reached(self, point, now) -> None:
        done = answered(asked(point, now).token, code(), now + MINUTE)
        consent = Consent.objects.get()
        assert (consent.status, consent.given_at) == ("given", now + MINUTE)
        entry = ConsentEvent.objects.get(act="confirmed")
        assert ((entry.pk,), entry.evidence.message) == (done.entries, "typed the code")
        assert PhoneNumber.objects.get().verified_at == now + MINUTE
        assert Challenge.objects.get().outcome == "confirmed"

    def test_a_text_says_what_was_noted(self, point, now) -> None:
        done = answered(asked(point, now).token, code(), now)
        assert [OutgoingMessage.objects.get(pk=pk).kind for pk in done.message_ids] == ["confirmed"]

    @pytest.mark.parametrize("kind", ["point_of_sale", "mobile_app"])
    def test_it_is_on_record_where_it_was_typed(self, point, now, kind) -> None:
        answered(asked(point, now, place=factories.place("there", kind=kind)).token, code(), now)
        assert ConsentEvent.objects.get(act="confirmed").method == kind

    def test_it_may_be_typed_with_spaces(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        answered(token, f" {right[:3]} {right[3:]} ", now)
        assert Consent.objects.get().status == "given"

    def test_it_counts_once(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        answered(token, right, now)
        with pytest.raises(WrongCode):
            answered(token, right, now)
        assert ConsentEvent.objects.filter(act="confirmed").count() == 1

    def test_it_confirms_nothing_that_was_withdrawn_meanwhile(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        withdraw(point.line.e164, at=now, reason="stop", method=Method.STAFF, actor=TESTER)
        with pytest.raises(WrongCode):
            answered(token, right, now)
        assert Consent.objects.get().status == "withdrawn"
        assert Challenge.objects.get().outcome == "ended"


class TestWrongAnswers:
    def test_ten_minutes_later_it_is_too_late(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        with pytest.raises(WrongCode):
            answered(token, right, now + 10 * MINUTE)
        assert (Challenge.objects.get().outcome, Consent.objects.get().status) == ("expired", "requested")

    def test_a_second_before_it_is_not(self, point, now) -> None:
        answered(asked(point, now).token, code(), now + 10 * MINUTE - timedelta(seconds=1))

    def test_after_five_wrong_codes_none_is_right(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        for left in (4, 3, 2, 1, 0):
            with pytest.raises(WrongCode):
                answered(token, wrong() if left else "not digits", now)
            assert Challenge.objects.get().tries_left == left
        assert Challenge.objects.get().outcome == "exhausted"
        with pytest.raises(WrongCode):
            answered(token, right, now)
        assert Consent.objects.get().status == "requested"

    def test_every_refusal_says_the_same(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        said = set()
        for wrong_token, wrong_code, at in (
            ("made up", right, now),
            (token, wrong(), now),
            (token, right, now + 11 * MINUTE),
        ):
            with pytest.raises(WrongCode) as caught:
                answered(wrong_token, wrong_code, at)
            said.add(str(caught.value))
        assert len(said) == 1

    def test_the_code_of_an_erased_number_confirms_nothing(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        erase(point.contact, reason="request", actor=TESTER, at=now)
        with pytest.raises(WrongCode):
            answered(token, right, now)


class TestAsking:
    def test_a_point_has_one_live_challenge(self, point, now) -> None:
        first = asked(point, now)
        second = asked(point, now + MINUTE)
        assert [each.outcome for each in Challenge.objects.order_by("pk")] == ["replaced", ""]
        with pytest.raises(WrongCode):
            answered(first.token, challenges.code_of(Challenge.objects.earliest("pk")), now + MINUTE)
        answered(second.token, code(), now + MINUTE)

    def test_neither_code_nor_token_stands_in_the_database(self, point, now) -> None:
        token = asked(point, now).token
        row = str(Challenge.objects.values().get()) + str(OutgoingMessage.objects.values().get())
        assert code() not in row.replace(str(Challenge.objects.get().uid), "")
        assert token not in row

    @pytest.mark.parametrize(("setting", "most"), [("CHALLENGES_PER_LINE_HOUR", 2), ("CHALLENGES_PER_LINE_DAY", 1)])
    def test_a_line_is_asked_so_often_and_no_more(self, point, now, settings, setting, most) -> None:
        setattr(settings, setting, most)
        sent = [len(asked(point, now - (4 - n) * MINUTE).message_ids) for n in range(4)]
        assert sent == [1] * most + [0] * (4 - most)

    def test_an_hour_later_it_may_be_asked_again(self, point, now, settings) -> None:
        settings.CHALLENGES_PER_LINE_HOUR = 1
        asked(point, now - 61 * MINUTE)
        assert asked(point, now).message_ids

    def test_a_place_asks_so_many_lines_in_an_hour(self, now, settings) -> None:
        settings.CHALLENGES_PER_PLACE_HOUR = 2
        place = factories.place()
        sent = [len(asked(factories.point(), now, place=place).message_ids) for _ in range(3)]
        assert sent == [1, 1, 0]

    def test_where_nothing_is_sent_the_live_challenge_stays(self, point, now, settings) -> None:
        settings.CHALLENGES_PER_LINE_HOUR = 1
        token = asked(point, now).token
        asked(point, now)
        answered(token, code(), now)


class TestSendingAgain:
    def test_the_same_code_is_sent_again_and_its_end_stays(self, point, now) -> None:
        token, right = asked(point, now).token, code()
        (message_id,) = optin.resend(token=token, at=now + MINUTE)
        message = OutgoingMessage.objects.get(pk=message_id)
        assert (message.kind, message.not_after) == ("code", now + 10 * MINUTE)
        assert code() == right

    def test_it_is_refused_silently(self, point, now) -> None:
        token = asked(point, now).token
        assert optin.resend(token="made up", at=now) == ()
        assert optin.resend(token=token, at=now + 10 * MINUTE) == ()

    def test_it_counts_as_asking(self, point, now, settings) -> None:
        settings.CHALLENGES_PER_LINE_HOUR = 2
        token = asked(point, now).token
        assert [len(optin.resend(token=token, at=now)) for _ in range(3)] == [1, 0, 0]


class TestReplies:
    def reply(self, line: PhoneNumber, at: datetime, code: str | None = None) -> optin.Confirmed | None:
        return optin.answer_by_reply(line=line, at=at, evidence=Proof(message="YES"), code=code)

    def test_a_yes_confirms_through_the_number(self, point, now) -> None:
        asked(point, now)
        assert self.reply(point.line, now + MINUTE)
        assert ConsentEvent.objects.get(act="confirmed").method == "sms"
        assert Consent.objects.get().status == "given"

    def test_the_code_may_be_texted_too(self, point, now) -> None:
        asked(point, now)
        assert self.reply(point.line, now, code=wrong()) is None
        assert self.reply(point.line, now, code=code())

    def test_a_yes_to_nothing_confirms_nothing(self, point, now) -> None:
        assert self.reply(point.line, now) is None
        asked(point, now)
        assert self.reply(point.line, now + 10 * MINUTE) is None
        assert self.reply(point.line, now - MINUTE) is None

    def test_of_two_people_at_a_line_it_answers_who_asked_last(self, point, now) -> None:
        asked(point, now)
        other = factories.point(point.line.e164, given_name="Somebody else")
        asked(other, now + MINUTE)
        assert self.reply(point.line, now + 2 * MINUTE).point_id == other.pk
        assert {each.point_id: each.status for each in Consent.objects.all()} == {
            point.pk: "requested",
            other.pk: "given",
        }


class TestCodes:
    @given(st.uuids(version=4))
    def test_a_code_is_six_digits_and_right_for_its_own_challenge_alone(self, uid) -> None:
        challenge = Challenge(uid=uid)
        other = Challenge()
        made = challenges.code_of(challenge)
        challenge.code_digest = challenges.digest_of(challenge, made)
        assert len(made) == 6
        assert made.isdecimal()
        assert challenges.is_right(challenge, made)
        assert not challenges.is_right(challenge, f"{(int(made) + 1) % 10**6:06}")
        assert challenges.digest_of(other, made) != challenge.code_digest

    @given(st.text())
    def test_any_text_may_be_tried(self, text: str) -> None:
        challenge = Challenge()
        challenge.code_digest = challenges.digest_of(challenge, challenges.code_of(challenge))
        assert challenges.is_right(challenge, text) == (text == challenges.code_of(challenge))

    def test_another_secret_makes_another_code(self, settings) -> None:
        challenge = Challenge()
        codes = {challenges.code_of(challenge)}
        for n in range(3):
            settings.SECRET_KEY = f"another secret {n}"
            codes.add(challenges.code_of(challenge))
        assert len(codes) > 1
