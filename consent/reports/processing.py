"""The record of processing activities (GDPR 30(1)): one activity for each purpose, put together from what is in force.

Nothing of it is written twice: who collects what for which purpose, who received it and when it goes stands in the
sources, disclosures and policies already. What only a person can say is asked for on the purpose.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from consent.models import CollectionPoint, Disclosure, Purpose, RetentionPolicy
from consent.rules.times import require_aware
from crm.models import Source


@dataclass(frozen=True, slots=True)
class Activity:
    """What is done for one purpose.

    sources: which may be used for it or ask for it; policies: by which its numbers go; disclosed_to: whom data was
    given to for it, beside the categories that the purpose names.
    """

    purpose: Purpose
    sources: Sequence[Source]
    policies: Sequence[RetentionPolicy]
    disclosed_to: Sequence[str]


@dataclass(frozen=True, slots=True)
class Register:
    """The whole record as of a moment. proof_months: how long sealed proof is kept after its last use."""

    at: datetime
    controller: str
    contact: str
    activities: Sequence[Activity]
    sources: Sequence[Source]
    proof_months: int

    @property
    def gaps(self) -> list[Purpose]:
        """The purposes in use of which it is not said whose data it is, or who receives it."""
        said = [each.purpose for each in self.activities if each.purpose.active]
        return [purpose for purpose in said if not (purpose.data_subjects and purpose.recipients)]


def register(*, at: datetime) -> Register:
    """Return the record as it stands, dated `at` (aware). Purposes not in use come last. Raises NaiveTimestamp."""
    at = require_aware(at, name="at")
    policies = list(RetentionPolicy.objects.filter(active=True).order_by("name"))
    sources = {source.pk: source for source in Source.objects.order_by("name")}
    used: dict[int, set[int]] = defaultdict(set)
    asking = CollectionPoint.objects.filter(active=True).values_list("purposes", "source")
    permitted = Purpose.permitted_sources.through.objects.values_list("purpose_id", "source_id")
    for purpose_id, source_id in [*asking, *permitted]:
        used[purpose_id or 0].add(source_id)
    given: dict[int, list[str]] = defaultdict(list)
    disclosed = Disclosure.objects.order_by("recipient").values_list("purpose", "recipient").distinct()
    for to_purpose, recipient in disclosed:
        given[to_purpose or 0].append(recipient)
    activities = [
        Activity(
            purpose=purpose,
            sources=[source for pk, source in sources.items() if pk in used[purpose.pk]],
            policies=[policy for policy in policies if policy.purpose_id in (None, purpose.pk)],
            disclosed_to=given[purpose.pk],
        )
        for purpose in Purpose.objects.order_by("-active", "name")
    ]
    return Register(
        at, settings.ORGANISATION, settings.HELP_CONTACT, activities, list(sources.values()), settings.PROOF_MONTHS
    )
