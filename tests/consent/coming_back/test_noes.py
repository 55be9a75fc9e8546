"""What was said before a number came back: every no holds on, and every time is answered as it was."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings

from consent import inbound, ledger, links, retention, suppression
from consent.models import (
    Consent,
    InboundMessage,
    Method,
    Suppression,
)
from consent.preferences import choosing
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.suppression import OBJECTION, TEXT_OPT_OUT
from consent.withdrawal import withdraw, withdraw_line
from crm.models import PERSON, ContactPoint, PhoneNumber, all_fingerprints
from tests import factories
from tests.consent.coming_back import (
    DAY,
    MINUTE,
    NOW,
    NUMBER,
    erase_again,
    erased,
    erased_under_another_key,
    given,
    hold_again,
    import_of_a_third_party,
    in_force,
    reasons,
    stop,
    texted,
)
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


class TestWhatWasSaidNoTo:
    """A no of before holds on as it does where a number was never erased."""

    @pytest.mark.parametrize("held", [True, False], ids=["erased", "never held"])
    @pytest.mark.parametrize(
        ("scope", "news_reason", "survey_reason"),
        [
            ({}, Reason.SUPPRESSED, Reason.SUPPRESSED),
            ({"reason": OBJECTION}, Reason.OBJECTED, Reason.OBJECTED),
            ({"channel": Channel.CALL}, Reason.CONSENT_GIVEN, Reason.NO_CONSENT),
            ({"purpose": "survey"}, Reason.CONSENT_GIVEN, Reason.SUPPRESSED),
        ],
        ids=["everything", "objection", "calls", "survey"],
    )
    def test_it_holds_for_the_new_line(self, place, news, survey, held, scope, news_reason, survey_reason) -> None:
        scope = scope | ({"purpose": survey} if "purpose" in scope else {})
        stop(**scope)
        if held:
            hold_again(erase=True)
        before = (
            Suppression.objects.filter(extent="contact").values("since", "recorded_at", "reason", "actor_name").get()
        )
        given(place, news)
        assert in_force().suppressions.values("since", "recorded_at", "reason", "actor_name").get() == before
        assert (reasons(news), reasons(survey)) == ({news_reason}, {survey_reason})

    def test_so_it_would_where_the_line_lived(self, place, news) -> None:
        stop()
        hold_again(erase=False)
        given(place, news)
        assert reasons(news) == {Reason.SUPPRESSED}

    def test_a_start_gives_back_what_a_stop_of_before_the_erasure_had_ended(self, place, news) -> None:
        stop(reason=TEXT_OPT_OUT)
        hold_again(erase=True)
        given(place, news)
        texted("START")
        assert reasons(news) == {Reason.CONSENT_GIVEN}

    def test_an_unclear_text_is_still_read_and_its_no_goes_or_stays(self, place, news) -> None:
        texted("we have to stop", at=NOW - 2 * DAY)
        hold_again(erase=True)
        given(place, news)
        assert reasons(news) == {Reason.UNDER_REVIEW}
        message = InboundMessage.objects.get()
        finding = InboundMessage.Finding.NOT_AN_OPT_OUT
        inbound.review(message, finding=finding, actor=TESTER, user_id=None, at=NOW)
        assert reasons(news) == {Reason.CONSENT_GIVEN}

    def test_found_to_be_a_no_it_ends_the_new_record_s_consent(self, place, news) -> None:
        texted("we have to stop", at=NOW - 2 * DAY)
        hold_again(erase=True)
        given(place, news, occurred_at=NOW - MINUTE)
        inbound.review(
            InboundMessage.objects.get(), finding=InboundMessage.Finding.OPT_OUT, actor=TESTER, user_id=None, at=NOW
        )
        assert reasons(news) == {Reason.SUPPRESSED}
        assert in_force().suppressions.get().reason == TEXT_OPT_OUT

    def test_what_was_narrowed_down_still_stops_purposes_to_come(self, place, news, survey) -> None:
        point = factories.point(NUMBER)
        stop(reason=TEXT_OPT_OUT, actor=PERSON)
        opened = links.find(links.issue(point=point, at=NOW - 2 * DAY), at=NOW - 2 * DAY + MINUTE)
        choosing.choose(
            opened,
            choices={(news.pk, Channel.SMS): True},
            notices={news.pk: factories.notice(news).pk},
            language="en",
            at=NOW - 2 * DAY + MINUTE,
            evidence=ledger.Proof(),
        )
        erase_again(at=NOW - DAY)
        given(place, news)
        later = factories.purpose("later")
        suppression.carry_over(later)
        assert (reasons(news), reasons(later)) == ({Reason.CONSENT_GIVEN}, {Reason.SUPPRESSED})

    def test_of_two_tombstones_of_one_number_both_make_way(self, place, news, settings: LazySettings) -> None:
        old = erased_under_another_key(settings, stopped={})
        other = PhoneNumber.objects.create(number_key=all_fingerprints(NUMBER)[0], key_id="next", erased_at=NOW - DAY)
        for channel in (None, Channel.CALL):
            suppression.suppress(other, channel=channel, since=NOW - DAY, reason="stop", actor=TESTER)
        given(place, news)
        assert set(PhoneNumber.objects.exclude(reopened_as=None)) == {old, other}
        assert in_force().e164 == NUMBER
        assert reasons(news) == {Reason.SUPPRESSED}
        assert in_force().suppressions.count() == 2


class TestWhatIsAnswered:
    def test_before_it_was_given_back_the_answer_is_no(self, place, news) -> None:
        erased()
        assert reasons(news) == {Reason.ERASED}
        given(place, news)
        assert reasons(news) == {Reason.CONSENT_GIVEN}
        assert reasons(news, at=NOW - MINUTE) == reasons(news, at=NOW - 50 * DAY) == {Reason.NO_CONSENT}
        assert reasons(news, known_at=NOW - MINUTE) == {Reason.UNKNOWN_NUMBER}

    def test_a_no_of_before_is_known_as_of_when_it_was(self, place, news) -> None:
        with time_machine.travel(NOW - 2 * DAY, tick=False):
            stop()
        hold_again(erase=True)
        given(place, news)
        assert reasons(news, at=NOW - DAY) == reasons(news, known_at=NOW - DAY) == {Reason.SUPPRESSED}
        assert reasons(news, at=NOW - 3 * DAY) == {Reason.NO_CONSENT}

    def test_what_it_gave_is_withdrawn_as_ever(self, place, news) -> None:
        erased()
        given(place, news)
        done = withdraw(NUMBER, at=NOW + timedelta(0), reason="stop", method=Method.SMS, actor=TESTER)
        assert (done.line_id, done.held, len(done.entries)) == (in_force().pk, True, 1)
        assert reasons(news) == {Reason.SUPPRESSED}

    def test_a_link_of_before_the_erasure_takes_back_what_was_given_since_and_gives_nothing(self, place, news) -> None:
        point = factories.point(NUMBER)
        token = links.issue(point=point, at=NOW - 2 * DAY)
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOW - DAY)
        given(place, news)
        opened = links.find(token, at=NOW)
        assert (opened.point, opened.line) == (point, in_force())
        with pytest.raises(choosing.NotOffered):
            choosing.choose(
                opened,
                choices={(news.pk, Channel.CALL): True},
                notices={news.pk: factories.notice(news).pk},
                language="en",
                at=NOW,
                evidence=ledger.Proof(),
            )
        choosing.stop_everything(opened, at=NOW, evidence=ledger.Proof())
        assert reasons(news) == {Reason.SUPPRESSED}
        assert Consent.objects.get(point__erased_at=None).status == "withdrawn"

    def test_a_withdrawal_that_had_the_old_line_in_hand_reaches_the_new_one(self, place, news) -> None:
        old = erased()
        given(place, news)
        withdraw_line(old, at=NOW, reason="stop", method=Method.WEB_FORM, actor=TESTER)
        assert reasons(news) == {Reason.SUPPRESSED}


class TestKeysThatChange:
    def test_a_tombstone_under_an_old_key_is_reopened_as_a_line_under_the_new_one(self, place, news, settings) -> None:
        old = erased_under_another_key(settings)
        assert not import_of_a_third_party().point_ids
        given(place, news)
        new = in_force()
        old.refresh_from_db()
        assert (new.key_id, new.number_key) == ("next", all_fingerprints(NUMBER)[0])
        assert (old.reopened_as, old.number_key) == (new, all_fingerprints(NUMBER)[1])
        assert reasons(news) == {Reason.CONSENT_GIVEN}

    def test_after_that_the_number_is_one_line_for_everybody(self, place, news, settings) -> None:
        erased_under_another_key(settings)
        given(place, news)
        assert import_of_a_third_party().point_ids == (ContactPoint.objects.get(erased_at=None).pk,)
        assert suppression.line_for(NUMBER) == in_force()

    def test_erased_again_it_is_refused_under_both(self, place, news, settings) -> None:
        erased_under_another_key(settings)
        given(place, news)
        new = in_force()
        erase_again(at=NOW)
        assert in_force() == new
        assert reasons(news) == {Reason.ERASED}
        assert not import_of_a_third_party().point_ids
