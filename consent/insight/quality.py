"""Sources by quality: what each has brought, how good it was, and what is owed to the people it brought."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from consent.models import Consent, Suppression
from consent.rules.retention import ENDED
from consent.rules.states import Status
from consent.rules.times import add_months, notice_due_at, require_aware
from crm.models import ContactPoint, ImportBatch, Outcome, Provenance, Source

# Withdrawals of so many days tell of a source's quality.
RECENT = timedelta(days=30)
# Calendar months differ by up to three days.
_MARGIN = timedelta(days=4)
_NOES = sorted({*(status.value for status in ENDED), Status.REFUSED.value})


@dataclass(slots=True)
class Scorecard:
    """What is known of a source's quality, in counts.

    points: contact points of it that we hold; rows: rows of its files, of which so many were rejected, or brought a
    person whom we held already; opted_out: points whose person said no in the last 30 days; untold: points whose
    person is still to be told where we have the number from (GDPR 14), of which so many are late.
    """

    points: int = 0
    rows: int = 0
    rejected: int = 0
    known: int = 0
    opted_out: int = 0
    untold: int = 0
    late: int = 0

    @property
    def valid(self) -> float | None:
        """Which share of the rows could be taken, from 0 to 1; None where no file came."""
        return 1 - self.rejected / self.rows if self.rows else None

    @property
    def opting_out(self) -> float | None:
        """Which share of the points said no in the last 30 days, from 0 to 1; None where there are none."""
        return self.opted_out / self.points if self.points else None

    @property
    def duplicates(self) -> float | None:
        """Which share of the rows brought somebody whom we held already, from 0 to 1; None where no file came."""
        return self.known / self.rows if self.rows else None


def scorecards(*, at: datetime) -> dict[int, dict[str, int]]:
    """Return the scorecards of all sources at `at` (aware), by id, as counts by name. Raises NaiveTimestamp."""
    at = require_aware(at, name="at")
    cards: dict[int, Scorecard] = defaultdict(Scorecard)
    for source_id in Source.objects.values_list("pk", flat=True):
        cards[source_id] = Scorecard()
    living = Provenance.objects.filter(point__erased_at=None)
    for source_id, number in _by_source(living):
        cards[source_id].points = number
    for source_id, counts in _counts_of_files().items():
        card = cards[source_id]
        card.rows = counts.total()
        card.rejected = counts[Outcome.REJECTED]
        card.known = counts[Outcome.UPDATED] + counts[Outcome.UNCHANGED]
    for source_id, number in _by_source(living.filter(_said_no(since=at - RECENT))):
        cards[source_id].opted_out = number
    owed = untold()
    for source_id, number in owed.order_by().values_list("source").annotate(Count("pk")):
        cards[source_id].untold = number
    for source_id, number in _late(owed, at=at).items():
        cards[source_id].late = number
    return {source_id: asdict(card) for source_id, card in cards.items()}


def untold() -> QuerySet[Provenance]:
    """Return what third parties brought whose people were not told yet, and need to be (GDPR 14)."""
    return Provenance.objects.filter(
        source__kind=Source.Kind.THIRD_PARTY, notice_sent_at=None, notice_exempt="", point__erased_at=None
    )


def _by_source(provenances: QuerySet[Provenance]) -> QuerySet[Provenance, tuple[int, int]]:
    return provenances.order_by().values_list("source").annotate(Count("point", distinct=True))


def _counts_of_files() -> Mapping[int, Counter[str]]:
    """Return, by source, what became of the rows of its files that were committed."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    done = ImportBatch.objects.filter(stage=ImportBatch.Stage.COMMITTED)
    counts: Any
    for source_id, counts in done.values_list("source", "counts"):
        found[source_id].update({outcome.value: counts.get(outcome.value, 0) for outcome in Outcome})
    return found


def _said_no(*, since: datetime) -> Q:
    """Return which provenances are of a point whose person has said no since then."""
    withdrawn = Consent.objects.filter(status__in=_NOES, since__gte=since)
    suppressed = Suppression.objects.filter(extent=Suppression.Extent.CONTACT, since__gte=since, lifted_at=None)
    points = ContactPoint.objects.filter(line__in=suppressed.values("line"))
    return Q(point__in=withdrawn.values("point")) | Q(point__in=points.values("pk"))


def _late(owed: QuerySet[Provenance], *, at: datetime) -> Counter[int]:
    """Return how many notices are late at `at`, by source."""
    surely = add_months(at, -1)
    late: Counter[int] = Counter()
    for source_id, number in owed.filter(obtained_at__lt=surely).order_by().values_list("source").annotate(Count("pk")):
        late[source_id] = number
    # Months end on different days: what was obtained in these days is looked at one by one.
    close = owed.filter(obtained_at__gte=surely, obtained_at__lt=surely + _MARGIN)
    for source_id, obtained_at in close.order_by().values_list("source", "obtained_at").iterator():
        late[source_id] += notice_due_at(obtained_at) < at
    return late
