"""When a contact point must go. Rule numbers: GDPR; months: Regulation (EEC, Euratom) 1182/71, Article 3(2)(c)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.rules.retention import (
    ENDED,
    NO_END,
    Action,
    ConsentFacts,
    Due,
    Ground,
    Kept,
    PointFacts,
    Policy,
    SourceFacts,
    Trigger,
    decide,
)
from consent.rules.states import Status
from consent.rules.times import NaiveTimestamp
from tests.consent.rules.retained import MOMENTS, POINTS, POLICIES, replace


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = utc("2026-03-02T12:00")
LONG_AGO = utc("2020-01-01T00:00")
WITHDRAWN = ConsentFacts(1, Status.WITHDRAWN, utc("2026-02-01T12:00"), LONG_AGO, None)
GIVEN = ConsentFacts(1, Status.GIVEN, LONG_AGO, LONG_AGO, None)
LAPSED = replace(GIVEN, lapses_after_months=12)
OURS = SourceFacts(1, carries=False, licence_ended_at=None, kind="web_form")
CARRYING = SourceFacts(2, carries=True, licence_ended_at=None, kind="mobile_app")
LISTS = SourceFacts(3, carries=False, licence_ended_at=utc("2026-02-01T00:00"), kind="third_party")
SHOP = SourceFacts(4, carries=True, licence_ended_at=None, kind="point_of_sale")
POINT = PointFacts(1, last_interaction_at=LONG_AGO, sources=[OURS])


def policy(trigger: str, *, id: int = 1, months: int = 0, days: int = 0, **values: object) -> Policy:
    terms = {"action": Action.PURGE, "erases_profile": True} | values
    return Policy(id, Trigger(trigger), months, days, **terms)  # type: ignore[arg-type]


ON_WITHDRAWAL, ON_LAPSE = policy("consent_withdrawn"), policy("consent_lapsed")
ON_LICENCE, IDLE = policy("licence_ended"), policy("last_interaction", months=24)
ON_END = policy("superseded")


@pytest.mark.parametrize(
    ("point", "terms", "counted_from", "due_at"),
    [
        pytest.param(
            replace(POINT, consents=[WITHDRAWN]),
            ON_WITHDRAWAL,
            "2026-02-01T12:00",
            "2026-02-01T12:00",
            id="17(1)(b): withdrawn, at once",
        ),
        pytest.param(
            replace(POINT, consents=[LAPSED]), ON_LAPSE, "2021-01-01T00:00", "2021-01-01T00:00", id="5(1)(e): lapsed"
        ),
        pytest.param(
            replace(POINT, consents=[replace(GIVEN, status=Status.EXPIRED, since=utc("2026-01-31T00:00"))]),
            replace(ON_LAPSE, months=1),
            "2026-01-31T00:00",
            "2026-02-28T00:00",
            id="5(1)(e): lapsed, as the ledger says; 31 January and a month",
        ),
        pytest.param(
            replace(POINT, sources=[LISTS]),
            ON_LICENCE,
            "2026-02-01T00:00",
            "2026-02-01T00:00",
            id="28(3)(g): the licence ended",
        ),
        pytest.param(POINT, IDLE, "2020-01-01T00:00", "2022-01-01T00:00", id="5(1)(e): nothing heard for two years"),
        pytest.param(
            replace(POINT, ended_at=utc("2026-02-28T12:00")),
            replace(ON_END, days=2),
            "2026-02-28T12:00",
            "2026-03-02T12:00",
            id="5(1)(d): the number was replaced; due this very instant",
        ),
    ],
)
def test_each_trigger_is_counted_from_its_event(
    point: PointFacts, terms: Policy, counted_from: str, due_at: str
) -> None:
    assert decide(point, [terms], as_of=NOW) == Due(terms, utc(counted_from), utc(due_at))
    assert decide(point, [terms], as_of=utc(due_at) - timedelta(microseconds=1)) == Kept(Ground.NOT_YET, utc(due_at))


@pytest.mark.parametrize("status", Status)
def test_what_was_ended_by_an_act_counts_as_withdrawn(status: Status) -> None:
    point = replace(POINT, consents=[replace(WITHDRAWN, status=status)])
    assert isinstance(decide(point, [ON_WITHDRAWAL], as_of=NOW), Due) is (status in ENDED)


@pytest.mark.parametrize(
    ("point", "terms", "ground"),
    [
        pytest.param(POINT, [], "no_policy", id="no policy at all"),
        pytest.param(POINT, [ON_WITHDRAWAL, ON_LAPSE, ON_LICENCE, ON_END], "no_policy", id="no policy's event"),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN]), [replace(ON_WITHDRAWAL, months=2)], "not_yet", id="5(1)(e): not yet"
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], held_until=NO_END),
            [ON_WITHDRAWAL],
            "legal_hold",
            id="17(3)(e): a legal hold",
        ),
        pytest.param(
            replace(POINT, ended_at=LONG_AGO, held_until=NO_END),
            [ON_END],
            "legal_hold",
            id="17(3)(e): also when it ended",
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], held_until=NOW + timedelta(microseconds=1)),
            [ON_WITHDRAWAL],
            "legal_hold",
            id="17(3)(e): a hold that ends in a moment",
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], restricted=True), [ON_WITHDRAWAL], "restricted", id="18(2): storage"
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN, replace(GIVEN, purpose_id=2)]),
            [ON_WITHDRAWAL],
            "consent",
            id="6(1)(a): another consent carries it",
        ),
        pytest.param(
            replace(POINT, consents=[replace(GIVEN, status=Status.RENEWED)]), [IDLE], "consent", id="6(1)(a): renewed"
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], sources=[OURS, CARRYING]),
            [ON_WITHDRAWAL],
            "source_purpose",
            id="6(1)(b)-(f): a source that a purpose may use carries it",
        ),
    ],
)
def test_the_last_ground_protects(point: PointFacts, terms: list[Policy], ground: str) -> None:
    decision = decide(point, terms, as_of=NOW)
    assert isinstance(decision, Kept)
    assert decision.ground == ground


def test_every_ground_is_reached() -> None:
    table = next(mark for mark in test_the_last_ground_protects.pytestmark)  # type: ignore[attr-defined]
    assert {case.values[2] for case in table.args[1]} == set(Ground)


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(
            replace(POINT, consents=[WITHDRAWN, replace(LAPSED, purpose_id=2)]), id="5(1)(e): the other consent lapsed"
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN, replace(GIVEN, purpose_id=2, licence_ended_at=NOW)]),
            id="28(3)(g): the licence of the other consent's source ended",
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], sources=[replace(CARRYING, licence_ended_at=NOW)]),
            id="28(3)(g): the carrying source's licence ended",
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN, replace(GIVEN, purpose_id=2, status=Status.REQUESTED)]),
            id="4(11): a request carries nothing",
        ),
        pytest.param(replace(POINT, consents=[WITHDRAWN], held_until=NOW), id="17(3)(e): the hold has ended"),
    ],
)
def test_a_ground_that_is_gone_protects_no_more(point: PointFacts) -> None:
    assert isinstance(decide(point, [ON_WITHDRAWAL], as_of=NOW), Due)


def test_a_superseded_number_goes_whatever_carried_it() -> None:
    point = replace(POINT, ended_at=NOW, consents=[GIVEN], sources=[CARRYING])
    assert decide(point, [ON_END, IDLE], as_of=NOW) == Due(ON_END, NOW, NOW)


@pytest.mark.parametrize(("scope", "gone"), [(None, True), (2, True), (1, False)])
def test_silence_ends_what_the_policy_s_source_carried(scope: int | None, gone: bool) -> None:
    point = replace(POINT, sources=[OURS, CARRYING])
    assert isinstance(decide(point, [replace(IDLE, source_id=scope)], as_of=NOW), Due) is gone


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(replace(ON_WITHDRAWAL, days=1), replace(ON_WITHDRAWAL, days=2), id="the earlier one"),
        pytest.param(
            replace(ON_WITHDRAWAL, id=9), replace(ON_WITHDRAWAL, action=Action.ANONYMIZE), id="purge, at the same time"
        ),
        pytest.param(ON_WITHDRAWAL, replace(ON_WITHDRAWAL, id=2), id="the older policy, at the same time"),
        pytest.param(IDLE, ON_WITHDRAWAL, id="the longer period that began much earlier"),
    ],
)
def test_the_strictest_policy_wins_in_whatever_order(first: Policy, second: Policy) -> None:
    point = replace(POINT, consents=[WITHDRAWN])
    for terms in ([first, second], [second, first]):
        decision = decide(point, terms, as_of=NOW)
        assert isinstance(decision, Due)
        assert decision.policy == first


@pytest.mark.parametrize(
    ("given_at", "months", "lapses_at"),
    [
        pytest.param("2026-01-31T10:00", 1, "2026-02-28T10:00", id="31 January"),
        pytest.param("2026-01-31T10:00", 2, "2026-03-31T10:00", id="from the original date, not from February's end"),
        pytest.param("2028-02-29T10:00", 12, "2029-02-28T10:00", id="29 February"),
        pytest.param("2028-02-29T10:00", 48, "2032-02-29T10:00", id="29 February to 29 February"),
    ],
)
def test_a_consent_lapses_by_calendar_months_from_its_date(given_at: str, months: int, lapses_at: str) -> None:
    consent = replace(GIVEN, given_at=utc(given_at), lapses_after_months=months)
    assert consent.lapsed_at() == utc(lapses_at)
    point, end = replace(POINT, consents=[consent]), utc(lapses_at)
    assert isinstance(decide(point, [ON_LAPSE], as_of=end - timedelta(seconds=1)), Kept)
    assert decide(point, [ON_LAPSE], as_of=end) == Due(ON_LAPSE, end, end)


@pytest.mark.parametrize(
    ("narrowed", "due"),
    [
        ({"purpose_id": 1}, True),
        ({"purpose_id": 2}, False),
        ({"source_id": 1}, True),
        ({"source_id": 2}, False),
        ({"source_kind": "web_form"}, True),
        ({"source_kind": "third_party"}, True),
        ({"source_kind": "staff"}, False),
        ({"country": "GB"}, True),
        ({"country": "US"}, False),
        ({"tag_id": 7}, True),
        ({"tag_id": 8}, True),
        ({"tag_id": 9}, False),
        # All of it at once, and the source and its kind are those of one source.
        ({"purpose_id": 1, "source_id": 3, "source_kind": "third_party", "country": "GB", "tag_id": 8}, True),
        ({"purpose_id": 1, "source_id": 3, "source_kind": "third_party", "country": "GB", "tag_id": 9}, False),
        ({"source_id": 1, "source_kind": "third_party"}, False),
        ({"source_id": 3, "country": "US"}, False),
    ],
)
def test_a_policy_reaches_what_it_is_narrowed_to(narrowed: dict[str, Any], due: bool) -> None:
    point = replace(POINT, consents=[WITHDRAWN], sources=[OURS, LISTS], region="GB", tag_ids={7, 8})
    for terms in (ON_WITHDRAWAL, *(() if "purpose_id" in narrowed else (IDLE,))):
        assert isinstance(decide(point, [replace(terms, **narrowed)], as_of=NOW), Due) is due


@pytest.mark.parametrize("narrowed", [{"country": "GB"}, {"tag_id": 7}])
def test_a_point_without_country_or_tag_is_not_reached_by_a_policy_on_one(narrowed: dict[str, Any]) -> None:
    assert decide(POINT, [replace(IDLE, **narrowed)], as_of=NOW) == Kept(Ground.NO_POLICY)


@pytest.mark.parametrize(
    ("narrowed", "due"),
    [
        ({"source_id": 3}, True),
        ({"source_id": 1}, False),
        ({"source_kind": "third_party"}, True),
        ({"source_kind": "web_form"}, False),
        ({"source_id": 3, "source_kind": "third_party"}, True),
        ({"source_id": 3, "source_kind": "web_form"}, False),
    ],
)
def test_a_licence_counts_for_the_source_whose_it_is(narrowed: dict[str, Any], due: bool) -> None:
    point = replace(POINT, sources=[OURS, LISTS])
    assert isinstance(decide(point, [replace(ON_LICENCE, **narrowed)], as_of=NOW), Due) is due


@pytest.mark.parametrize(
    ("sources", "narrowed", "gone"),
    [
        pytest.param([SHOP], {"source_kind": "point_of_sale"}, True, id="the kind that carried it"),
        pytest.param([SHOP], {"source_id": 4}, True, id="the source that carried it"),
        pytest.param([SHOP, CARRYING], {"source_kind": "point_of_sale"}, False, id="another kind carries it too"),
        pytest.param([SHOP, CARRYING], {"source_id": 4}, False, id="another source carries it too"),
        pytest.param([SHOP, replace(SHOP, source_id=5)], {"source_id": 4}, False, id="another source of that kind"),
        pytest.param(
            [SHOP, replace(SHOP, source_id=5)], {"source_kind": "point_of_sale"}, True, id="both are of that kind"
        ),
        pytest.param([SHOP, OURS], {"source_kind": "point_of_sale"}, True, id="the other carries nothing"),
        pytest.param([SHOP, CARRYING], {"country": "GB"}, True, id="every source of a number of the country"),
        pytest.param([SHOP, CARRYING], {"tag_id": 7}, True, id="every source of a contact with the tag"),
        pytest.param([SHOP, CARRYING], {"tag_id": 7, "source_id": 4}, False, id="with the tag, and one source"),
        pytest.param([CARRYING, OURS], {"source_id": 1}, False, id="silence of a source that carried nothing"),
    ],
)
def test_silence_protects_no_more_than_what_another_source_carries(
    sources: list[SourceFacts], narrowed: dict[str, Any], gone: bool
) -> None:
    point = replace(POINT, sources=sources, region="GB", tag_ids={7})
    decision = decide(point, [replace(IDLE, **narrowed)], as_of=NOW)
    assert isinstance(decision, Due) is gone
    if isinstance(decision, Kept):
        assert decision.ground is Ground.SOURCE_PURPOSE


def test_a_withdrawal_in_scope_goes_by_the_grounds_of_all_sources() -> None:
    terms = replace(ON_WITHDRAWAL, source_kind="web_form")
    assert isinstance(decide(replace(POINT, consents=[WITHDRAWN]), [terms], as_of=NOW), Due)
    carried = replace(POINT, consents=[WITHDRAWN], sources=[OURS, SHOP])
    assert decide(carried, [terms], as_of=NOW) == Kept(Ground.SOURCE_PURPOSE, WITHDRAWN.since)


def test_a_request_that_nobody_answered_lapses_like_a_consent() -> None:
    asked = replace(GIVEN, status=Status.REQUESTED, unanswered_at=NOW)
    point = replace(POINT, consents=[asked])
    assert decide(point, [ON_LAPSE], as_of=NOW) == Due(ON_LAPSE, NOW, NOW)
    assert decide(point, [ON_LAPSE], as_of=NOW - timedelta(seconds=1)) == Kept(Ground.NOT_YET, NOW)
    answered = replace(asked, status=Status.GIVEN)
    assert decide(replace(POINT, consents=[answered]), [ON_LAPSE], as_of=NOW) == Kept(Ground.NO_POLICY)


def test_the_event_is_the_earliest_of_its_kind() -> None:
    late = replace(WITHDRAWN, since=utc("2026-02-20T00:00"), purpose_id=2)
    decision = decide(replace(POINT, consents=[late, WITHDRAWN]), [ON_WITHDRAWAL], as_of=NOW)
    assert decision == Due(ON_WITHDRAWAL, WITHDRAWN.since, WITHDRAWN.since)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        decide(POINT, [], as_of=datetime(2026, 3, 2))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(POINTS, st.lists(POLICIES, max_size=3), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_what_is_due_stays_due_while_its_facts_stay(
    point: PointFacts, terms: list[Policy], as_of: datetime, later: timedelta
) -> None:
    decision = decide(point, terms, as_of=as_of)
    if isinstance(decision, Due):
        assert decision.due_at <= as_of
        assert not point.is_held(at=as_of)
        assert not point.restricted
        assert isinstance(decide(point, terms, as_of=as_of + later), Due)
    elif decision.ground is Ground.NOT_YET:
        assert decision.next_due_at is not None
        assert decision.next_due_at > as_of
