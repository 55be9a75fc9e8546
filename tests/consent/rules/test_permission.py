"""May this line be contacted: a no unless something says yes. Rule numbers: GDPR, 47 CFR 64.1200, ICO guidance."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.bases import LawfulBasis
from consent.rules.facts import LineFacts, PointFacts, PurposeFacts, SourceFacts, SuppressionFacts
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict, decide, decide_at_any_hour
from consent.rules.reasons import REASONS
from consent.rules.states import State, Status
from consent.rules.times import NaiveTimestamp

# Noon in New York and 17:00 in UTC.
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(days=30), NOW + timedelta(days=30)
NEW_YORK = ("America/New_York",)
CLOSING = datetime(2026, 3, 3, 2, tzinfo=UTC)
ON_CONSENT = PurposeFacts(1, LawfulBasis.CONSENT, ("sms", "call"))
ON_CONTRACT = PurposeFacts(1, LawfulBasis.CONTRACT, ("sms", "call"))
LISTS = SourceFacts(7, third_party=True)
FORM = SourceFacts(8)


def state(status: str = "given", *, given_at: datetime | None = BEFORE) -> State:
    return State(Status(status), since=BEFORE, given_at=given_at, notice_id=1, entry_ids=(11, 12))


def point(status: str = "given", **values: Any) -> PointFacts:
    facts: dict[str, Any] = {"id": 1, "state": state(status), "sources": [FORM]}
    return PointFacts(**facts | values)


def line(*points: PointFacts, **values: Any) -> LineFacts:
    facts: dict[str, Any] = {"known": True, "line_type": "mobile", "zones": NEW_YORK, "points": points}
    return LineFacts(**facts | values)


def answer(
    facts: LineFacts, purpose: PurposeFacts = ON_CONSENT, *, channel: Channel = Channel.SMS, at: datetime = NOW
) -> Decision:
    return decide(facts, purpose=purpose, channel=channel, at=at)


MANY = SuppressionFacts()
OBJECTION, UNCLEAR = SuppressionFacts(objection=True), SuppressionFacts(unclear=True)
BY_PHONE_NUMBER = replace(FORM, security_only=True, permits=True)
ON_INTEREST = PurposeFacts(1, LawfulBasis.LEGITIMATE_INTERESTS, ("sms", "call"))
SHOP = replace(FORM, permits=True, customer=True, dealt_at=NOW - timedelta(days=700))
INQUIRY = replace(FORM, permits=True, dealt_at=NOW - timedelta(days=200))


def canadian(*sources: SourceFacts, status: str = "unknown", **values: Any) -> LineFacts:
    return line(point(status, sources=sources, **values), region="CA")


CASES = [
    pytest.param(line(point()), ON_CONSENT, "consent_given", id="6(1)(a): consent"),
    pytest.param(line(point("renewed")), ON_CONSENT, "consent_renewed", id="6(1)(a): consent renewed"),
    pytest.param(
        line(point("unknown", sources=[replace(FORM, permits=True)])),
        ON_CONTRACT,
        "other_basis",
        id="6(1)(b) and 5(1)(b): a source collected for this",
    ),
    pytest.param(line(point(), known=False, erased=True), ON_CONSENT, "erased", id="17: erased"),
    pytest.param(line(point(), suppressions=[MANY]), ON_CONSENT, "suppressed", id="64.1200(d)(6): do not contact"),
    pytest.param(
        line(point(sources=[replace(FORM, permits=True)]), suppressions=[MANY]),
        replace(ON_CONTRACT, necessary=True),
        "suppressed",
        id="21(3): an objection outranks every basis",
    ),
    pytest.param(LineFacts(known=False), ON_CONSENT, "unknown_number", id="5(2): a number that we do not hold"),
    pytest.param(
        line(point()), replace(ON_CONSENT, active=False), "purpose_inactive", id="5(1)(b): a purpose given up"
    ),
    pytest.param(
        line(point()), replace(ON_CONSENT, channels=("call",)), "channel_not_covered", id="4(11): specific consent"
    ),
    pytest.param(line(point(), line_type="fixed_line"), ON_CONSENT, "wrong_line_type", id="no text to a fixed line"),
    pytest.param(
        line(point(), zones=("Asia/Tokyo",)), ON_CONSENT, "quiet_hours", id="64.1200(c)(1): 2 a.m. at the called party"
    ),
    pytest.param(
        line(point(), zones=(*NEW_YORK, "Asia/Tokyo")),
        ON_CONSENT,
        "quiet_hours",
        id="64.1200(c)(1): 2 a.m. in one of the places it may be",
    ),
    pytest.param(line(point(), zones=()), ON_CONSENT, "time_zone_unknown", id="64.1200(c)(1): whose hours, unknown"),
    pytest.param(line(point(restricted=True)), ON_CONSENT, "restricted", id="18(2): storage only"),
    pytest.param(line(point("withdrawn")), ON_CONSENT, "withdrawn", id="7(3): withdrawn"),
    pytest.param(
        line(point("withdrawn", sources=[replace(FORM, permits=True)])),
        ON_CONTRACT,
        "withdrawn",
        id="21(2)-(3): a no to a purpose on another basis",
    ),
    pytest.param(line(point("revoked")), ON_CONSENT, "revoked", id="DPV: ended by somebody else"),
    pytest.param(line(point("invalidated")), ON_CONSENT, "invalidated", id="7(1): what cannot be proven"),
    pytest.param(line(point("refused")), ON_CONSENT, "refused", id="4(11): a refusal"),
    pytest.param(line(point("expired")), ON_CONSENT, "lapsed", id="DPV: expired, as the ledger says"),
    pytest.param(
        line(point()), replace(ON_CONSENT, lapses_after_months=2), "consent_given", id="5(1)(e): not yet lapsed"
    ),
    pytest.param(
        line(point(state=state(given_at=NOW - timedelta(days=28)))),
        replace(ON_CONSENT, lapses_after_months=1),
        "lapsed",
        id="5(1)(e): lapsed this very instant, a month after",
    ),
    pytest.param(line(point("requested")), ON_CONSENT, "not_confirmed", id="I ZR 164/09: not confirmed"),
    pytest.param(line(point("deferred")), ON_CONSENT, "not_confirmed", id="DPV: put off"),
    pytest.param(
        line(point(grant_source=replace(LISTS, names_us=False))),
        ON_CONSENT,
        "sender_not_named",
        id="ICO: bought-in consent that named somebody else",
    ),
    pytest.param(
        line(point(grant_source=replace(LISTS, licence_ended_at=NOW))),
        ON_CONSENT,
        "licence_ended",
        id="28(3): the licence of the consent's source ended this instant",
    ),
    pytest.param(
        line(point(sources=[replace(LISTS, licence_ended_at=BEFORE)])),
        ON_CONSENT,
        "licence_ended",
        id="28(3): every source's licence ended",
    ),
    pytest.param(
        line(point(sources=[replace(LISTS, told=False)])), ON_CONSENT, "notice_not_sent", id="14(3)(b): never told"
    ),
    pytest.param(
        line(point(sources=[replace(LISTS, told=False), FORM])), ON_CONSENT, "consent_given", id="13: told by our form"
    ),
    pytest.param(line(point()), ON_CONTRACT, "purpose_not_permitted", id="5(1)(b): collected for something else"),
    pytest.param(
        line(point(sources=[replace(FORM, permits=True, licence_ended_at=BEFORE)])),
        ON_CONTRACT,
        "purpose_not_permitted",
        id="5(1)(b): a permitted source whose licence ended",
    ),
    pytest.param(
        line(point(sources=[replace(FORM, permits=True)]), suppressions=[OBJECTION]),
        replace(ON_CONTRACT, necessary=True),
        "objected",
        id="21(3): an objection, told as such",
    ),
    pytest.param(
        line(point(), suppressions=[UNCLEAR, MANY, OBJECTION]), ON_CONSENT, "objected", id="21(3): before other noes"
    ),
    pytest.param(
        line(point(), suppressions=[UNCLEAR]), ON_CONSENT, "under_review", id="64.1200(a)(10): perhaps it was a no"
    ),
    pytest.param(
        line(point(), suppressions=[UNCLEAR, MANY, UNCLEAR]),
        ON_CONSENT,
        "suppressed",
        id="64.1200(a)(10): what is clear comes before what is not",
    ),
    pytest.param(
        line(point("unknown", reassigned=True, state=State())),
        ON_CONSENT,
        "reassigned",
        id="64.1200(m): another person's line by now",
    ),
    pytest.param(
        line(point("unknown", reassigned=True, state=State(), sources=[replace(FORM, permits=True)])),
        ON_CONTRACT,
        "reassigned",
        id="64.1200(m): whatever the basis",
    ),
    pytest.param(
        line(point(reassigned=True)), ON_CONSENT, "consent_given", id="64.1200(m): given since by the new owner"
    ),
    pytest.param(
        line(point("withdrawn", reassigned=True)), ON_CONSENT, "withdrawn", id="64.1200(m): and taken back since"
    ),
    pytest.param(line(point(sources=[BY_PHONE_NUMBER])), ON_CONSENT, "security_only", id="5(1)(b): consent or not"),
    pytest.param(
        line(point("unknown", sources=[BY_PHONE_NUMBER])),
        replace(ON_CONTRACT, security=True),
        "other_basis",
        id="5(1)(b): what it was taken for",
    ),
    pytest.param(
        line(point(sources=[BY_PHONE_NUMBER, FORM])), ON_CONSENT, "consent_given", id="5(1)(b): taken for more, too"
    ),
    pytest.param(
        line(point("unknown", sources=[BY_PHONE_NUMBER, FORM])),
        ON_CONTRACT,
        "purpose_not_permitted",
        id="5(1)(b): the source that was taken for more does not permit it",
    ),
    pytest.param(
        line(point(grant_source=LISTS), region="US"),
        ON_CONSENT,
        "consent_not_transferable",
        id="CTIA: told to somebody else",
    ),
    pytest.param(
        line(point(grant_source=LISTS), region="PR"),
        ON_CONSENT,
        "consent_not_transferable",
        id="CTIA: in the territories too",
    ),
    pytest.param(
        line(point(grant_source=FORM), region="US"), ON_CONSENT, "consent_given", id="CTIA: told to ourselves"
    ),
    pytest.param(line(point(grant_source=LISTS), region="GB"), ON_CONSENT, "consent_given", id="CTIA: not elsewhere"),
    pytest.param(canadian(SHOP), ON_INTEREST, "other_basis", id="CASL 10(10)(a): bought within two years"),
    pytest.param(
        canadian(replace(SHOP, dealt_at=NOW - timedelta(days=731))),
        ON_INTEREST,
        "implied_consent_lapsed",
        id="CASL 10(10)(a): bought two years ago and a day",
    ),
    pytest.param(
        canadian(INQUIRY), ON_INTEREST, "implied_consent_lapsed", id="CASL 10(10)(e): asked more than six months ago"
    ),
    pytest.param(
        canadian(replace(INQUIRY, dealt_at=NOW - timedelta(days=180))),
        ON_INTEREST,
        "other_basis",
        id="CASL 10(10)(e): asked within six months",
    ),
    pytest.param(
        canadian(replace(SHOP, third_party=True)),
        ON_INTEREST,
        "implied_consent_lapsed",
        id="CASL 10(9)(a): a dealing with somebody else implies nothing",
    ),
    pytest.param(
        canadian(INQUIRY, status="given"), ON_INTEREST, "other_basis", id="CASL 6(1)(a): express consent does not lapse"
    ),
    pytest.param(
        canadian(INQUIRY, status="given", grant_source=replace(LISTS, names_us=False)),
        ON_INTEREST,
        "implied_consent_lapsed",
        id="CASL: express, but not to us",
    ),
    pytest.param(
        canadian(INQUIRY), replace(ON_CONTRACT, necessary=True), "other_basis", id="CASL 6(6): part of the order"
    ),
    pytest.param(canadian(FORM, status="given"), ON_CONSENT, "consent_given", id="CASL 6(1)(a): express consent"),
    pytest.param(
        line(point("unknown", sources=[INQUIRY]), region="US"), ON_INTEREST, "other_basis", id="CASL: not elsewhere"
    ),
    pytest.param(line(point("unknown")), ON_CONSENT, "no_consent", id="6(1): silence is no consent"),
    pytest.param(line(), ON_CONSENT, "no_consent", id="6(1): nobody is at the line"),
    pytest.param(line(point(until=NOW)), ON_CONSENT, "number_ended", id="5(1)(d): no longer this person's number"),
]


@pytest.mark.parametrize(("facts", "purpose", "reason"), CASES)
def test_the_answer_follows_from_the_facts(facts: LineFacts, purpose: PurposeFacts, reason: str) -> None:
    decision = answer(facts, purpose)
    assert decision.reason == reason
    assert decision.verdict is REASONS[Reason(reason)].verdict


def test_every_reason_is_in_the_table_but_that_of_the_question_whether_one_may_ask() -> None:
    assert {case.values[2] for case in CASES} == set(Reason) - {Reason.ASKING_FORBIDDEN}


def test_what_was_told_to_somebody_else_allows_a_call() -> None:
    told = line(point(grant_source=LISTS), region="US")
    assert answer(told, channel=Channel.CALL).reason is Reason.CONSENT_GIVEN


@pytest.mark.parametrize(
    ("facts", "purpose", "until"),
    [
        (line(point()), ON_CONSENT, CLOSING),
        (line(point(until=NOW + timedelta(hours=1))), ON_CONSENT, NOW + timedelta(hours=1)),
        (line(point(sources=[replace(FORM, permits=True)])), replace(ON_CONTRACT, necessary=True), None),
        (line(point(), zones=("Asia/Tokyo",)), ON_CONSENT, datetime(2026, 3, 2, 23, tzinfo=UTC)),
        (
            line(point(state=state(given_at=NOW - timedelta(days=28) + timedelta(minutes=5)))),
            replace(ON_CONSENT, lapses_after_months=1),
            NOW + timedelta(minutes=5),
        ),
        (
            line(point(grant_source=replace(LISTS, licence_ended_at=NOW + timedelta(minutes=9)))),
            ON_CONSENT,
            NOW + timedelta(minutes=9),
        ),
        (
            line(point(sources=[replace(FORM, permits=True, licence_ended_at=AFTER), replace(FORM, permits=True)])),
            replace(ON_CONTRACT, necessary=True),
            None,
        ),
        (
            line(point(sources=[replace(FORM, permits=True, licence_ended_at=AFTER), FORM])),
            replace(ON_CONTRACT, necessary=True),
            AFTER,
        ),
        (canadian(SHOP), ON_INTEREST, CLOSING),
        (
            canadian(replace(SHOP, dealt_at=datetime(2024, 3, 2, 18, tzinfo=UTC)), INQUIRY),
            ON_INTEREST,
            datetime(2026, 3, 2, 18, tzinfo=UTC),
        ),
        (
            canadian(replace(INQUIRY, dealt_at=BEFORE, licence_ended_at=NOW + timedelta(minutes=7))),
            ON_INTEREST,
            NOW + timedelta(minutes=7),
        ),
    ],
    ids=[
        "until the hours close",
        "until the number ends",
        "open-ended",
        "a no until the hours open",
        "until the consent lapses",
        "until the licence of its source ends",
        "the longest licence counts, one is open",
        "the permitted source's licence",
        "until the hours close, as a consent is implied for longer",
        "until implied consent lapses, by the source that implies it longest",
        "until the licence of what implies it ends",
    ],
)
def test_the_answer_holds_until_the_first_thing_that_changes_it(
    facts: LineFacts, purpose: PurposeFacts, until: datetime | None
) -> None:
    assert answer(facts, purpose).until == until


def test_a_no_for_the_hour_says_when_they_all_open_in_utc() -> None:
    # Two in the morning in Tokyo. When it is eight in Paris it is four in the afternoon there.
    both = line(point(), zones=("Asia/Tokyo", "Europe/Paris"))
    decision = answer(both)
    assert (decision.verdict, decision.reason) == (Verdict.DENY, Reason.QUIET_HOURS)
    assert decision.until == datetime(2026, 3, 3, 7, tzinfo=UTC)
    assert decision.until.utcoffset() == timedelta()
    assert answer(both, at=decision.until).verdict is Verdict.ALLOW
    assert answer(both, at=decision.until - timedelta(microseconds=1)).verdict is Verdict.DENY


@pytest.mark.parametrize(("minutes", "told"), [(-1, False), (0, False), (1, True)])
def test_no_hour_is_promised_at_which_the_consent_has_ended(minutes: int, told: bool) -> None:
    opening = datetime(2026, 3, 3, 13, tzinfo=UTC)
    facts = line(point(until=opening + timedelta(minutes=minutes)))
    decision = decide(facts, purpose=ON_CONSENT, channel=Channel.SMS, at=CLOSING + timedelta(hours=1))
    assert (decision.reason, decision.until) == (Reason.QUIET_HOURS, opening if told else None)


def test_what_rests_on_another_basis_names_what_was_said_of_it_all_the_same() -> None:
    facts = line(point(sources=[replace(FORM, permits=True)]))
    assert decide(facts, purpose=ON_CONTRACT, channel=Channel.SMS, at=NOW).entries == state().entry_ids != ()


def test_a_no_says_which_entries_it_rests_on() -> None:
    assert answer(line(point("withdrawn"))).entries == (11, 12)


def test_one_person_s_consent_is_enough_on_a_shared_line() -> None:
    assert answer(line(point("withdrawn"), point(id=2))).reason is Reason.CONSENT_GIVEN


def test_of_several_refusals_the_first_in_the_order_of_reasons_is_told() -> None:
    assert answer(line(point("unknown"), point("withdrawn", id=2))).reason is Reason.WITHDRAWN


def test_of_several_permissions_the_one_that_holds_longest_is_told() -> None:
    short, long = point(until=NOW + timedelta(hours=1)), point("renewed", id=2)
    assert answer(line(short, long)).reason is Reason.CONSENT_RENEWED


@pytest.mark.parametrize(
    ("suppression", "suppressed"),
    [
        (SuppressionFacts(), True),
        (SuppressionFacts(1, "sms"), True),
        (SuppressionFacts(None, "sms"), True),
        (SuppressionFacts(2), False),
        (SuppressionFacts(None, "call"), False),
        (SuppressionFacts(1, "call"), False),
    ],
    ids=["all", "this purpose and channel", "this channel", "another purpose", "another channel", "not this channel"],
)
def test_a_suppression_holds_in_its_scope(suppression: SuppressionFacts, suppressed: bool) -> None:
    decision = answer(line(point(), suppressions=[suppression]))
    assert (decision.reason is Reason.SUPPRESSED) is suppressed


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        answer(line(point()), at=datetime(2026, 3, 2, 17))


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
MAYBE = st.none() | MOMENTS
SOURCES = st.builds(
    SourceFacts,
    st.integers(1, 3),
    third_party=st.booleans(),
    names_us=st.booleans(),
    permits=st.booleans(),
    licence_ended_at=MAYBE,
    told=st.booleans(),
    security_only=st.booleans(),
    customer=st.booleans(),
    dealt_at=MAYBE,
)
POINTS = st.builds(
    PointFacts,
    st.integers(1, 3),
    st.builds(State, st.sampled_from(Status), MOMENTS, MOMENTS),
    restricted=st.booleans(),
    until=MAYBE,
    sources=st.lists(SOURCES, max_size=2),
    grant_source=st.none() | SOURCES,
    reassigned=st.booleans(),
)
NOES = st.builds(SuppressionFacts, st.none() | st.integers(1, 2), st.just(""), objection=st.booleans())
LINES = st.builds(
    LineFacts,
    st.booleans(),
    erased=st.booleans(),
    region=st.sampled_from(["US", "CA", "GB"]),
    line_type=st.sampled_from(["mobile", "fixed_line", ""]),
    zones=st.sampled_from([(), NEW_YORK, ("Asia/Tokyo", "Europe/Paris")]),
    suppressions=st.lists(NOES, max_size=1),
    points=st.lists(POINTS, max_size=3),
)
PURPOSES = st.builds(
    PurposeFacts,
    st.integers(1, 2),
    st.sampled_from(LawfulBasis),
    st.sampled_from([("sms",), ("call",), ("sms", "call")]),
    lapses_after_months=st.none() | st.integers(1, 24),
    necessary=st.booleans(),
    active=st.booleans(),
    security=st.booleans(),
)


@given(LINES, PURPOSES, st.sampled_from(Channel), MOMENTS)
def test_nothing_permits_but_a_permitting_status_or_a_permitted_source(
    facts: LineFacts, purpose: PurposeFacts, channel: Channel, at: datetime
) -> None:
    decision = answer(facts, purpose, channel=channel, at=at)
    if decision.verdict is not Verdict.ALLOW:
        return
    assert decision.until is None or decision.until > at
    assert not facts.suppressions or facts.suppressions[0].purpose_id not in (None, purpose.id)
    assert any(
        not each.restricted
        and (
            each.state.status.permits
            if purpose.basis is LawfulBasis.CONSENT
            else any(source.permits for source in each.sources)
        )
        for each in facts.points
    )


@given(LINES, PURPOSES, st.sampled_from(Channel), MOMENTS)
def test_whatever_else_is_so_a_suppression_denies(
    facts: LineFacts, purpose: PurposeFacts, channel: Channel, at: datetime
) -> None:
    suppressed = replace(facts, suppressions=[SuppressionFacts(purpose.id, channel)])
    assert answer(suppressed, purpose, channel=channel, at=at).verdict is Verdict.DENY


@pytest.mark.parametrize("zones", [NEW_YORK, ()])
def test_for_a_list_that_is_used_later_the_hour_is_not_asked(zones: tuple[str, ...]) -> None:
    night = datetime(2026, 3, 2, 8, tzinfo=UTC)
    facts = line(point(), zones=zones)
    assert answer(facts, at=night).verdict is not Verdict.ALLOW
    decision = decide_at_any_hour(facts, purpose=ON_CONSENT, channel=Channel.SMS, at=night)
    assert (decision.verdict, decision.reason) == (Verdict.ALLOW, Reason.CONSENT_GIVEN)


def test_everything_but_the_hour_is_asked_for_a_list_too() -> None:
    for facts in (
        line(point("withdrawn")),
        line(point(), suppressions=[MANY]),
        line(point(), line_type="pager"),
        line(),
    ):
        decision = decide_at_any_hour(facts, purpose=ON_CONSENT, channel=Channel.SMS, at=NOW)
        assert decision == answer(facts)
        assert decision.verdict is Verdict.DENY
