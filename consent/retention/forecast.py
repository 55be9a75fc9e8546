"""What goes on which of the coming nights, and why; and what a policy would erase before it is saved.

Both read facts as they stand: people who withdraw, or give their consent anew, between now and then change it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from consent.retention.candidates import candidates
from consent.retention.selection import chunks, facts_of, policies
from consent.rules.forecasting import first_night, nights_from
from consent.rules.retention import Due, Policy, decide
from consent.rules.times import require_aware


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly job: when it begins (UTC), and how many contact points go by which policy (id)."""

    at: datetime
    by_policy: Mapping[int, int] = field(default_factory=dict)

    @property
    def due(self) -> int:
        """How many contact points go in this night."""
        return sum(self.by_policy.values())


@dataclass(frozen=True, slots=True)
class WhatIf:
    """How many contact points the next nightly job erases if a change is saved, and `without` it."""

    tonight: int
    without: int


def forecast(*, as_of: datetime, nights: int = 90) -> list[Night]:
    """Return the next `nights` nightly jobs after `as_of` (aware) with what each will erase.

    The first takes everything that is overdue. Raises NaiveTimestamp.
    """
    times = nights_from(as_of, hour=settings.NIGHTLY_HOUR, nights=nights)
    found: list[Counter[int]] = [Counter() for _time in times]
    terms = policies()
    if times and terms:
        for points in chunks(candidates(terms, as_of=times[-1])):
            for facts in facts_of(points, as_of=times[0]):
                if going := first_night(facts, terms, nights=times):
                    index, due = going
                    found[index][due.policy.id] += 1
    return [Night(time, dict(sorted(counts.items()))) for time, counts in zip(times, found, strict=True)]


def what_if(terms: Policy, *, as_of: datetime, active: bool = True) -> WhatIf:
    """Return what the next nightly job after `as_of` (aware) erases if `terms` are saved, in place of those of its id.

    The id of a policy that is not saved yet is 0. active: whether it is to count. Raises NaiveTimestamp.
    """
    (night,) = nights_from(require_aware(as_of, name="as_of"), hour=settings.NIGHTLY_HOUR, nights=1)
    present = policies()
    planned = [each for each in present if each.id != terms.id] + ([terms] if active else [])
    tonight = without = 0
    for points in chunks(candidates([*present, *planned], as_of=night)):
        for facts in facts_of(points, as_of=night):
            without += isinstance(decide(facts, present, as_of=night), Due)
            tonight += isinstance(decide(facts, planned, as_of=night), Due)
    return WhatIf(tonight, without)
