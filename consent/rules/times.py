"""Periods and deadlines, counted in UTC from the original date.

"Now minus n months" and "given plus n months" fall on different days at the ends of months, so a due time is
only ever counted forwards, once, from the event itself.
"""

import calendar
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta


class NaiveTimestamp(ValueError):
    """A moment without a time zone is not a moment; guessing one could move a withdrawal behind a grant."""


def require_aware(moment: datetime, *, name: str) -> datetime:
    """The same moment in UTC.

    `name` says in the error which value was meant. Raises NaiveTimestamp when `moment` has no offset from
    UTC.
    """
    if moment.tzinfo is not UTC and moment.utcoffset() is None:
        raise NaiveTimestamp(f"{name} has no time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def add_months(moment: datetime, months: int) -> datetime:
    """The moment (UTC) so many calendar months later, on the same day or else on the month's last.

    Regulation (EEC, Euratom) No 1182/71, Article 3(2)(c). The regulation lets a period run to the end of its
    last day; the time of day is kept here, which is never later. Counting on from a result loses the original
    day (31 January, 28 February, 28 March): always count from the first date. Raises NaiveTimestamp, and
    ValueError past the year 9999.
    """
    start = require_aware(moment, name="moment")
    years, month0 = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month0 + 1
    if not MINYEAR <= year <= MAXYEAR:
        raise ValueError("the period ends outside the calendar")
    # Every month has 28 days, and there is nothing to look up.
    day = start.day if start.day <= 28 else min(start.day, calendar.monthrange(year, month)[1])
    return start.replace(year=year, month=month, day=day)


def after(moment: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """The moment (UTC) after a period of calendar months and then days of 24 hours.

    Raises NaiveTimestamp, and ValueError or OverflowError past the year 9999.
    """
    last = add_months(moment, months) if months else require_aware(moment, name="moment")
    return last + timedelta(days=days) if days else last


def notice_due_at(obtained_at: datetime) -> datetime:
    """The latest moment (UTC) to tell a person that we hold data obtained from somebody else.

    GDPR Article 14(3)(a): within one month after obtaining the data; (b) and (c), the first message and the
    first disclosure, can only bring it forward. Raises NaiveTimestamp.
    """
    return add_months(require_aware(obtained_at, name="obtained_at"), 1)
