"""The hours in which a line may be called or texted, by the clock of the person called.

A range may ring in several time zones. The person is in one of them and we do not know in which, so the hours
are open only when they are open in every one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from consent.rules.times import require_aware

# Long enough for any daily window to come round, also over a week with a change of the clocks.
HORIZON = timedelta(days=8)
# By zones and window: from when to when an answer holds. There are only so many ranges; more is somebody's mistake.
_spans: dict[tuple[tuple[str, ...], "Window"], tuple[datetime, "Hours"]] = {}
_MOST_SPANS = 2048


@dataclass(frozen=True)
class Window:
    """Open from `start` until before `end`, local wall time of one day, by the rule in `citation`.

    Raises ValueError when `end` is not after `start`: a window over midnight would be the quiet hours
    themselves.
    """

    start: time
    end: time
    citation: str

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a window ends after it starts, on the same day")


# Not before 8 a.m. or after 9 p.m. at the called party's location; 21:00 itself is taken as closed.
DEFAULT = Window(start=time(8), end=time(21), citation="47 CFR 64.1200(c)(1)")


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether the hours are open, and `until` when (UTC) that holds: None if for at least 8 days."""

    open: bool
    until: datetime | None


def hours(at: datetime, *, zones: tuple[str, ...], window: Window = DEFAULT) -> Hours:
    """The state of the window at a moment, over all time zones (IANA names) that the line may ring in.

    Raises NaiveTimestamp; ValueError when `zones` is empty, as only the caller can say what not knowing
    means; and zoneinfo.ZoneInfoNotFoundError (a KeyError) for a zone that this machine does not know.
    """
    if not zones:
        raise ValueError("no time zone is known for this line")
    now = require_aware(at, name="at")
    since, known = _spans.get((zones, window), (None, None))
    # Between two changes every moment has the same answer, and the next list is asked about the same hour.
    if since and known and known.until and since <= now < known.until:
        return known
    if len(_spans) >= _MOST_SPANS:
        _spans.clear()
    found = _hours(now, zones, window)
    _spans[zones, window] = now, found
    return found


def _hours(now: datetime, zones: tuple[str, ...], window: Window) -> Hours:
    places = [ZoneInfo(name) for name in zones]
    state = _open(now, places, window)
    changes = {change for place in places for change in _edges(now, place, window)}
    until = (
        change for change in sorted(changes) if now < change <= now + HORIZON and _open(change, places, window) != state
    )
    return Hours(open=state, until=next(until, None))


def _open(moment: datetime, places: list[ZoneInfo], window: Window) -> bool:
    return all(window.start <= moment.astimezone(place).time() < window.end for place in places)


def _edges(now: datetime, place: ZoneInfo, window: Window) -> Iterator[datetime]:
    """Every moment (UTC) at which this zone's window may open or close, and some at which it does not."""
    # A day more on both sides: the date there may not be the date in UTC.
    days = [now + timedelta(days=n) for n in range(-1, HORIZON.days + 2)]
    offsets = [_offset(day, place) for day in days]
    for before, later, old, new in zip(days, days[1:], offsets, offsets[1:], strict=False):
        if old != new:
            # The change of the clocks opens or closes a window that has its edge in the skipped hour.
            yield _clock_change(before, later, place)
    for day in days:
        for edge in (window.start, window.end):
            for offset in set(offsets):
                yield datetime.combine(day.date(), edge, tzinfo=UTC) - offset


def _offset(moment: datetime, place: ZoneInfo) -> timedelta:
    return moment.astimezone(place).utcoffset() or timedelta()


def _clock_change(before: datetime, later: datetime, place: ZoneInfo) -> datetime:
    """The first second after `before` with the offset that holds at `later`."""
    low, high = int(before.timestamp()), int(later.timestamp())
    new = _offset(later, place)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, tz=UTC), place) == new:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, tz=UTC)
