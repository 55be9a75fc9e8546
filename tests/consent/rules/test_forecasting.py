"""The night on which a point will go: what 90 decisions, one for each night, come to."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.rules.forecasting import first_night, nights_from
from consent.rules.retention import Action, ConsentFacts, Due, PointFacts, Policy, SourceFacts, Trigger, decide
from consent.rules.states import Status
from consent.rules.times import NaiveTimestamp
from tests.consent.rules.retained import MOMENTS, POINTS, POLICIES, replace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NIGHTS = nights_from(NOON, hour=2, nights=90)
LAPSE = Policy(1, Trigger.CONSENT_LAPSED, 0, 0, Action.PURGE, True)
WITHDRAWAL = Policy(2, Trigger.CONSENT_WITHDRAWN, 0, 10, Action.PURGE, True)
LICENCE = Policy(3, Trigger.LICENCE_ENDED, 0, 0, Action.PURGE, True)
POINT = PointFacts(1, last_interaction_at=NOON)
GIVEN = ConsentFacts(1, Status.GIVEN, NOON, datetime(2025, 4, 1, 2, tzinfo=UTC), 12)
WITHDRAWN = ConsentFacts(1, Status.WITHDRAWN, NOON - DAY, None, None)


def one_by_one(point: PointFacts, terms: list[Policy], nights: list[datetime]) -> tuple[int, Due] | None:
    for index, night in enumerate(nights):
        decision = decide(point, terms, as_of=night)
        if isinstance(decision, Due):
            return index, decision
    return None


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(POINTS, st.lists(POLICIES, max_size=3), MOMENTS, st.integers(0, 23), st.integers(0, 90))
def test_it_is_what_a_decision_for_each_night_comes_to(
    point: PointFacts, terms: list[Policy], moment: datetime, hour: int, number: int
) -> None:
    nights = nights_from(moment, hour=hour, nights=number)
    assert first_night(point, terms, nights=nights) == one_by_one(point, terms, nights)


@pytest.mark.parametrize(
    ("point", "terms", "night"),
    [
        pytest.param(replace(POINT, consents=[GIVEN]), [LAPSE], datetime(2026, 4, 1, 2), id="it lapses that very hour"),
        pytest.param(
            replace(POINT, consents=[replace(GIVEN, given_at=datetime(2025, 4, 1, 2, 0, 1, tzinfo=UTC))]),
            [LAPSE],
            datetime(2026, 4, 2, 2),
            id="it lapses a second later: the night after",
        ),
        pytest.param(replace(POINT, consents=[WITHDRAWN]), [WITHDRAWAL], datetime(2026, 3, 12, 2), id="a period ends"),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN], held_until=datetime(2026, 5, 1, 9, tzinfo=UTC)),
            [WITHDRAWAL],
            datetime(2026, 5, 2, 2),
            id="a hold ends",
        ),
        pytest.param(
            replace(POINT, consents=[WITHDRAWN, GIVEN]), [WITHDRAWAL], datetime(2026, 4, 1, 2), id="the last ground"
        ),
        pytest.param(
            replace(POINT, sources=[SourceFacts(1, True, datetime(2026, 3, 20, tzinfo=UTC))]),
            [LICENCE],
            datetime(2026, 3, 20, 2),
            id="a licence ends",
        ),
        pytest.param(
            replace(POINT, consents=[replace(WITHDRAWN, since=NOON - 400 * DAY)]),
            [WITHDRAWAL],
            datetime(2026, 3, 3, 2),
            id="overdue: tonight",
        ),
    ],
)
def test_it_goes_on_the_night_after_its_last_ground_ends(
    point: PointFacts, terms: list[Policy], night: datetime
) -> None:
    found = first_night(point, terms, nights=NIGHTS)
    assert found is not None
    assert NIGHTS[found[0]] == night.replace(tzinfo=UTC)
    assert found[1].policy == terms[0]


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(replace(POINT, consents=[replace(GIVEN, lapses_after_months=None), WITHDRAWN]), id="carried"),
        pytest.param(replace(POINT, consents=[WITHDRAWN], restricted=True), id="restricted"),
        pytest.param(replace(POINT, consents=[WITHDRAWN], held_until=NOON + 200 * DAY), id="held beyond the window"),
        pytest.param(replace(POINT, consents=[replace(WITHDRAWN, since=NOON + 81 * DAY)]), id="a day too late"),
    ],
)
def test_what_stays_has_no_night(point: PointFacts) -> None:
    assert first_night(point, [LAPSE, WITHDRAWAL], nights=NIGHTS) is None


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        (datetime(2026, 3, 2, 1, 59, 59, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC)),
        (datetime(2026, 3, 2, 2, 0, 0, 1, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC)),
        (datetime.fromisoformat("2026-03-02T03:30:00+02:00"), datetime(2026, 3, 2, 2, tzinfo=UTC)),
        # The hour is UTC's, over the change to summer time in Europe and over a leap day alike.
        (datetime.fromisoformat("2026-03-29T03:30:00+02:00"), datetime(2026, 3, 29, 2, tzinfo=UTC)),
        (datetime(2028, 2, 28, 12, tzinfo=UTC), datetime(2028, 2, 29, 2, tzinfo=UTC)),
    ],
)
def test_the_first_night_is_the_next_at_the_nightly_hour(moment: datetime, first: datetime) -> None:
    assert nights_from(moment, hour=2, nights=2) == [first, first + DAY]


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        nights_from(datetime(2026, 3, 2), hour=2, nights=1)
