"""Saying in the ledger that a consent has lapsed, or a request was never answered: nobody acts when time runs out.

Permission and retention count the lapse for themselves and never wait for this; the entry makes the status that
staff read, and its history, say what is so. A number that somebody typed and nobody confirmed has no other end.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from consent import ledger
from consent.models import Consent, Method, Purpose
from consent.retention.candidates import subtract
from consent.rules.lines import Channel
from consent.rules.states import Act, Status
from consent.rules.times import add_months, require_aware
from crm import erasure
from crm.models import Actor, Lease


def expire_lapsed(*, as_of: datetime, actor: Actor, lease: Lease | None = None) -> int:
    """Record `expired`, at the moment it happened, for each consent that had ended by `as_of`; return how many.

    Consents end when they lapse, and requests when nobody has answered them for UNANSWERED_DAYS. An end that lies in
    the future by the clock is left for its own night, however far ahead `as_of` (aware) is. Done twice, it finds
    nothing more. `lease` is renewed with every chunk. Raises NaiveTimestamp, LeaseLost.
    """
    as_of = min(require_aware(as_of, name="as_of"), timezone.now())
    expired = 0
    for candidates in (*_lapsing(as_of), _unanswered(as_of)):
        for ids in _chunks(candidates):
            with transaction.atomic():
                if lease:
                    lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
                expired += _expire(ids, as_of=as_of, actor=actor)
    return expired


def _lapsing(as_of: datetime) -> "Iterator[QuerySet[Consent]]":
    """Yield, by purpose, the consents that may have lapsed: all that have, and a few days' more."""
    permitting = Consent.objects.filter(status__in=[status for status in Status if status.permits])
    for purpose in Purpose.objects.exclude(lapses_after_months=None).order_by("pk"):
        cutoff = subtract(as_of, months=purpose.lapses_after_months or 0)
        if cutoff:
            yield permitting.filter(purpose=purpose, given_at__lte=cutoff)


def _unanswered(as_of: datetime) -> "QuerySet[Consent]":
    waited = timedelta(days=settings.UNANSWERED_DAYS)
    return Consent.objects.filter(status=Status.REQUESTED, since__lte=as_of - waited)


def _chunks(candidates: "QuerySet[Consent]") -> Iterator[list[int]]:
    after = 0
    while True:
        some = candidates.filter(point__erased_at=None, pk__gt=after).order_by("pk")
        ids = list(some.values_list("pk", flat=True)[: settings.PURGE_CHUNK_POINTS])
        if not ids:
            return
        yield ids
        after = ids[-1]


def _expire(ids: list[int], *, as_of: datetime, actor: Actor) -> int:
    """Expire those of the consents that, under the locks of their lines, have ended still."""
    points = erasure.lock(Consent.objects.filter(pk__in=ids).values_list("point", flat=True))
    living = [point.pk for point in points]
    consents = Consent.objects.filter(pk__in=ids, point__in=living).select_related("point", "purpose").order_by("pk")
    expired = 0
    for consent in consents:
        ended_at = _end_of(consent)
        if ended_at is not None and ended_at <= as_of:
            ledger.record(
                point=consent.point,
                purpose=consent.purpose,
                channel=Channel(consent.channel),
                act=Act.EXPIRED,
                occurred_at=ended_at,
                method=Method.SYSTEM,
                actor=actor,
            )
            expired += 1
    return expired


def _end_of(consent: Consent) -> datetime | None:
    """Return when time ends the consent or the request (UTC), or None where it does not."""
    status = Status(consent.status)
    if status is Status.REQUESTED:
        return consent.since + timedelta(days=settings.UNANSWERED_DAYS)
    months = consent.purpose.lapses_after_months
    if not status.permits or consent.given_at is None or not months:
        return None
    return add_months(consent.given_at, months)
