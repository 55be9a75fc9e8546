"""A proof is kept for whole months after its last use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from consent.rules.ending import proof_ends_at
from consent.rules.times import NaiveTimestamp


@pytest.mark.parametrize(
    ("last", "ends"),
    [
        ("2020-02-29T12:00:00", "2025-02-28T12:00:00"),
        ("2019-02-28T12:00:00", "2024-02-28T12:00:00"),
        ("2023-02-28T23:59:59.999999", "2028-02-28T23:59:59.999999"),
        ("2021-05-31T00:00:00", "2026-05-31T00:00:00"),
    ],
)
def test_five_years_later_on_the_same_day_or_the_month_s_last(last: str, ends: str) -> None:
    first, second = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (last, ends))
    assert proof_ends_at([first, first - timedelta(days=400)], months=60) == second


def test_of_a_leap_day_and_four_years_is_a_leap_day() -> None:
    assert proof_ends_at([datetime(2020, 2, 29, tzinfo=UTC)], months=48) == datetime(2024, 2, 29, tzinfo=UTC)


def test_it_is_counted_in_utc() -> None:
    west = datetime(2020, 2, 28, 20, tzinfo=timezone(timedelta(hours=-8)))
    assert proof_ends_at([west], months=12) == datetime(2021, 2, 28, 4, tzinfo=UTC)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        proof_ends_at([datetime(2020, 2, 29)], months=60)
