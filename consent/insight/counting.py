"""Counting the figures of the dashboard: the queries that may take long, in a job, once an hour and when asked."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.models import CharField, Count, Exists, OuterRef, Q
from django.db.models.functions import Cast, TruncWeek
from django.utils import timezone

from consent import retention, screening, sealing
from consent.insight.quality import scorecards
from consent.models import Consent, ConsentEvent, Figures, Purpose
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict
from consent.rules.states import Act, Status
from consent.rules.times import require_aware
from crm.models import Contact, ContactPoint, Lease, PhoneNumber, Provenance

log = logging.getLogger(__name__)

LEASE = "figures"
WEEKS = 26
NIGHTS = 30
# So many numbers are decided on together.
CHUNK = 20_000
GRANTS = (Act.GIVEN, Act.CONFIRMED, Act.RENEWED)
NOES = (Act.WITHDRAWN, Act.REVOKED)
_PERMITTING = [status.value for status in Status if status.permits]


def count(*, at: datetime) -> Figures:
    """Count everything as of `at` (aware), keep it in place of what was counted before, and return it.

    It takes as long as all the people and entries need: a job's work. Raises LeaseTaken while another counts,
    LeaseLost, NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    lease = Lease.objects.take(LEASE, seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    try:
        began = monotonic()
        counts = _counts(lease, at=at)
        made = Figures.objects.create(at=at, seconds=round(monotonic() - began), counts=counts)
        Figures.objects.filter(pk__lt=made.pk).delete()
    finally:
        lease.give_back(now=timezone.now())
    log.info("figures %s were counted in %s s", made.pk, made.seconds)
    return made


def _counts(lease: Lease, *, at: datetime) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "lines": PhoneNumber.objects.filter(number__isnull=False).count(),
        "contacts": Contact.objects.exclude(status=Contact.Status.ERASED).count(),
        "weeks": _weeks(at=at),
    }
    _renew(lease)
    counts["contactable"] = {str(purpose.pk): _contactable(purpose, lease, at=at) for purpose in _in_use()}
    _renew(lease)
    counts["nights"] = [
        {"at": night.at.isoformat(), "due": night.due} for night in retention.forecast(as_of=at, nights=NIGHTS)
    ]
    _renew(lease)
    counts |= _due(at=at)
    waiting = sealing.waiting()
    counts["unsealed"] = waiting.entries
    counts["sources"] = {str(source_id): card for source_id, card in scorecards(at=at).items()}
    return counts


def _renew(lease: Lease) -> None:
    lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())


def _in_use() -> list[Purpose]:
    return list(Purpose.objects.filter(active=True))


def _weeks(*, at: datetime) -> list[dict[str, Any]]:
    """Return the grants and the noes of each of the last weeks, which begin on Mondays (UTC), the oldest first."""
    monday = (at - timedelta(days=at.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    weeks = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    found = dict.fromkeys(weeks, (0, 0))
    entries = ConsentEvent.objects.filter(occurred_at__gte=weeks[0], occurred_at__lte=at, act__in=[*GRANTS, *NOES])
    by_week = entries.order_by().annotate(week=TruncWeek("occurred_at", tzinfo=UTC)).values_list("week")
    for week, grants, noes in by_week.annotate(
        grants=Count("pk", filter=Q(act__in=GRANTS)), noes=Count("pk", filter=Q(act__in=NOES))
    ):
        found[week] = (grants, noes)
    return [
        {"week": week.date().isoformat(), "grants": grants, "withdrawals": noes}
        for week, (grants, noes) in found.items()
    ]


def _contactable(purpose: Purpose, lease: Lease, *, at: datetime) -> int:
    """Return how many numbers may be contacted for the purpose, over any of its channels, whatever the hour."""
    allowed = 0
    for numbers in _chunks(purpose):
        left = numbers
        for channel in purpose.channels:
            decisions = screening.screen(left, purpose=purpose, channel=Channel(channel), at=at)
            left = [number for number, decision in zip(left, decisions, strict=True) if not _at_some_hour(decision)]
        allowed += len(numbers) - len(left)
        _renew(lease)
    return allowed


def _at_some_hour(decision: Decision) -> bool:
    """Whether nothing but the hour of the day is in the way: it is asked last, of what is allowed otherwise."""
    return decision.verdict is Verdict.ALLOW or decision.reason in (Reason.QUIET_HOURS, Reason.TIME_ZONE_UNKNOWN)


def _chunks(purpose: Purpose) -> Iterator[list[str]]:
    """Yield the numbers (E.164) for which the purpose may be allowed: all of them, and some more."""
    points = ContactPoint.objects.filter(line=OuterRef("pk"), erased_at=None)
    if purpose.basis == LawfulBasis.CONSENT:
        granted = Consent.objects.filter(point=OuterRef("pk"), purpose=purpose, status__in=_PERMITTING)
        points = points.filter(Exists(granted))
    else:
        brought = Provenance.objects.filter(
            point=OuterRef("pk"), source__in=purpose.permitted_sources.values("pk").order_by()
        )
        points = points.filter(Exists(brought))
    lines = PhoneNumber.objects.filter(Exists(points), number__isnull=False).annotate(text=Cast("number", CharField()))
    # By id, and not with a cursor: decisions are made, and other queries run, in between.
    after = 0
    while rows := list(lines.filter(pk__gt=after).order_by("pk").values_list("pk", "text")[:CHUNK]):
        after = rows[-1][0]
        yield [number for _pk, number in rows]


def _due(*, at: datetime) -> dict[str, Any]:
    """Return how many points are due now, and since when the oldest is."""
    number, oldest = 0, None
    for found in retention.due(as_of=at):
        number += 1
        oldest = found.due.due_at if oldest is None else min(oldest, found.due.due_at)
    return {"due": number, "oldest_due_at": oldest and oldest.isoformat()}
