"""What is due: a query that takes a few too many, and the exact decision of the rules over each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import F, Q, QuerySet

from consent.models import Consent, LegalHold, Purpose, RetentionPolicy
from consent.retention.candidates import candidates
from consent.rules.bases import LawfulBasis
from consent.rules.retention import (
    NO_END,
    Action,
    ConsentFacts,
    Due,
    PointFacts,
    Policy,
    SourceFacts,
    Trigger,
    decide,
)
from consent.rules.states import Status
from consent.rules.times import require_aware
from crm import bulk, erasure
from crm.erasure import Point
from crm.models import Contact, ContactPoint, ContactTag, Provenance, Source
from crm.models.source import end_of_licence


class DuePoint(NamedTuple):
    """A point that must go, and why."""

    point_id: int
    due: Due


# So many chunks are listed at once.
_LISTED = 20


def due(*, as_of: datetime, of: int = 1, number: int = 0) -> Iterator[DuePoint]:
    """Yield the contact points that must go at `as_of` (aware), in order of id. Raises NaiveTimestamp.

    of, number: only those of the contacts whose id, divided by `of`, leaves `number`; all, by default.
    """
    as_of = require_aware(as_of, name="as_of")
    terms = policies()
    for ids in _listed(candidates(terms, as_of=as_of), of=of, number=number):
        with bulk.by_index():
            found = list(decided(_read(ids), terms, as_of=as_of))
        yield from found


def chunks(points: QuerySet[ContactPoint]) -> Iterator[list[Point]]:
    """Yield points in order of id, so many at a time that memory stays flat."""
    for ids in _listed(points):
        yield _read(ids)


def _listed(points: QuerySet[ContactPoint], *, of: int = 1, number: int = 0) -> Iterator[list[int]]:
    """Yield the ids of points by the chunk; of, number: as for `due`."""
    if of > 1:
        # By the contact: its points are erased by one worker, which does not wait for another over its profile.
        points = points.annotate(share=F("contact_id") % of).filter(share=number)
    after = 0
    while True:
        some = points.filter(pk__gt=after).order_by("pk")
        # To find the first of them may take as long as to find them all: many are listed at once.
        ids = list(some.values_list("pk", flat=True)[: _LISTED * settings.PURGE_CHUNK_POINTS])
        if not ids:
            return
        after = ids[-1]
        for begin in range(0, len(ids), settings.PURGE_CHUNK_POINTS):
            yield ids[begin : begin + settings.PURGE_CHUNK_POINTS]


def _read(ids: Sequence[int]) -> list[Point]:
    """Return those of the points that were not erased since they were listed."""
    return erasure.read(bulk.among(ContactPoint.objects, "id", ids).filter(erased_at=None))


def policies() -> list[Policy]:
    """Return the terms of the active policies."""
    return [terms_of(policy) for policy in RetentionPolicy.objects.filter(active=True).order_by("pk")]


def terms_of(policy: RetentionPolicy) -> Policy:
    """Return the terms of a policy, which need not be saved yet: its id is then 0."""
    return Policy(
        id=policy.pk or 0,
        trigger=Trigger(policy.trigger),
        months=policy.after_months,
        days=policy.after_days,
        action=Action(policy.action),
        erases_profile=policy.erases_profile,
        purpose_id=policy.purpose_id,
        source_id=policy.source_id,
        source_kind=policy.source_kind,
        country=policy.country,
        tag_id=policy.tag_id,
    )


def decided(points: Sequence[Point], terms: Sequence[Policy], *, as_of: datetime) -> Iterator[DuePoint]:
    """Yield those of `points` that must go at `as_of`, as their facts stand now."""
    for point in facts_of(points, as_of=as_of):
        decision = decide(point, terms, as_of=as_of)
        if isinstance(decision, Due):
            yield DuePoint(point.point_id, decision)


# Looked up many times faster than the class is asked.
_STATUS = {status.value: status for status in Status}


@bulk.without_collection()
def facts_of(points: Sequence[Point], *, as_of: datetime) -> list[PointFacts]:
    """Return what the decision looks at, for each point, in a handful of queries for all of them."""
    # Columns, not objects: of a hundred thousand points these would cost more than the erasure itself.
    ids = [point.pk for point in points]
    lapsing, carrying = {}, set()
    for pk, months, active, basis, source_id in Purpose.objects.values_list(
        "pk", "lapses_after_months", "active", "basis", "permitted_sources"
    ):
        lapsing[pk] = months
        if active and basis != LawfulBasis.CONSENT:
            carrying.add(source_id)
    known = {
        pk: SourceFacts(source_id=pk, carries=pk in carrying, licence_ended_at=end_of_licence(ends_on), kind=kind)
        for pk, ends_on, kind in Source.objects.values_list("pk", "licence_ends_on", "kind")
    }
    unanswered = timedelta(days=settings.UNANSWERED_DAYS)
    consents: dict[int, list[ConsentFacts]] = defaultdict(list)
    standing = bulk.among(Consent.objects, "point", ids)
    for point_id, purpose_id, status, since, given_at, source_id in bulk.rows_of(
        standing.values_list("point", "purpose", "status", "since", "given_at", "source")
    ):
        consents[point_id].append(
            ConsentFacts.of(
                purpose_id,
                _STATUS[status],
                since,
                given_at,
                lapsing[purpose_id],
                known[source_id].licence_ended_at if source_id else None,
                unanswered,
            )
        )
    sources: dict[int, list[SourceFacts]] = defaultdict(list)
    for point_id, source_id in bulk.among(Provenance.objects, "point", ids).values_list("point", "source"):
        sources[point_id].append(known[source_id])
    held_points, held_contacts, held_sources = held_until(as_of=as_of)
    contact_ids = {point.contact_id for point in points}
    of_contacts = bulk.among(Contact.objects, "id", contact_ids)
    contacts = {
        pk: (last_interaction_at or created_at, status == Contact.Status.RESTRICTED)
        for pk, last_interaction_at, created_at, status in bulk.rows_of(
            of_contacts.values_list("pk", "last_interaction_at", "created_at", "status")
        )
    }
    tags: dict[int, set[int]] = defaultdict(set)
    for contact_id, tag_id in bulk.among(ContactTag.objects, "contact", contact_ids).values_list("contact", "tag"):
        tags[contact_id].add(tag_id)
    facts = []
    for point in points:
        last_interaction_at, restricted = contacts[point.contact_id]
        behind = sources.get(point.pk, ())
        holds = [held_points.get(point.pk), held_contacts.get(point.contact_id)]
        if held_sources:
            holds += [held_sources.get(source.source_id) for source in behind]
        facts.append(
            PointFacts(
                point_id=point.pk,
                last_interaction_at=last_interaction_at,
                ended_at=point.until,
                restricted=restricted,
                held_until=max(filter(None, holds), default=None),
                consents=consents.get(point.pk, ()),
                sources=behind,
                region=point.region,
                tag_ids=tags.get(point.contact_id, frozenset()),
            )
        )
    return facts


def held_until(*, as_of: datetime) -> tuple[dict[int, datetime], ...]:
    """Return the ids of the points, of the contacts and of the sources under a legal hold, each with when it ends."""
    ends: tuple[dict[int, datetime], ...] = ({}, {}, {})
    for *held, ends_at in standing_holds(as_of=as_of).values_list("point", "contact", "source", "ends_at"):
        for known, pk in zip(ends, held, strict=True):
            if pk is not None:
                known[pk] = max(known.get(pk, ends_at or NO_END), ends_at or NO_END)
    return ends


def standing_holds(*, as_of: datetime) -> QuerySet[LegalHold]:
    """Return the holds that stand at `as_of`: neither released nor ended."""
    return LegalHold.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=as_of), released_at=None)
