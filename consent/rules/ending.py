"""When the proof of a consent has been kept long enough: the end of the second stage, after which nothing is left."""

from collections.abc import Iterable
from datetime import datetime

from consent.rules.times import add_months, require_aware


def proof_ends_at(uses: Iterable[datetime], *, months: int) -> datetime:
    """The moment (UTC) until which a proof is kept, by its uses (aware, at least one).

    UWG 7a(2): five years from the grant and from every use of it; 16 CFR 310.5(a): five years. Counted once, from the
    last use, with its original day: 29 February and five years is 28 February. Raises NaiveTimestamp.
    """
    return add_months(max(require_aware(use, name="use") for use in uses), months)
