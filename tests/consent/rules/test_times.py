"""Periods in months and days, and the deadline for telling people where their number came from."""

import calendar
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules.times import NaiveTimestamp, add_months, after, notice_due_at, require_aware

MOMENTS = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c): the same date, or else the last day of the month.
@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        pytest.param("2026-03-15T09:30", 1, "2026-04-15T09:30", id="the same date, time of day kept"),
        pytest.param("2026-01-31T09:30", 1, "2026-02-28T09:30", id="no 31 February"),
        pytest.param("2028-01-31T09:30", 1, "2028-02-29T09:30", id="the last day of a leap February"),
        pytest.param("2026-01-31T09:30", 2, "2026-03-31T09:30", id="counted from the original date"),
        pytest.param("2026-12-31T23:59", 2, "2027-02-28T23:59", id="over the end of the year"),
        pytest.param("2028-02-29T00:00", 12, "2029-02-28T00:00", id="a leap day and a year"),
        pytest.param("2026-02-28T00:00", 1, "2026-03-28T00:00", id="a last day does not stay one"),
        pytest.param("2026-05-05T05:05", 0, "2026-05-05T05:05", id="no months"),
    ],
)
def test_months_end_on_the_same_date_or_on_the_last_of_the_month(start: str, months: int, end: str) -> None:
    assert add_months(utc(start), months) == utc(end)


@given(MOMENTS, st.integers(min_value=0, max_value=600))
def test_adding_months_never_skips_a_month(moment: datetime, months: int) -> None:
    end = add_months(moment, months)
    assert (end.year * 12 + end.month) - (moment.year * 12 + moment.month) == months
    assert end.time() == moment.time()
    assert end.day == min(moment.day, calendar.monthrange(end.year, end.month)[1])


@given(MOMENTS, MOMENTS, st.integers(min_value=0, max_value=600))
def test_what_is_given_earlier_never_lapses_later(one: datetime, other: datetime, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


def test_months_are_counted_in_utc_and_not_in_the_zone_of_the_writer() -> None:
    new_york = timezone(timedelta(hours=-5))
    written = datetime(2026, 1, 30, 20, 0, tzinfo=new_york)
    assert add_months(written, 1) == utc("2026-02-28T01:00")
    assert add_months(written, 1).tzinfo is UTC


def test_a_period_past_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the calendar"):
        add_months(utc("2026-01-01T00:00"), 12 * 8000)


@pytest.mark.parametrize(
    ("months", "days", "end"),
    [
        (0, 0, "2026-01-31T12:00"),
        (0, 10, "2026-02-10T12:00"),
        (1, 0, "2026-02-28T12:00"),
        (1, 1, "2026-03-01T12:00"),
    ],
)
def test_a_period_counts_its_months_before_its_days(months: int, days: int, end: str) -> None:
    assert after(utc("2026-01-31T12:00"), months=months, days=days) == utc(end)


# GDPR Article 14(3)(a): "at the latest within one month".
def test_notice_is_due_a_month_after_the_data_was_obtained() -> None:
    assert notice_due_at(utc("2026-01-31T08:00")) == utc("2026-02-28T08:00")


def test_an_aware_moment_is_returned_in_utc() -> None:
    written = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    moment = require_aware(written, name="written")
    assert (moment, moment.tzinfo) == (utc("2026-07-01T10:00"), UTC)


def test_a_naive_moment_is_refused_and_the_error_names_it() -> None:
    naive = datetime(2026, 7, 1)
    with pytest.raises(NaiveTimestamp, match=r"^obtained_at has no time zone$"):
        notice_due_at(naive)
    with pytest.raises(NaiveTimestamp):
        after(naive, days=1)
    with pytest.raises(NaiveTimestamp):
        add_months(naive, 1)
