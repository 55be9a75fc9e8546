"""When a purge must not go ahead unasked: a policy or a clock that is wrong erases for good."""

from datetime import datetime, timedelta


def is_too_much(*, due: int, held: int, percent: int, points: int) -> bool:
    """Whether a run that erases `due` of the `held` points needs a second person.

    It takes both: more than `percent` percent of what is held, and more than `points`, or a small office would be
    asked every night.
    """
    return due > points and due * 100 > percent * held


def clock_has_jumped(*, now: datetime, last: datetime | None, hours: int) -> bool:
    """Whether `now` (aware) is more than `hours` after or before the last run that went ahead; never for a first."""
    return last is not None and abs(now - last) > timedelta(hours=hours)
