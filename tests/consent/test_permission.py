"""May we contact this number: at a past or present time, and as we would have answered then."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from consent import permission, retention, suppression, withdrawal
from consent.models import Method
from consent.rules.facts import OBJECTION, UNCLEAR
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import intake
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance, Source, all_fingerprints
from tests import factories
from tests.factories import NOON, TESTER, entry, number, point, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Noon in New York, on a day on which the tests hold the clock.
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)


def ask(e164: str, *, at: datetime = NOW, **values: Any) -> Decision:
    asked: dict[str, Any] = {"purpose": purpose(), "channel": Channel.SMS, "at": at}
    return permission.may_contact(e164, **asked | values)


def stop(e164: str, *, at: datetime) -> withdrawal.Withdrawn:
    return withdrawal.withdraw(e164, at=at, reason="stop", method=Method.SMS, actor=TESTER)


@pytest.fixture
def e164() -> str:
    """A number in New York."""
    return f"+1212555{100 + int(number()[-2:]):04}"


def test_what_was_true_at_a_past_time_is_folded_by_when_it_happened(e164: str) -> None:
    at = point(e164)
    given = entry(at, at=NOW - 30 * DAY)
    entry(at, Act.WITHDRAWN, at=NOW - 10 * DAY)
    assert ask(e164, at=NOW - 31 * DAY).reason is Reason.NO_CONSENT
    before = ask(e164, at=NOW - 20 * DAY)
    assert (before.verdict, before.reason, before.entries) == ("allow", "consent_given", (given.pk,))
    assert ask(e164, at=NOW - 10 * DAY).reason is Reason.WITHDRAWN


def test_what_we_knew_then_leaves_out_what_we_learned_later(e164: str) -> None:
    with time_machine.travel(NOW - 20 * DAY, tick=False):
        at = point(e164, at=NOW - 20 * DAY)
        entry(at, at=NOW - 20 * DAY)
    with time_machine.travel(NOW, tick=False):
        # Said ten days ago in a letter, opened today.
        stop(e164, at=NOW - 10 * DAY)
    then = NOW - 5 * DAY
    assert ask(e164, at=then).reason is Reason.SUPPRESSED
    assert ask(e164, at=then, known_at=then).reason is Reason.CONSENT_GIVEN
    assert ask(e164, at=then, known_at=NOW).reason is Reason.SUPPRESSED
    assert ask(e164, at=then, known_at=NOW - 21 * DAY).reason is Reason.UNKNOWN_NUMBER


def test_a_suppression_that_was_lifted_counts_for_the_time_before_and_for_what_we_knew(e164: str) -> None:
    with time_machine.travel(NOW - 20 * DAY, tick=False):
        entry(point(e164, at=NOW - 20 * DAY), at=NOW - 20 * DAY)
        line = PhoneNumber.objects.get()
        no = suppression.suppress(line, since=NOW - 20 * DAY, reason="stop", actor=TESTER)
    suppression.lift(no, reason="a mix-up", authority=suppression.Authority.PERSON, at=NOW - 10 * DAY)
    assert ask(e164, at=NOW - 11 * DAY).reason is Reason.SUPPRESSED
    assert ask(e164, at=NOW).reason is Reason.CONSENT_GIVEN
    # Asked, eleven days ago, about today: we did not know that it would be lifted.
    assert ask(e164, at=NOW, known_at=NOW - 11 * DAY).reason is Reason.SUPPRESSED


def test_a_suppression_does_not_reach_the_time_before_it(e164: str) -> None:
    entry(point(e164), at=NOW - 20 * DAY)
    suppression.suppress(PhoneNumber.objects.get(), since=NOW - DAY, reason="stop", actor=TESTER)
    assert ask(e164, at=NOW - 2 * DAY).reason is Reason.CONSENT_GIVEN
    assert ask(e164).reason is Reason.SUPPRESSED


def test_a_restriction_in_the_past_is_read_from_the_history(e164: str) -> None:
    at = point(e164)
    entry(at, at=NOW - 30 * DAY)
    for on, days in ((True, 20), (False, 10)):
        intake.restrict(at.contact, on=on, actor=TESTER, at=NOW - days * DAY, reason="disputed")
    assert ask(e164, at=NOW - 21 * DAY).reason is Reason.CONSENT_GIVEN
    assert ask(e164, at=NOW - 20 * DAY).reason is Reason.RESTRICTED
    assert ask(e164, at=NOW - 11 * DAY).reason is Reason.RESTRICTED
    assert ask(e164, at=NOW).reason is Reason.CONSENT_GIVEN
    assert ask(e164, at=NOW - 11 * DAY, known_at=timezone.now()).reason is Reason.RESTRICTED


def test_of_two_changes_at_one_instant_the_later_counts(e164: str) -> None:
    at = point(e164)
    entry(at, at=NOW - 30 * DAY)
    for on in (True, False):
        intake.restrict(at.contact, on=on, actor=TESTER, at=NOW - DAY, reason="disputed")
    assert ask(e164).reason is Reason.CONSENT_GIVEN


def test_on_a_shared_line_one_person_s_consent_is_enough_and_one_person_s_stop_is_everyone_s(e164: str) -> None:
    entry(point(e164, given_name="Ann"))
    entry(point(e164, given_name="Bob"), Act.REFUSED)
    assert ask(e164).verdict is Verdict.ALLOW
    stop(e164, at=NOW)
    assert ask(e164).reason is Reason.SUPPRESSED


def test_a_point_that_ended_is_not_reached_from_then_on(e164: str) -> None:
    with time_machine.travel(NOW - 20 * DAY, tick=False):
        at = point(e164, at=NOW - 20 * DAY)
        entry(at, at=NOW - 20 * DAY)
    intake.end(at, actor=TESTER, at=NOW - 10 * DAY, reason="moved")
    assert ask(e164).reason is Reason.NUMBER_ENDED
    assert ask(e164, at=NOW - 10 * DAY - timedelta(hours=1)).until == NOW - 10 * DAY
    assert ask(e164, known_at=NOW - 11 * DAY).reason is Reason.CONSENT_GIVEN


@pytest.mark.parametrize("at", [NOW - 50 * DAY, NOW])
def test_an_erased_line_is_denied_for_every_time(e164: str, at: datetime) -> None:
    of = point(e164)
    entry(of)
    retention.erase(of.contact, reason="request", actor=TESTER, at=timezone.now())
    assert ask(e164, at=at).reason is Reason.ERASED


def test_a_line_that_was_erased_for_one_person_answers_for_the_other(e164: str) -> None:
    gone, kept = point(e164, given_name="Ann"), point(e164, given_name="Bob")
    entry(gone)
    entry(kept)
    retention.erase(gone.contact, reason="request", actor=TESTER, at=timezone.now())
    assert ask(e164).reason is Reason.CONSENT_GIVEN


def test_a_consent_lapses_without_anybody_writing_it_down(e164: str) -> None:
    of = purpose("offers", lapses_after_months=1)
    entry(point(e164), of=of, at=datetime(2026, 1, 31, 17, tzinfo=UTC))
    end = datetime(2026, 2, 28, 17, tzinfo=UTC)
    assert ask(e164, purpose=of, at=end - timedelta(seconds=1)).until == end
    assert ask(e164, purpose=of, at=end).reason is Reason.LAPSED


@pytest.mark.parametrize(
    ("values", "sent", "exempt", "reason"),
    [
        ({"names_us": True}, True, "", "consent_given"),
        ({"names_us": True}, False, "14(5)(b)", "consent_given"),
        ({"names_us": True}, False, "", "notice_not_sent"),
        ({"names_us": False}, True, "", "sender_not_named"),
        ({"names_us": True, "licence_ends_on": NOW.date()}, True, "", "consent_given"),
        ({"names_us": True, "licence_ends_on": NOW.date() - DAY}, True, "", "licence_ended"),
    ],
)
def test_bought_in_consent_counts_within_its_limits(
    e164: str, values: dict[str, Any], sent: bool, exempt: str, reason: str
) -> None:
    lists = factories.source("lists", kind=Source.Kind.THIRD_PARTY, **values)
    entry(point(e164, of=lists), source=lists, channel=Channel.CALL)
    Provenance.objects.update(notice_sent_at=NOW - DAY if sent else None, notice_exempt=exempt)
    assert ask(e164, channel=Channel.CALL).reason == reason


@pytest.mark.parametrize(
    ("number", "reason"), [("+12125550142", "consent_not_transferable"), ("+493023125142", "wrong_line_type")]
)
def test_bought_in_consent_allows_no_text_in_the_united_states(number: str, reason: str) -> None:
    lists = factories.source("lists", kind=Source.Kind.THIRD_PARTY, names_us=True)
    entry(point(number, of=lists), source=lists)
    Provenance.objects.update(notice_sent_at=NOW - DAY)
    assert ask(number).reason == reason
    # Said to ourselves as well, it is ours.
    entry(ContactPoint.objects.get(), at=NOW - DAY, source=factories.source())
    assert ask(number).reason == ("consent_given" if number.startswith("+1") else reason)


def test_a_notice_that_was_sent_later_did_not_yet_count(e164: str) -> None:
    lists = factories.source("lists", kind=Source.Kind.THIRD_PARTY, names_us=True)
    entry(point(e164, of=lists), source=lists)
    Provenance.objects.update(notice_sent_at=NOW - DAY)
    assert ask(e164, at=NOW - 2 * DAY).reason is Reason.NOTICE_NOT_SENT


def test_another_basis_needs_a_source_that_the_purpose_may_use(e164: str) -> None:
    of = purpose("orders", basis="contract", necessary=True)
    point(e164)
    assert ask(e164, purpose=of).reason is Reason.PURPOSE_NOT_PERMITTED
    of.permitted_sources.add(factories.source())
    assert ask(e164, purpose=of).reason is Reason.OTHER_BASIS
    assert ask(e164, purpose=of, at=NOON - 200 * DAY).verdict is Verdict.DENY


def test_a_number_is_found_under_an_older_key(e164: str, settings: Any) -> None:
    entry(point(e164))
    settings.FINGERPRINT_KEYS = ["new:" + "77" * 32, *settings.FINGERPRINT_KEYS]
    assert ask(e164).reason is Reason.CONSENT_GIVEN
    # A tombstone under the other key speaks for the number too.
    PhoneNumber.objects.create(number_key=all_fingerprints(e164)[0], key_id="new", erased_at=NOW)
    assert ask(e164).reason is Reason.ERASED


@pytest.mark.parametrize("name", ["at", "known_at"])
def test_a_naive_time_is_refused(name: str) -> None:
    with pytest.raises(NaiveTimestamp, match=name):
        ask(number(), **{name: datetime(2026, 3, 2)})


def test_an_answer_writes_nothing(e164: str) -> None:
    assert ask(e164).reason is Reason.UNKNOWN_NUMBER
    assert not PhoneNumber.objects.exists()
    assert not ContactPoint.objects.exists()


def canadian(of: Source, *, dealt_at: datetime, heard_at: datetime | None = None) -> str:
    """Return a Canadian number of somebody who had to do with us at a time; heard_at: their last interaction."""
    at = point("+16135550142", of=of, at=NOW - DAY)
    Provenance.objects.filter(point=at).update(collected_at=dealt_at)
    Contact.objects.filter(pk=at.contact_id).update(last_interaction_at=heard_at)
    return "+16135550142"


@pytest.mark.parametrize(
    ("relationship", "dealt_at", "reason"),
    [
        ("customer", datetime(2024, 3, 2, 17, 0, 1, tzinfo=UTC), "other_basis"),
        ("customer", datetime(2024, 3, 2, 17, tzinfo=UTC), "implied_consent_lapsed"),
        ("inquiry", datetime(2025, 9, 2, 17, 0, 1, tzinfo=UTC), "other_basis"),
        ("inquiry", datetime(2025, 9, 2, 17, tzinfo=UTC), "implied_consent_lapsed"),
        ("", datetime(2025, 9, 2, 17, tzinfo=UTC), "implied_consent_lapsed"),
    ],
)
def test_in_canada_consent_is_implied_for_two_years_by_a_purchase_and_six_months_by_a_question(
    relationship: str, dealt_at: datetime, reason: str
) -> None:
    of = purpose("tips", basis="legitimate_interests")
    where = factories.source("shop", relationship=relationship)
    of.permitted_sources.add(where)
    decision = ask(canadian(where, dealt_at=dealt_at), purpose=of)
    assert decision.reason == reason
    assert decision.until == (NOW + timedelta(seconds=1) if reason == "other_basis" else None)


def test_in_canada_a_later_dealing_counts_and_one_that_is_yet_to_come_does_not() -> None:
    of, where = purpose("tips", basis="legitimate_interests"), factories.source("shop")
    of.permitted_sources.add(where)
    e164 = canadian(where, dealt_at=NOW - 300 * DAY, heard_at=NOW - 30 * DAY)
    assert ask(e164, purpose=of).reason is Reason.OTHER_BASIS
    Contact.objects.update(last_interaction_at=NOW + DAY)
    assert ask(e164, purpose=of).reason is Reason.IMPLIED_CONSENT_LAPSED


def test_a_number_taken_for_account_security_serves_nothing_else_until_it_is_given_for_more(e164: str) -> None:
    login = factories.source("login", security_only=True)
    at = point(e164, of=login)
    entry(at, at=NOW - 30 * DAY)
    assert ask(e164).reason is Reason.SECURITY_ONLY
    codes = purpose("codes", basis="contract", security=True, necessary=True)
    codes.permitted_sources.add(login)
    assert ask(e164, purpose=codes).reason is Reason.OTHER_BASIS
    Provenance.objects.create(point=at, source=factories.source(), obtained_at=NOW - DAY)
    assert ask(e164, at=NOW - 2 * DAY).reason is Reason.SECURITY_ONLY
    assert ask(e164).reason is Reason.CONSENT_GIVEN


def test_what_was_said_before_the_line_was_given_to_somebody_else_is_void(e164: str) -> None:
    at = point(e164)
    entry(at, at=NOW - 30 * DAY)
    PhoneNumber.objects.update(reassigned_at=NOW - 10 * DAY)
    # Then it was still theirs.
    assert ask(e164, at=NOW - 11 * DAY).reason is Reason.CONSENT_GIVEN
    assert ask(e164, at=NOW - 10 * DAY).reason is Reason.REASSIGNED
    assert ask(e164, purpose=purpose("orders", basis="contract")).reason is Reason.REASSIGNED
    given = entry(at, at=NOW - 5 * DAY)
    assert (ask(e164).reason, ask(e164).entries) == (Reason.CONSENT_GIVEN, (given.pk,))


def test_a_no_of_the_former_owner_does_not_bind_the_next_one(e164: str) -> None:
    entry(point(e164, given_name="Ann"), Act.REFUSED, at=NOW - 30 * DAY)
    PhoneNumber.objects.update(reassigned_at=NOW - 10 * DAY)
    entry(point(e164, at=NOW - 5 * DAY, given_name="Bo"), at=NOW - 5 * DAY)
    assert ask(e164).reason is Reason.CONSENT_GIVEN


def test_an_objection_and_a_text_that_nobody_has_read_yet_are_told_as_such(e164: str) -> None:
    point(e164)
    orders = purpose("orders", basis="contract", necessary=True)
    orders.permitted_sources.add(factories.source())
    line = PhoneNumber.objects.get()
    suppression.suppress(line, channel=Channel.SMS, since=NOW - DAY, reason=UNCLEAR, actor=TESTER)
    assert (ask(e164).verdict, ask(e164).reason) == (Verdict.REVIEW, Reason.UNDER_REVIEW)
    assert ask(e164, purpose=orders, channel=Channel.CALL).verdict is Verdict.ALLOW
    suppression.suppress(line, since=NOW - DAY, reason=OBJECTION, actor=TESTER)
    assert ask(e164, purpose=orders).reason is Reason.OBJECTED
    assert ask(e164, purpose=orders, channel=Channel.CALL).reason is Reason.OBJECTED


@pytest.mark.parametrize("asked", [{}, {"known_at": datetime(2100, 1, 1, tzinfo=UTC)}, {"at": NOW - 20 * DAY}])
def test_an_answer_takes_three_queries_however_many_people_share_the_line(
    e164: str, asked: dict[str, Any], django_assert_num_queries: Any
) -> None:
    how: dict[str, Any] = {"purpose": purpose(), "channel": Channel.SMS, "at": NOW}
    for many in (1, 20):
        while ContactPoint.objects.count() < many:
            entry(point(e164))
        suppression.suppress(
            PhoneNumber.objects.get(), purpose=purpose("other"), since=NOW - DAY, reason="stop", actor=TESTER
        )
        with django_assert_num_queries(3):
            permission.may_contact(e164, **how | asked)


def test_what_is_refused_whoever_is_there_takes_one_query(e164: str, django_assert_num_queries: Any) -> None:
    of = purpose()
    point(e164)
    stop(e164, at=NOW - DAY)
    for each in (e164, "+12125550199"):
        with django_assert_num_queries(1):
            permission.may_contact(each, purpose=of, channel=Channel.SMS, at=NOW)


def may_ask(e164: str, *, at: datetime = NOW, asked_by_person: bool = True) -> str | None:
    line = PhoneNumber.objects.for_numbers([e164]).get()
    return permission.may_ask_by_text(line, asked_by_person=asked_by_person, at=at)


def test_a_text_that_asks_for_a_yes_goes_to_who_has_just_asked_for_it(e164: str) -> None:
    point(e164)
    assert may_ask(e164) is None
    assert may_ask(e164, asked_by_person=False) is Reason.ASKING_FORBIDDEN
    point("+46701740605")
    assert may_ask("+46701740605", asked_by_person=False) is None
    point("+493023125000")
    assert may_ask("+493023125000") is Reason.WRONG_LINE_TYPE


def test_a_text_that_asks_for_a_yes_does_not_go_to_who_has_stopped_all_texts(e164: str) -> None:
    point(e164)
    line = PhoneNumber.objects.get()
    suppression.suppress(line, purpose=purpose(), since=NOW - 9 * DAY, reason="stop", actor=TESTER)
    suppression.suppress(line, channel=Channel.CALL, since=NOW - 9 * DAY, reason="stop", actor=TESTER)
    assert may_ask(e164) is None
    no = suppression.suppress(line, channel=Channel.SMS, since=NOW - 9 * DAY, reason="stop", actor=TESTER)
    assert may_ask(e164) is Reason.SUPPRESSED
    assert may_ask(e164, at=NOW - 10 * DAY) is None
    suppression.lift(no, reason="asked us to", authority=suppression.Authority.PERSON, at=NOW - 2 * DAY)
    assert may_ask(e164) is None
    assert may_ask(e164, at=NOW - 3 * DAY) is Reason.SUPPRESSED
    stop("+12125550199", at=NOW - DAY)
    assert may_ask("+12125550199") is Reason.SUPPRESSED


def test_nothing_is_asked_of_an_erased_number(e164: str) -> None:
    of = point(e164)
    retention.erase(of.contact, reason="request", actor=TESTER, at=timezone.now())
    assert may_ask(e164, at=timezone.now()) is Reason.ERASED


def taken(*points: ContactPoint, at: datetime = NOW) -> list[str]:
    asked: Any = {"purpose": purpose(), "channel": Channel.SMS, "at": at}
    decisions = permission.may_be_taken([each.pk for each in points], **asked)
    return [str(decisions[each.pk].reason) for each in points]


def test_for_a_list_each_person_answers_for_themselves(e164: str) -> None:
    ann, bo = point(e164, given_name="Ann"), point(e164, given_name="Bo")
    entry(ann)
    assert ask(e164).verdict is Verdict.ALLOW
    assert taken(ann, bo) == ["consent_given", "no_consent"]


def test_for_a_list_a_no_to_the_line_is_everybodys_no(e164: str) -> None:
    ann, bo, other = point(e164, given_name="Ann"), point(e164, given_name="Bo"), point()
    for each in (ann, bo, other):
        entry(each, at=NOW - 30 * DAY)
    stop(e164, at=NOW - DAY)
    assert taken(ann, bo, other) == ["suppressed", "suppressed", "consent_given"]


def test_for_a_list_what_is_erased_meanwhile_is_denied(e164: str) -> None:
    gone, kept = point(e164), point()
    entry(kept)
    retention.erase(gone.contact, reason="request", actor=TESTER, at=NOW)
    assert taken(gone, kept) == ["erased", "consent_given"]


def test_for_a_list_every_key_of_a_number_is_looked_under(e164: str, settings: Any) -> None:
    ann = point(e164)
    entry(ann)
    settings.FINGERPRINT_KEYS = ["new:" + "7c" * 32, *settings.FINGERPRINT_KEYS]
    assert taken(ann) == ["consent_given"]


def test_for_a_list_the_queries_do_not_grow(django_assert_num_queries: Any) -> None:
    for many in (1, 6):
        points = [point() for _each in range(many)]
        for each in points:
            entry(each)
        purpose()
        with django_assert_num_queries(5):
            taken(*points)
