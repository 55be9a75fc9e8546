"""Quiet hours by the clock of the person called, over every zone the line may ring in."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from consent.rules import quiet_hours
from consent.rules.quiet_hours import DEFAULT, HORIZON, Hours, Window, hours
from consent.rules.times import NaiveTimestamp
from crm.phones import time_zones

NEW_YORK = ("America/New_York",)
COASTS = ("America/New_York", "America/Los_Angeles")


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# 47 CFR 64.1200(c)(1): not before 8 a.m. or after 9 p.m. at the called party's location.
@pytest.mark.parametrize(
    ("local", "is_open", "until"),
    [
        pytest.param("2026-06-10T07:59:59", False, "2026-06-10T08:00", id="a second before eight"),
        pytest.param("2026-06-10T08:00", True, "2026-06-10T21:00", id="eight sharp is open"),
        pytest.param("2026-06-10T20:59:59", True, "2026-06-10T21:00", id="a second before nine"),
        pytest.param("2026-06-10T21:00", False, "2026-06-11T08:00", id="nine sharp is closed"),
        pytest.param("2026-06-10T00:00", False, "2026-06-10T08:00", id="midnight"),
    ],
)
def test_one_zone_is_open_from_eight_until_nine_in_the_evening(local: str, is_open: bool, until: str) -> None:
    found = hours(at(local, "America/New_York"), zones=NEW_YORK)
    assert found == Hours(open=is_open, until=at(until, "America/New_York"))


@pytest.mark.parametrize(
    ("moment", "is_open", "until"),
    [
        pytest.param("2026-06-10T13:00", False, "2026-06-10T15:00", id="nine in New York, six in Los Angeles"),
        pytest.param("2026-06-10T15:00", True, "2026-06-11T01:00", id="eleven and eight"),
        pytest.param("2026-06-11T01:00", False, "2026-06-11T15:00", id="nine in the evening and six"),
    ],
)
def test_several_zones_are_open_only_while_every_one_is(moment: str, is_open: bool, until: str) -> None:
    assert hours(at(moment), zones=COASTS) == Hours(open=is_open, until=at(until))


@pytest.mark.parametrize(
    ("local", "until"),
    [
        pytest.param("2026-03-07T22:00", "2026-03-08T12:00", id="a night of 23 hours: 8:00 is 12:00 UTC"),
        pytest.param("2026-10-31T22:00", "2026-11-01T13:00", id="a night of 25 hours: 8:00 is 13:00 UTC"),
    ],
)
def test_the_morning_after_the_clocks_change_opens_by_the_new_clock(local: str, until: str) -> None:
    assert hours(at(local, "America/New_York"), zones=NEW_YORK).until == at(until)


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        pytest.param(
            Window(time(2, 30), time(6), "test"),
            "2026-03-08T06:00",
            Hours(open=False, until=at("2026-03-08T07:00")),
            id="2:30 is skipped, so it opens as the clock jumps to 3:00",
        ),
        pytest.param(
            Window(time(1, 15), time(2, 30), "test"),
            "2026-03-08T06:30",
            Hours(open=True, until=at("2026-03-08T07:00")),
            id="2:30 is skipped, so it closes as the clock jumps to 3:00",
        ),
        pytest.param(
            Window(time(1, 30), time(6), "test"),
            "2026-11-01T05:45",
            Hours(open=True, until=at("2026-11-01T06:00")),
            id="1:45 the first time, then it is 1:00 again and closed",
        ),
        pytest.param(
            Window(time(1, 30), time(6), "test"),
            "2026-11-01T06:15",
            Hours(open=False, until=at("2026-11-01T06:30")),
            id="1:15 the second time, until 1:30 the second time",
        ),
    ],
)
def test_a_window_edge_in_the_hour_of_the_clock_change_is_exact(window: Window, moment: str, expected: Hours) -> None:
    assert hours(at(moment), zones=NEW_YORK, window=window) == expected


def test_zones_that_are_never_awake_together_never_open() -> None:
    short = Window(time(9), time(10), "test")
    zones = ("Pacific/Honolulu", "Europe/London")
    assert hours(at("2026-06-10T12:00"), zones=zones, window=short) == Hours(open=False, until=None)


def test_zones_a_whole_day_apart_share_their_hours() -> None:
    # Nine in the morning in Honolulu is nine in the morning of the next day in Kiritimati.
    zones = ("Pacific/Honolulu", "Pacific/Kiritimati")
    assert hours(at("2026-06-10T19:00"), zones=zones) == Hours(open=True, until=at("2026-06-11T07:00"))


def test_a_toll_free_number_waits_for_the_last_of_its_zones() -> None:
    found = hours(at("2026-06-10T12:00"), zones=time_zones("+18005550199"))
    # 8:00 in Guam is 22:00 UTC, and 19:30 in Newfoundland.
    assert found == Hours(open=False, until=at("2026-06-10T22:00"))


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.lists(
        st.sampled_from(
            [
                "Europe/London",
                "America/New_York",
                "Australia/Lord_Howe",
                "Asia/Kathmandu",
                "Africa/Casablanca",
            ]
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_the_hours_hold_until_the_moment_named_and_change_at_it(moment: datetime, names: list[str]) -> None:
    zones = tuple(names)
    found = hours(moment, zones=zones)
    local = [moment.astimezone(ZoneInfo(name)).time() for name in names]
    assert found.open is all(time(8) <= clock < time(21) for clock in local)
    if found.until is None:
        assert not found.open
        return
    assert moment < found.until <= moment + HORIZON
    assert hours(found.until, zones=zones).open is not found.open
    quarter = moment
    while quarter < found.until:
        # What was worked out for another moment is the same as what is worked out for this one.
        remembered = hours(quarter, zones=zones)
        quiet_hours._spans.clear()
        assert hours(quarter, zones=zones) == remembered == found
        quarter += timedelta(hours=3)
    assert hours(found.until - timedelta(microseconds=1), zones=zones) == found


def test_what_is_remembered_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiet_hours, "_MOST_SPANS", 2)
    for zone in ("Europe/Paris", "Europe/Rome", "Europe/Madrid", "Europe/Berlin"):
        hours(at("2026-06-10T12:00"), zones=(zone,))
        assert len(quiet_hours._spans) <= 2


def test_a_moment_may_be_written_in_any_zone() -> None:
    moment = at("2026-06-10T12:00")
    assert hours(moment.astimezone(ZoneInfo("Asia/Tokyo")), zones=NEW_YORK) == hours(moment, zones=NEW_YORK)


def test_the_default_window_cites_its_rule() -> None:
    assert Window(time(8), time(21), "47 CFR 64.1200(c)(1)") == DEFAULT


def test_a_line_without_a_zone_is_for_the_caller_to_decide() -> None:
    with pytest.raises(ValueError, match="no time zone is known"):
        hours(at("2026-06-10T12:00"), zones=())


def test_an_unknown_zone_is_an_error_and_not_an_open_hour() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        hours(at("2026-06-10T12:00"), zones=("Europe/Atlantis",))


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        hours(datetime(2026, 6, 10, 12), zones=NEW_YORK)


@pytest.mark.parametrize(("start", "end"), [(time(21), time(8)), (time(8), time(8))])
def test_a_window_over_midnight_or_of_no_length_is_refused(start: time, end: time) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Window(start, end, "test")


def test_this_machine_knows_every_zone_that_a_number_can_lie_in() -> None:
    names = {name for zones in TIMEZONE_DATA.values() for name in zones}
    assert len(names) > 100
    for name in names:
        ZoneInfo(name)
