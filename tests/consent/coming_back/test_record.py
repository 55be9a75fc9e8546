"""A number that was erased comes back by its owner's own new grant alone: as a new record, and the ledger says why."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.utils import timezone

from consent import capture, inbound, retention, suppression
from consent.models import (
    CollectionPoint,
    Consent,
    ConsentEvent,
    InboundMessage,
    OutgoingMessage,
    Purpose,
    Receipt,
    Suppression,
)
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.suppression import OWN_GRANT
from crm import intake, traces
from crm.models import NIGHTLY, Contact, ContactPoint, PhoneNumber
from tests import factories
from tests.consent.coming_back import (
    DAY,
    MINUTE,
    NOW,
    NUMBER,
    erased,
    given,
    import_of_a_third_party,
    in_force,
    reasons,
    rows,
    texted,
)
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


class TestANewRecord:
    def test_the_number_is_held_again_at_a_new_line_and_the_old_one_is_of_the_past(self, place, news) -> None:
        old = erased()
        assert given(place, news).stored
        new = in_force()
        old.refresh_from_db()
        assert (new.e164, new.region, new.line_type, new.erased_at) == (NUMBER, "US", "fixed_line_or_mobile", None)
        assert (old.number, old.reopened_at, old.reopened_as) == (None, NOW, new)
        assert old.erased_at == NOW - DAY

    def test_the_person_is_a_new_one_and_the_old_ids_stay_empty(self, place, news) -> None:
        erased()
        before = Contact.objects.get()
        done = given(place, news, profile={"given_name": "Ada"})
        point = ContactPoint.objects.get(pk=done.point_id or 0)
        assert point.contact != before
        assert (point.contact.given_name, point.line) == ("Ada", in_force())
        before.refresh_from_db()
        assert (before.status, before.given_name, before.email) == ("erased", "", "")
        assert not before.points.exclude(erased_at=None, line=None).filter(erased_at=None).exists()
        assert [each.source for each in point.provenances.all()] == [place.source]

    def test_the_hold_is_lifted_by_the_entry_of_the_grant(self, place, news) -> None:
        old = erased()
        (entry,) = given(place, news).entries
        hold = Suppression.objects.get(line=old)
        assert (hold.extent, hold.lifted_at, hold.lifted_reason) == ("hold", NOW, OWN_GRANT)
        assert hold.lifted_by_id == entry
        assert ConsentEvent.objects.get(pk=entry).evidence.shown == "the form"
        assert not in_force().suppressions.exists()

    def test_what_is_said_while_the_number_is_erased_waits_for_it_and_counts(self, place, news) -> None:
        erased()
        # The form was sent a second before the erasure was done, and could be stored only after it.
        assert given(place, news, at=NOW - DAY - timedelta(seconds=1)).stored
        assert Consent.objects.get(point__line=in_force()).status == "given"

    def test_what_was_said_before_the_number_was_erased_is_of_the_past(self, place, news) -> None:
        erased()
        assert not given(place, news, occurred_at=NOW - DAY - timedelta(seconds=1)).stored

    def test_staff_do_not_lift_it_before_nor_after(self, place, news) -> None:
        hold = Suppression.objects.get(line=erased())
        for _ in range(2):
            with pytest.raises(suppression.NotLifted):
                suppression.lift(hold, reason="the boss said so", authority=suppression.Authority.PERSON, at=NOW)
            given(place, news)

    def test_said_once_more_nothing_is_opened_again(self, place, news) -> None:
        erased()
        given(place, news)
        before = PhoneNumber.objects.count(), Contact.objects.count()
        given(place, news)
        assert (PhoneNumber.objects.count(), Contact.objects.count()) == before == (2, 2)

    def test_a_row_that_names_the_number_twice_opens_it_once(self) -> None:
        erased()
        row = intake.Row({}, [intake.Number(NUMBER), intake.Number("(202) 555-0142 ext. 7")])
        stored = intake.store(
            row, source=factories.source(), actor=TESTER, at=NOW, reason="", region="US", own_grant=True
        )
        assert (len(stored.reopened), len(stored.point_ids), PhoneNumber.objects.count()) == (1, 2, 2)


class TestWhatIsNoSuchGrant:
    @pytest.mark.parametrize("after", [timedelta(0), -MINUTE, -30 * DAY])
    def test_what_was_said_before_the_erasure_brings_nothing_back(self, place, news, after) -> None:
        erased()
        before = rows()
        assert not given(place, news, occurred_at=NOW - DAY + after).stored
        assert rows() == before

    def test_what_was_said_since_does_though_it_comes_later(self, place, news) -> None:
        erased()
        assert given(place, news, occurred_at=NOW - DAY + MINUTE).stored

    def test_a_third_party_s_word_is_not_the_person_s(self, news) -> None:
        erased()
        partner = factories.source("partner", kind="third_party", names_us=True)
        theirs = factories.place("partner", kind="third_party", asks=[news], source=partner)
        before = rows()
        done = given(theirs, news)
        assert (done.stored, rows(), in_force().number) == (False, before, None)

    def test_nothing_given_is_nothing(self, place, news) -> None:
        erased()
        before = rows()
        assert not given(place).stored
        assert rows() == before

    def test_where_the_age_was_not_confirmed_nothing_comes_back(self, news) -> None:
        erased()
        before = rows()
        with pytest.raises(capture.NoAge):
            given(factories.place("kids", asks=[news], asks_age=True), news)
        assert rows() == before

    def test_a_known_contact_under_restriction_is_not_added_to(self, place, news) -> None:
        erased()
        other = factories.contact(given_name="Ada", email="ada@example.com")
        intake.restrict(other, on=True, actor=TESTER, at=NOW, reason="disputed")
        before = rows()
        assert not given(place, news, profile={"email": "ada@example.com"}).stored
        assert (rows(), in_force().number) == (before, None)

    def test_a_text_to_start_brings_no_number_back(self) -> None:
        erased()
        texted("START")
        assert in_force().number is None


class TestDoubleOptIn:
    def test_the_number_is_held_to_be_asked_and_nothing_is_permitted(self, place, survey) -> None:
        old = erased()
        done = given(place, survey)
        assert (done.stored, done.pending, len(done.message_ids)) == (True, True, 1)
        assert OutgoingMessage.objects.get().line == in_force()
        assert Consent.objects.get().status == "requested"
        assert Suppression.objects.get(line=old).lifted_by_id == done.entries[0]
        assert reasons(survey) == {Reason.NOT_CONFIRMED}

    @pytest.mark.parametrize("channel", [None, Channel.SMS])
    def test_where_nobody_may_be_asked_nothing_is_stored(self, place, survey, channel) -> None:
        old = erased(stopped={"channel": channel})
        before = rows()
        done = given(place, survey)
        assert (done.stored, done.pending, len(done.token), rows()) == (False, True, 43, before)
        old.refresh_from_db()
        assert (old.reopened_at, Suppression.objects.get(line=old, extent="hold").lifted_at) == (None, None)

    def test_nor_where_the_place_has_asked_too_many(self, place, survey, settings: LazySettings) -> None:
        settings.CHALLENGES_PER_PLACE_HOUR = 0
        erased()
        before = rows()
        assert not given(place, survey).stored
        assert rows() == before

    def test_what_needs_no_confirmation_brings_it_back_and_the_rest_is_not_asked(self, place, news, survey) -> None:
        erased(stopped={})
        done = given(place, news, survey)
        assert (done.stored, done.message_ids) == (True, ())
        assert {each.purpose.slug: each.status for each in Consent.objects.all()} == {
            "news": "given",
            "survey": "requested",
        }

    def test_unanswered_it_is_erased_again_and_must_not_be_held_again_as_often_as_it_happens(
        self, place, survey, settings: LazySettings, clock: Any
    ) -> None:
        factories.policy("consent_lapsed")
        first = erased()
        past, at = [first], NOW
        for turn in (1, 2):
            assert given(place, survey, at=at, number=NUMBER).stored
            opened = in_force()
            assert opened.e164 == NUMBER
            at += timedelta(days=settings.UNANSWERED_DAYS, minutes=1)
            clock.move_to(at)
            retention.run(as_of=at, actor=NIGHTLY, approved=True)

            opened.refresh_from_db()
            assert (opened.number, opened.erased_at, opened.reopened_at) == (None, at, None)
            assert in_force() == opened
            holds = Suppression.objects.filter(extent="hold").order_by("pk")
            assert [hold.line for hold in holds] == [*past, opened]
            assert [hold.lifted_at is None for hold in holds] == [*(False for _ in past), True]
            assert Receipt.objects.count() == turn + 1
            assert list(traces.find(NUMBER)) == []
            assert not import_of_a_third_party().point_ids
            past.append(opened)
            at += MINUTE
            clock.move_to(at)
        assert [line.reopened_as for line in PhoneNumber.objects.order_by("pk")] == [past[1], past[2], None]


class TestJoining:
    @pytest.fixture
    def club(self, news: Purpose) -> CollectionPoint:
        return factories.place("club", kind="sms", asks=[news], join_keyword="garden")

    def test_the_number_s_own_text_opens_a_record_and_asks(self, club, news) -> None:
        old = erased()
        received = texted("GARDEN")
        new = in_force()
        entry = ConsentEvent.objects.get(act="requested")
        assert (new.e164, entry.point.line) == (NUMBER, new)
        assert OutgoingMessage.objects.get(pk__in=received.message_ids).kind == "wording"
        assert Suppression.objects.get(line=old).lifted_by == entry
        assert InboundMessage.objects.get().line == new

    def test_delivered_twice_it_opens_one(self, club) -> None:
        erased()
        texted("GARDEN")
        assert not texted("GARDEN").new
        assert PhoneNumber.objects.count() == 2

    def test_delivered_again_after_another_erasure_it_opens_none(self, club, clock: Any) -> None:
        erased()
        texted("GARDEN", message_id="1")
        clock.shift(DAY)
        retention.erase(
            ContactPoint.objects.get(erased_at=None).contact, reason="request", actor=TESTER, at=timezone.now()
        )
        clock.shift(DAY)
        for message_id in ("1", "2"):
            inbound.receive(
                provider="console",
                message_id=message_id,
                number=NUMBER,
                body="GARDEN",
                at=timezone.now(),
                occurred_at=NOW,
            )
        assert (in_force().number, PhoneNumber.objects.count()) == (None, 2)

    def test_who_said_stop_is_not_asked_and_not_held(self, club) -> None:
        erased(stopped={})
        before = rows()
        assert texted("GARDEN").message_ids == ()
        assert (rows(), in_force().number) == (before, None)
