"""What is due when, over nine years of days: leap days, ends of months and changes of the clock included.

The oracle counts on a calendar of its own: a list of all days, built from the lengths of months and the rule of leap
years alone. It shares neither code nor a date library with what it checks.
"""

import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from consent import retention
from consent.models import Receipt
from consent.rules.retention import (
    Action,
    ConsentFacts,
    Due,
    Ground,
    Kept,
    PointFacts,
    Policy,
    Trigger,
    decide,
)
from consent.rules.states import Act, Status
from crm.models import NIGHTLY
from tests import factories
from tests.faults.audit import audit
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, Verdict, tried
from tests.faults.snapshot import Snapshot

FIRST, LAST = 2024, 2032
# Months and days of the policies.
PERIODS = ((1, 0), (6, 0), (12, 0), (24, 0), (0, 30), (1, 10), (6, 1), (12, 29), (24, 31))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia")
INSTANT = timedelta(microseconds=1)


# --- the oracle -------------------------------------------------------------------------------------------

Day = tuple[int, int, int]


def days_in(year: int, month: int) -> int:
    """Return the length of a month of the Gregorian calendar."""
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


CALENDAR: Sequence[Day] = [
    (year, month, day)
    for year in range(FIRST, LAST + 6)
    for month in range(1, 13)
    for day in range(1, days_in(year, month) + 1)
]
NUMBER = {day: number for number, day in enumerate(CALENDAR)}


def expected(day: Day, *, months: int, days: int) -> Day:
    """Return the day on which a period ends: the same day of the month, or its last, and then so many days on."""
    year, month, of_month = day
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return CALENDAR[NUMBER[year, month, min(of_month, days_in(year, month))] + days]


def moment(day: Day, seconds: int) -> datetime:
    """Return so many seconds into a day (UTC)."""
    return datetime(*day, seconds // 3600, seconds % 3600 // 60, seconds % 60, tzinfo=UTC)


def days(step: int) -> list[Day]:
    """Return every so manieth day of the nine years, and each that is last or next to last of its month."""
    asked = [day for day in CALENDAR if day[0] <= LAST]
    return [day for n, day in enumerate(asked) if n % step == 0 or day[2] >= days_in(*day[:2]) - 1]


# --- the decision ------------------------------------------------------------------------------------------


def facts(trigger: Trigger, event: datetime, months: int) -> PointFacts:
    """Return a point whose one consent was withdrawn at `event`, or was given then and lapses after `months`."""
    if trigger is Trigger.CONSENT_WITHDRAWN:
        consent = ConsentFacts(1, Status.WITHDRAWN, event, event - timedelta(days=1), None)
    else:
        consent = ConsentFacts(1, Status.GIVEN, event, event, months)
    return PointFacts(point_id=1, last_interaction_at=event, consents=(consent,))


@tried(small=7, full=1)
@pytest.mark.skipif(connection.vendor == "postgresql", reason="the decision knows no database")
def test_every_day_of_nine_years_is_decided_as_the_calendar_says(cases: int, tally: Tally) -> None:
    dice, asked = random.Random(2024), days(cases)
    for day in asked:
        for months, more in PERIODS:
            seconds = dice.choice((0, dice.randrange(86_400), 86_399))
            event, due_at = moment(day, seconds), moment(expected(day, months=months, days=more), seconds)
            for trigger in (Trigger.CONSENT_WITHDRAWN, Trigger.CONSENT_LAPSED):
                if trigger is Trigger.CONSENT_LAPSED and not months:
                    continue
                lapses = trigger is Trigger.CONSENT_LAPSED
                terms = Policy(1, trigger, 0 if lapses else months, more, Action.PURGE, erases_profile=True)
                point, found = facts(trigger, event, months), Verdict()
                before, after = (decide(point, [terms], as_of=at) for at in (due_at - INSTANT, due_at))
                early = (before.ground, before.next_due_at) if isinstance(before, Kept) else None
                if early not in ((Ground.NOT_YET, due_at), (Ground.CONSENT, due_at)):
                    found.lost.append(f"{trigger} {event} after {months}+{more} is due before {due_at}")
                if not isinstance(after, Due) or after.due_at != due_at:
                    found.lost.append(f"{trigger} {event} after {months}+{more} is not due at {due_at}")
                tally.case(found)
    tally.note(f"{len(asked)} days from {FIRST} to {LAST}, {len(PERIODS)} periods")
    tally.close("calendar: the decision", len(asked) * len(PERIODS))


# --- the run ------------------------------------------------------------------------------------------------


@contextmanager
def in_zone(name: str) -> Iterator[None]:
    """Live where the clocks on the walls show the time of a zone, as TIME_ZONE sets it."""
    usual, environment = settings.TIME_ZONE, os.environ.get("TZ")

    def set_to(zone: str, tz: str | None) -> None:
        settings.TIME_ZONE = zone
        os.environ.pop("TZ", None) if tz is None else os.environ.update(TZ=tz)
        time.tzset()
        cached: Any = timezone.get_default_timezone
        cached.cache_clear()

    set_to(name, name)
    try:
        yield
    finally:
        set_to(usual, environment)


def settle(asked: Sequence[Day], dice: random.Random) -> dict[int, datetime]:
    """Settle somebody for each day, who gave consent or took it back then; return when each point is due."""
    due: dict[int, datetime] = {}
    for n, day in enumerate(asked):
        months, more = PERIODS[n % len(PERIODS)]
        lapses = bool(months) and n % 2 == 0
        name = f"p{months}-{more}-{'lapse' if lapses else 'end'}"
        purpose = factories.purpose(name, lapses_after_months=months if lapses else None)
        if not factories.RetentionPolicy.objects.filter(slug=name).exists():
            factories.policy(
                "consent_lapsed" if lapses else "consent_withdrawn",
                slug=name,
                purpose=purpose,
                after_months=0 if lapses else months,
                after_days=more,
            )
        seconds = dice.choice((0, dice.randrange(86_400), 86_399))
        event = moment(day, seconds)
        with time_machine.travel(event + timedelta(seconds=1), tick=False):
            point = factories.point(factories.number(n), at=event - timedelta(days=2))
            factories.entry(point, of=purpose, at=event if lapses else event - timedelta(days=1))
            if not lapses:
                factories.entry(point, Act.WITHDRAWN, of=purpose, at=event)
        due[point.pk] = moment(expected(day, months=months, days=more), seconds)
    return due


# Nights on which somewhere the clocks change (UTC), and leap days.
NIGHTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2027, 3, 14, 7, tzinfo=UTC),
    datetime(2027, 11, 7, 6, tzinfo=UTC),
    datetime(2028, 2, 29, 0, tzinfo=UTC),
    datetime(2028, 3, 1, 0, tzinfo=UTC),
    datetime(2032, 2, 29, 23, 59, 59, tzinfo=UTC),
]


