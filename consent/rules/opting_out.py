"""What a STOP without further words ends, by the day on which it was sent.

47 CFR 64.1200(a)(10) asks that a revocation reach all messages of the sender; that part ("revoke all") is waived until
31 January 2027. So the scope is a schedule, and its default is the safe one: stop all, from the first day.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

from consent.rules.times import require_aware


class Scope(StrEnum):
    """What a bare opt-out ends: everything, or what comes over the channel on which it was said."""

    ALL = "all"
    CHANNEL = "channel"


def read_schedule(entries: Sequence[str]) -> tuple[tuple[date, Scope], ...]:
    """Read "2027-01-31:all" and its like into (first day in UTC, scope), the earliest first. Raises ValueError."""
    pairs = (entry.strip().rpartition(":") for entry in entries)
    return tuple(sorted((date.fromisoformat(day), Scope(scope)) for day, _colon, scope in pairs))


def scope_of_stop(at: datetime, *, schedule: Sequence[tuple[date, Scope]]) -> Scope:
    """Return what a bare opt-out of that moment (aware) ends; before the schedule begins, everything.

    Raises NaiveTimestamp.
    """
    day = require_aware(at, name="at").astimezone(UTC).date()
    return next((scope for first, scope in reversed(schedule) if first <= day), Scope.ALL)
