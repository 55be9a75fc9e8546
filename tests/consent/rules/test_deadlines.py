"""When a request must be answered: GDPR 12(3), counted by Regulation (EEC, Euratom) No 1182/71."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.deadlines import answer_due
from consent.rules.times import NaiveTimestamp, add_months

EASTER_2026 = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))
HOLIDAYS = st.frozensets(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 6, 1)), max_size=20)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("received", "earlier", "rolled"),
    [
        pytest.param("2026-03-16T09:30", "2026-04-16T09:30", "2026-04-16T09:30", id="the same date, a working day"),
        pytest.param("2026-01-31T09:30", "2026-02-28T09:30", "2026-03-02T09:30", id="no 31 February; it is a Saturday"),
        pytest.param("2028-01-31T09:30", "2028-02-29T09:30", "2028-02-29T09:30", id="the last of a leap February"),
        pytest.param("2028-02-29T09:30", "2028-03-29T09:30", "2028-03-29T09:30", id="from a leap day"),
        pytest.param("2026-08-31T09:30", "2026-09-30T09:30", "2026-09-30T09:30", id="no 31 September"),
        pytest.param("2026-05-14T09:30", "2026-06-14T09:30", "2026-06-15T09:30", id="a Sunday"),
        pytest.param("2026-12-31T23:59", "2027-01-31T23:59", "2027-02-01T23:59", id="over the end of the year"),
        pytest.param("2026-03-03T09:30", "2026-04-03T09:30", "2026-04-07T09:30", id="Good Friday, weekend, Monday"),
        pytest.param("2026-03-04T09:30", "2026-04-04T09:30", "2026-04-07T09:30", id="a Saturday before a holiday"),
        pytest.param("2026-03-02T09:30", "2026-04-02T09:30", "2026-04-02T09:30", id="the day before a holiday"),
    ],
)
def test_an_answer_is_due_in_a_month_or_on_the_next_working_day(received: str, earlier: str, rolled: str) -> None:
    due = answer_due(utc(received), holidays=EASTER_2026)
    assert (due.earlier, due.rolled) == (utc(earlier), utc(rolled))


@pytest.mark.parametrize(
    ("received", "earlier", "rolled"),
    [
        pytest.param("2026-03-16T09:30", "2026-06-16T09:30", "2026-06-16T09:30", id="three months from the receipt"),
        pytest.param("2026-01-31T09:30", "2026-04-30T09:30", "2026-04-30T09:30", id="counted from the original date"),
        pytest.param("2025-11-30T09:30", "2026-02-28T09:30", "2026-03-02T09:30", id="ends in a short month"),
    ],
)
def test_two_further_months_are_counted_from_the_receipt_too(received: str, earlier: str, rolled: str) -> None:
    due = answer_due(utc(received), extended=True)
    assert (due.earlier, due.rolled) == (utc(earlier), utc(rolled))


@given(MOMENTS, st.booleans(), HOLIDAYS)
def test_the_later_reading_is_the_first_working_day_from_the_earlier_one(
    received: datetime, extended: bool, holidays: frozenset[date]
) -> None:
    due = answer_due(received, extended=extended, holidays=holidays)
    assert due.earlier == add_months(received, 3 if extended else 1)
    assert due.rolled.weekday() < 5
    assert due.rolled.date() not in holidays
    passed = [due.earlier.date() + timedelta(days=n) for n in range((due.rolled - due.earlier).days)]
    assert all(day.weekday() >= 5 or day in holidays for day in passed)


def test_days_are_those_of_utc() -> None:
    new_york = timezone(timedelta(hours=-5))
    due = answer_due(datetime(2026, 1, 30, 20, 0, tzinfo=new_york))
    assert due.earlier == utc("2026-02-28T01:00")
    assert due.rolled == utc("2026-03-02T01:00")


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        answer_due(datetime(2026, 3, 2))
