"""What people agree to at a collection point: the conditions hold, and whoever types a number learns nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import capture, ledger
from consent.capture import Captured, Choice, NotAsked
from consent.models import (
    Challenge,
    CollectionPoint,
    Consent,
    ConsentEvent,
    Evidence,
    Method,
    Notice,
    OutgoingMessage,
    Purpose,
)
from consent.retention import erase
from consent.rules.lines import Channel
from consent.suppression import line_for
from consent.withdrawal import withdraw
from crm import intake
from crm.intake import Rejected
from crm.models import Contact, PhoneNumber, Provenance
from tests import factories
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def news() -> Purpose:
    return factories.purpose("news")


@pytest.fixture
def survey() -> Purpose:
    return factories.purpose("survey", needs_confirmation=True)


@pytest.fixture
def place(news: Purpose, survey: Purpose) -> CollectionPoint:
    return factories.place(asks=[news, survey])


def choice(purpose: Purpose, *, given: bool = True, channel: Channel = Channel.SMS, **values: Any) -> Choice:
    notice = values.get("notice") or factories.notice(purpose)
    return Choice(purpose=purpose, channel=channel, notice=notice, given=given)


def draft(purpose: Purpose) -> Notice:
    return Notice.objects.create(purpose=purpose, language="en", version=9, text="?")


def captured(place: CollectionPoint, *choices: Choice, **values: Any) -> Captured:
    said: dict[str, Any] = {"number": factories.number(), "region": "", "language": "en", "at": timezone.now()}
    said |= {"actor": TESTER, "evidence": ledger.Proof(shown="the form", ip="192.0.2.1")}
    return capture.capture(place=place, choices=choices, **(said | values))


def stored() -> dict[str, int]:
    models = (Contact, PhoneNumber, Provenance, ConsentEvent, Consent, Evidence, Challenge, OutgoingMessage)
    return {model.__name__: model.objects.count() for model in models}


class TestGiving:
    def test_a_ticked_box_is_a_consent_with_its_words_and_its_evidence(self, place, news) -> None:
        done = captured(place, choice(news))
        consent = Consent.objects.get()
        assert (consent.status, consent.purpose, consent.channel) == ("given", news, "sms")
        assert (consent.notice, consent.source) == (factories.notice(news), place.source)
        entry = ConsentEvent.objects.get()
        assert (entry.pk,) == done.entries
        assert (entry.method, entry.actor_name) == ("web_form", "tester")
        assert (entry.evidence.shown, entry.evidence.ip) == ("the form", "192.0.2.1")
        assert not done.pending
        assert not OutgoingMessage.objects.exists()

    def test_where_the_number_came_from_is_on_record(self, place, news) -> None:
        done = captured(place, choice(news))
        assert [(each.point_id, each.source) for each in Provenance.objects.all()] == [(done.point_id, place.source)]

    def test_an_unticked_box_says_nothing(self, place, news, survey) -> None:
        captured(place, choice(news), choice(survey, given=False), choice(news, given=False, channel=Channel.CALL))
        assert [(each.purpose, each.channel) for each in Consent.objects.all()] == [(news, "sms")]

    def test_where_nothing_is_ticked_nothing_is_stored(self, place, news, survey) -> None:
        before = stored()
        done = captured(place, choice(news, given=False), choice(survey, given=False))
        assert (stored(), done.stored, done.pending) == (before, False, False)

    def test_it_counts_from_when_it_was_said(self, place, news) -> None:
        earlier = timezone.now() - timedelta(hours=3)
        captured(place, choice(news), occurred_at=earlier)
        assert Consent.objects.get().given_at == earlier

    def test_nothing_was_said_in_the_future(self, place, news) -> None:
        with pytest.raises(ledger.Refused, match="future"):
            captured(place, choice(news), occurred_at=timezone.now() + timedelta(minutes=1))
        assert not PhoneNumber.objects.exists()

    def test_a_profile_comes_along(self, place, news) -> None:
        captured(place, choice(news), profile={"given_name": "Ann"})
        assert Contact.objects.get().given_name == "Ann"

    def test_whoever_is_known_at_the_number_is_the_one_who_agreed(self, place, news) -> None:
        point = factories.point(given_name="Ann")
        assert captured(place, choice(news), number=point.line.e164).point_id == point.pk

    def test_said_twice_it_is_one_consent(self, place, news) -> None:
        number = factories.number()
        captured(place, choice(news), number=number)
        captured(place, choice(news), number=number)
        assert Consent.objects.count() == Contact.objects.count() == 1


class TestWhatIsNotAsked:
    @pytest.mark.parametrize(
        ("offer", "fault"),
        [
            (lambda news: choice(factories.purpose("other")), "does not ask"),
            (lambda news: choice(news, notice=factories.notice(factories.purpose("other"))), "no published wording"),
            (lambda news: choice(news, notice=draft(news)), "no published wording"),
            (lambda news: choice(news, notice=factories.notice(news, language="de")), "language"),
        ],
        ids=["another purpose", "the words of another", "a draft", "another language"],
    )
    def test_it_cannot_be_given(self, place, news, offer, fault) -> None:
        with pytest.raises(NotAsked, match=fault) as caught:
            captured(place, choice(news), offer(news))
        assert caught.value.choice.notice != factories.notice(news)
        assert not PhoneNumber.objects.exists()

    def test_a_channel_that_the_purpose_lacks_cannot_be_given(self) -> None:
        calls = factories.purpose("calls", channels=["call"])
        with pytest.raises(NotAsked, match="channel"):
            captured(factories.place(asks=[calls]), choice(calls, channel=Channel.SMS))

    def test_what_is_necessary_is_not_agreed_to(self) -> None:
        orders = factories.purpose("orders", basis="contract", necessary=True)
        with pytest.raises(NotAsked, match="rest on consent"):
            captured(factories.place(asks=[orders]), choice(orders))

    def test_what_is_out_of_use_cannot_be_given(self) -> None:
        old = factories.purpose("old", active=False)
        with pytest.raises(NotAsked):
            captured(factories.place(asks=[old]), choice(old))

    def test_it_is_an_error_even_where_it_is_declined(self, place) -> None:
        with pytest.raises(NotAsked):
            captured(place, choice(factories.purpose("other"), given=False))


class TestAge:
    def test_where_it_is_asked_somebody_has_to_say_so(self, news) -> None:
        place = factories.place(asks=[news], asks_age=True)
        with pytest.raises(capture.NoAge):
            captured(place, choice(news))
        assert not PhoneNumber.objects.exists()
        assert captured(place, choice(news), age_confirmed=True).stored


class TestNumbers:
    def test_one_without_a_country_code_is_read_by_the_country_chosen_or_of_the_source(self, place, news) -> None:
        captured(place, choice(news), number="020 7946 0001", region="GB")
        captured(place, choice(news), number="(202) 555-0107")
        assert sorted(line.e164 for line in PhoneNumber.objects.all()) == ["+12025550107", "+442079460001"]

    @pytest.mark.parametrize("given", [True, False])
    def test_what_is_no_number_is_refused_by_name(self, place, news, given) -> None:
        with pytest.raises(Rejected) as caught:
            captured(place, choice(news, given=given), number="call me")
        assert [(fault.column, fault.code) for fault in caught.value.faults] == [("phone", "letters")]


class TestConstantAnswers:
    """A stranger who types a number cannot tell whether we know it, or what its owner has said."""

    def known(self, number: str, place: CollectionPoint) -> None:
        factories.point(number)

    def stopped(self, number: str, place: CollectionPoint) -> None:
        factories.point(number)
        withdraw(number, at=timezone.now(), reason="stop", method=Method.SMS, actor=TESTER)

    def stopped_and_never_held(self, number: str, place: CollectionPoint) -> None:
        withdraw(number, at=timezone.now(), reason="stop", method=Method.SMS, actor=TESTER)

    def erased(self, number: str, place: CollectionPoint) -> None:
        erase(factories.point(number).contact, reason="request", actor=TESTER, at=timezone.now())

    def restricted(self, number: str, place: CollectionPoint) -> None:
        contact = factories.point(number).contact
        intake.restrict(contact, on=True, actor=TESTER, at=timezone.now(), reason="disputed")

    def asked_too_often(self, number: str, place: CollectionPoint) -> None:
        for _ in range(6):
            captured(place, choice(factories.purpose("survey")), number=number)

    @pytest.mark.parametrize(
        "case", ["known", "stopped", "stopped_and_never_held", "erased", "restricted", "asked_too_often"]
    )
    @pytest.mark.parametrize("purpose", ["news", "survey"])
    def test_the_answer_is_that_of_an_unknown_number(self, place, case, purpose) -> None:
        number = factories.number()
        unknown = captured(place, choice(factories.purpose(purpose)))
        getattr(self, case)(number, place)
        done = captured(place, choice(factories.purpose(purpose)), number=number)
        assert (done.pending, len(done.token)) == (unknown.pending, len(unknown.token)) == (purpose == "survey", 43)
        assert done.token != unknown.token

    def test_a_number_that_may_not_be_held_is_not(self, news) -> None:
        partner = factories.source("partner", kind="third_party", names_us=True)
        theirs = factories.place("partner", kind="third_party", asks=[news], source=partner)
        number = factories.number()
        self.erased(number, theirs)
        before = stored()
        assert not captured(theirs, choice(news), number=number).stored
        assert stored() == before

    def test_nobody_who_said_stop_gets_a_text_and_the_stop_stands(self, place, survey) -> None:
        number = factories.number()
        self.stopped(number, place)
        done = captured(place, choice(survey), number=number)
        assert done.message_ids == ()
        assert line_for(number).suppressions.filter(lifted_at=None).exists()

    def test_no_text_goes_to_a_line_that_takes_none(self, place, survey) -> None:
        assert captured(place, choice(survey), number="+493023125001").message_ids == ()


class TestDoubleOptIn:
    def test_until_it_is_confirmed_it_is_requested_and_a_text_asks(self, place, survey) -> None:
        done = captured(place, choice(survey))
        assert Consent.objects.get().status == "requested"
        message = OutgoingMessage.objects.get()
        assert (done.pending, done.message_ids) == (True, (message.pk,))
        assert (message.kind, message.state, message.challenge.point_id) == ("code", "pending", done.point_id)

    def test_only_what_needs_it_waits_for_it(self, place, news, survey) -> None:
        captured(place, choice(news), choice(survey))
        assert {each.purpose.slug: each.status for each in Consent.objects.all()} == {
            "news": "given",
            "survey": "requested",
        }
        assert [entry.purpose for entry in Challenge.objects.get().entries.all()] == [survey]

    @pytest.mark.parametrize(("number", "texts"), [("+14165550123", 0), ("+12025550123", 0), ("+46701740605", 1)])
    def test_a_third_party_s_number_is_not_texted_where_the_rules_forbid_it(self, survey, number, texts) -> None:
        partner = factories.source("partner", kind="third_party", names_us=True)
        place = factories.place("partner", kind="third_party", asks=[survey], source=partner)
        assert len(captured(place, choice(survey), number=number).message_ids) == texts
        assert Consent.objects.get().status == "requested"


class TestJoining:
    @pytest.fixture
    def club(self, news: Purpose) -> CollectionPoint:
        return factories.place("club", kind="sms", asks=[news], join_keyword="garden")

    def join(self, place: CollectionPoint, number: str) -> tuple[int, ...]:
        now = timezone.now()
        return capture.join(
            place=place, number=number, language="en", at=now, occurred_at=now, evidence=ledger.Proof(message="garden")
        )

    def test_the_wording_is_sent_and_nothing_is_given_yet(self, club) -> None:
        (message_id,) = self.join(club, factories.number())
        message = OutgoingMessage.objects.get(pk=message_id)
        assert (message.kind, message.collection_point) == ("wording", club)
        assert Consent.objects.get().status == "requested"

    def test_a_place_without_published_wording_answers_nothing(self) -> None:
        assert self.join(factories.place("silent", kind="sms", join_keyword="hush"), factories.number()) == ()
        assert not PhoneNumber.objects.exists()
