"""What will become of a contact's numbers: which policies count for each, when it goes, and what protects it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from consent.retention.selection import facts_of, policies
from consent.rules.forecasting import first_night, nights_from
from consent.rules.retention import Due, Kept, decide, periods
from consent.rules.times import require_aware
from crm import erasure
from crm.models import Contact

# Ten years: who looks at one contact wants to know, and halving takes a dozen looks.
NIGHTS = 3653


@dataclass(frozen=True, slots=True)
class Outlook:
    """A contact point: `periods` are those of the policies that count, the first to end first; `now` the decision.

    going: the time (UTC) of the nightly job that takes it as the facts stand, and why; None: not within ten years.
    """

    point_id: int
    periods: Sequence[Due]
    now: Due | Kept
    going: tuple[datetime, Due] | None


def outlook(contact: Contact, *, as_of: datetime) -> list[Outlook]:
    """Return the outlook of each contact point that is not erased, at `as_of` (aware), in order of id.

    As many queries for a hundred numbers as for one. Raises NaiveTimestamp.
    """
    as_of = require_aware(as_of, name="as_of")
    terms = policies()
    nights = nights_from(as_of, hour=settings.NIGHTLY_HOUR, nights=NIGHTS)
    found = []
    points = erasure.read(contact.points.filter(erased_at=None))
    for facts in facts_of(points, as_of=as_of) if points else ():
        going = first_night(facts, terms, nights=nights)
        found.append(
            Outlook(
                facts.point_id,
                periods(facts, terms),
                decide(facts, terms, as_of=as_of),
                (nights[going[0]], going[1]) if going else None,
            )
        )
    return found
