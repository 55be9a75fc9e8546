"""Saying in the ledger that a consent has lapsed: nobody acts when time runs out, so the nightly run says it.

Permission and retention count the lapse for themselves and never wait for this; the entry makes the status that
staff read, and its history, say what is so.
"""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consent import ledger
from consent.models import Consent, Method, Purpose
from consent.retention.selection import subtract
from consent.rules.lines import Channel
from consent.rules.states import Act, Status
from consent.rules.times import add_months, require_aware
from crm import erasure
from crm.models import Actor, Lease


def expire_lapsed(*, as_of: datetime, actor: Actor, lease: Lease | None = None) -> int:
    """Record `expired`, at the moment of the lapse, for each consent that lapsed by `as_of`; return how many.

    A lapse that lies in the future by the clock is left for its own night, however far ahead `as_of` (aware) is.
    Done twice, it finds nothing more. `lease` is renewed with every chunk. Raises NaiveTimestamp, LeaseLost.
    """
    as_of = min(require_aware(as_of, name="as_of"), timezone.now())
    expired = 0
    for purpose in Purpose.objects.exclude(lapses_after_months=None).order_by("pk"):
        for ids in _chunks(purpose, as_of=as_of):
            with transaction.atomic():
                if lease:
                    lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
                expired += _expire(ids, purpose, as_of=as_of, actor=actor)
    return expired


def _chunks(purpose: Purpose, *, as_of: datetime) -> Iterator[list[int]]:
    """Yield ids of consents to the purpose that may have lapsed: all that have, and a few days' more."""
    cutoff = subtract(as_of, months=purpose.lapses_after_months or 0)
    consents = Consent.objects.filter(
        purpose=purpose, status__in=[status for status in Status if status.permits], point__erased_at=None
    )
    after = 0
    while cutoff:
        some = consents.filter(given_at__lte=cutoff, pk__gt=after).order_by("pk")
        ids = list(some.values_list("pk", flat=True)[: settings.PURGE_CHUNK_POINTS])
        if not ids:
            return
        yield ids
        after = ids[-1]


def _expire(ids: list[int], purpose: Purpose, *, as_of: datetime, actor: Actor) -> int:
    """Expire those of the consents that, under the locks of their lines, have lapsed still."""
    points = erasure.lock(Consent.objects.filter(pk__in=ids).values_list("point", flat=True))
    consents = Consent.objects.filter(pk__in=ids, point__in=points).select_related("point").order_by("pk")
    expired = 0
    for consent in consents:
        if not Status(consent.status).permits or consent.given_at is None:
            continue
        lapsed_at = add_months(consent.given_at, purpose.lapses_after_months or 0)
        if lapsed_at <= as_of:
            ledger.record(
                point=consent.point,
                purpose=purpose,
                channel=Channel(consent.channel),
                act=Act.EXPIRED,
                occurred_at=lapsed_at,
                method=Method.SYSTEM,
                actor=actor,
            )
            expired += 1
    return expired
