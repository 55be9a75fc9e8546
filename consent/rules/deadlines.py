"""When a person's request must be answered.

GDPR Article 12(3): without undue delay and within one month of receipt; by two further months where that is necessary
and the person is told within the first. Months are counted by Regulation (EEC, Euratom) No 1182/71, Article 3.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consent.rules.times import add_months, require_aware

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Due:
    """The two readings of one deadline, in UTC; they differ where the last day is not a working day.

    `earlier` is the date that the month ends on: who keeps it is right in every reading. `rolled` is the same time of
    the next working day (Article 3(4)), after which the answer is late.
    """

    earlier: datetime
    rolled: datetime


def answer_due(received_at: datetime, *, extended: bool = False, holidays: Collection[date] = frozenset()) -> Due:
    """The latest moment to answer what was received at `received_at` (aware). GDPR Article 12(3).

    Both periods are counted from the receipt. extended: whether the person was told, within the first month, that it
    takes longer. holidays: the public holidays of where we are. Days are those of UTC, and the time of day is that of
    the receipt, which is never later than the end of the day that the regulation gives. Raises NaiveTimestamp.
    """
    earlier = add_months(require_aware(received_at, name="received_at"), 3 if extended else 1)
    rolled = earlier
    while rolled.weekday() >= SATURDAY or rolled.date() in holidays:
        rolled += timedelta(days=1)
    return Due(earlier, rolled)
