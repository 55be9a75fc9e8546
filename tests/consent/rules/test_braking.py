"""When a purge waits for a second person."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.rules.braking import clock_has_jumped, is_too_much

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("due", "held", "waits"),
    [
        pytest.param(101, 1000, True, id="more than the share, and more than the number"),
        pytest.param(100, 900, False, id="more than the share, of few"),
        pytest.param(101, 1010, False, id="the share itself"),
        pytest.param(5000, 50_000, False, id="a big office, and its share"),
        pytest.param(5001, 50_000, True, id="one more"),
        pytest.param(101, 101, True, id="all of it"),
        pytest.param(20, 20, False, id="all of very little"),
        pytest.param(0, 0, False, id="nothing"),
    ],
)
def test_it_takes_a_share_and_a_number(due: int, held: int, waits: bool) -> None:
    assert is_too_much(due=due, held=held, percent=10, points=100) is waits


def test_a_brake_of_a_hundred_percent_holds_nothing() -> None:
    assert not is_too_much(due=500, held=500, percent=100, points=0)


@pytest.mark.parametrize(
    ("since", "jumped"),
    [
        (timedelta(0), False),
        (24 * HOUR, False),
        (48 * HOUR, False),
        (48 * HOUR + timedelta(seconds=1), True),
        (24 * 365 * HOUR, True),
        (-1 * HOUR, False),
        (-48 * HOUR, False),
        (-49 * HOUR, True),
    ],
)
def test_a_clock_jumps_either_way(since: timedelta, jumped: bool) -> None:
    assert clock_has_jumped(now=NOON + since, last=NOON, hours=48) is jumped


def test_the_first_run_has_no_clock_to_compare_with() -> None:
    assert not clock_has_jumped(now=NOON, last=None, hours=48)
