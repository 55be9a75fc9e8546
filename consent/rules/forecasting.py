"""On which night a contact point will go, as its facts stand: what `decide` will say, foreseen.

Facts that stay as they are only ever lose grounds as time goes on: consents lapse, licences and holds end, periods
run out. What is due stays due, so the first night on which a point is due is found by halving.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from consent.rules.retention import Due, PointFacts, Policy, decide
from consent.rules.times import require_aware


def nights_from(moment: datetime, *, hour: int, nights: int) -> list[datetime]:
    """Return the times (UTC) of the next `nights` nightly jobs at `hour` o'clock UTC, the first at or after `moment`.

    Raises NaiveTimestamp.
    """
    moment = require_aware(moment, name="moment")
    first = moment.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    if first < moment:
        first += timedelta(days=1)
    return [first + timedelta(days=night) for night in range(nights)]


def first_night(point: PointFacts, policies: Sequence[Policy], *, nights: Sequence[datetime]) -> tuple[int, Due] | None:
    """Return the index of the first of `nights` (aware, ascending) on which the point is due, and why; else None.

    The holds in `point` must be those that stand on the first night or before it.
    """

    def goes(night: datetime) -> bool:
        return isinstance(decide(point, policies, as_of=night), Due)

    # Most are due at once or not at all.
    if not nights or not goes(nights[-1]):
        return None
    index = 0 if goes(nights[0]) else bisect_left(nights, True, key=goes)
    decision = decide(point, policies, as_of=nights[index])
    return (index, decision) if isinstance(decision, Due) else None