@pytest.mark.django_db(transaction=True)
@tried(small=1, full=7)
def test_runs_across_changes_of_the_clock_do_the_same_in_every_zone(cases: int, tally: Tally) -> None:
    dice = random.Random("zones")
    asked = dice.sample(days(8), 40 if cases < 7 else 400)
    with time_machine.travel(datetime(2024, 1, 1, tzinfo=UTC)):
        due = settle(asked, dice)
    before = Snapshot.take()
    for night in dice.sample(NIGHTS, cases):
        results: dict[str, Any] = {}
        # The instants around the change, and the last moment before somebody is due.
        nearest = min(due.values(), key=lambda at: abs(at - night))
        for name in ZONES:
            with a_copy(), in_zone(name):
                found = Verdict()
                for at in sorted({night - INSTANT, night, nearest - INSTANT, nearest, night + timedelta(hours=1)}):
                    with time_machine.travel(at, tick=False):
                        retention.run(as_of=timezone.now(), actor=NIGHTLY)
                    gone = {pk: Action.PURGE for pk, moment in due.items() if moment <= at}
                    said = Verdict()
                    erased = set(Receipt.objects.values_list("point", flat=True))
                    said.lost += [f"{name} {at}: point {pk} is due and was left" for pk in gone.keys() - erased]
                    said.lost += [f"{name} {at}: point {pk} is not due yet" for pk in erased - gone.keys()]
                    found.add(said)
                ended = {"consent.ConsentEvent", "consent.Consent", "consent.HistoricalConsent"}
                found.add(audit(before, Snapshot.take(), gone, finished=True, newcomers=True, changed=frozenset(ended)))
                results[name] = dict(Receipt.objects.values_list("point", "due_at"))
                for pk, due_at in results[name].items():
                    if due_at != due[pk]:
                        found.lost.append(f"{name}: point {pk} was due at {due[pk]}, not at {due_at}")
                if results[name] != results["UTC"]:
                    found.lost.append(f"{name} {night}: other than in UTC")
            tally.case(found)
    tally.note(f"{len(due)} people; {', '.join(ZONES)}")
    tally.close("calendar: runs across changes of the clock", cases * len(ZONES))


@pytest.mark.django_db(transaction=True)
@tried(small=4, full=60)
def test_the_query_finds_whoever_the_calendar_says_is_due_and_nobody_else(cases: int, tally: Tally) -> None:
    dice = random.Random("nights")
    asked = days(60 if cases < 10 else 4)
    asked = dice.sample(asked, min(len(asked), 100 if cases < 10 else 1000))
    with time_machine.travel(datetime(2024, 1, 1, tzinfo=UTC)):
        due = settle(asked, dice)
    moments = [min(due.values()), max(due.values()), *dice.sample(sorted(due.values()), cases - 2)]
    for at in moments:
        for as_of in (at - INSTANT, at):
            found = Verdict()
            selected = {each.point_id: each.due.due_at for each in retention.due(as_of=as_of)}
            wanted = {pk: moment for pk, moment in due.items() if moment <= as_of}
            found.lost += [f"{as_of}: point {pk} is due and not found" for pk in wanted.keys() - selected.keys()]
            found.lost += [f"{as_of}: point {pk} is found and not due" for pk in selected.keys() - wanted.keys()]
            found.lost += [
                f"{as_of}: point {pk} is due at another time"
                for pk in wanted.keys() & selected.keys()
                if wanted[pk] != selected[pk]
            ]
            tally.case(found)
    tally.note(f"{len(due)} people")
    tally.close("calendar: the query", cases)


def test_the_oracle_s_calendar_is_the_world_s() -> None:
    assert CALENDAR[0] == (2024, 1, 1)
    assert CALENDAR[-1] == (LAST + 5, 12, 31)
    assert len(CALENDAR) == (date(LAST + 5, 12, 31) - date(2024, 1, 1)).days + 1
