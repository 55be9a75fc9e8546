"""What a bare STOP ends, by day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from consent.rules.opting_out import Scope, read_schedule, scope_of_stop
from consent.rules.times import NaiveTimestamp

SCHEDULE = read_schedule(["2027-01-31:all", "2020-01-01:channel"])


def test_the_schedule_is_read_in_the_order_of_its_days() -> None:
    assert ((date(2020, 1, 1), Scope.CHANNEL), (date(2027, 1, 31), Scope.ALL)) == SCHEDULE


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (datetime(2019, 12, 31, 23, 59, tzinfo=UTC), Scope.ALL),  # before the schedule begins: the safe one
        (datetime(2020, 1, 1, tzinfo=UTC), Scope.CHANNEL),
        (datetime(2027, 1, 30, 23, 59, tzinfo=UTC), Scope.CHANNEL),
        (datetime(2027, 1, 31, tzinfo=UTC), Scope.ALL),
    ],
)
def test_the_scope_is_that_of_the_day_in_utc(at: datetime, expected: Scope) -> None:
    assert scope_of_stop(at, schedule=SCHEDULE) is expected


def test_without_a_schedule_everything_ends() -> None:
    assert scope_of_stop(datetime(2026, 1, 1, tzinfo=UTC), schedule=()) is Scope.ALL


@pytest.mark.parametrize("entry", ["2027-13-01:all", "2027-01-31:some", "all", ""])
def test_an_entry_that_says_nothing_clear_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_schedule([entry])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        scope_of_stop(datetime(2026, 1, 1) + timedelta(), schedule=SCHEDULE)
