"""What is due: a query that takes a few too many, and the exact decision of the rules over each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from consent.models import Consent, LegalHold, Purpose, RetentionPolicy
from consent.rules.bases import LawfulBasis
from consent.rules.retention import (
    ENDED,
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
from consent.rules.times import add_months, require_aware
from crm import bulk, erasure
from crm.erasure import Point
from crm.models import Contact, ContactPoint, ContactTag, PhoneNumber, Provenance, Source
from crm.models.source import end_of_licence

# Calendar months differ by up to three days, and a licence ends with its day.
MARGIN = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class DuePoint:
    """A point that must go, and why."""

    point_id: int
    due: Due


def due(*, as_of: datetime) -> Iterator[DuePoint]:
    """Yield the contact points that must go at `as_of` (aware), in order of id. Raises NaiveTimestamp."""
    as_of = require_aware(as_of, name="as_of")
    terms = policies()
    after = 0
    while terms:
        ids = list(
            _candidates(terms, as_of=as_of)
            .filter(pk__gt=after)
            .values_list("pk", flat=True)
            .order_by("pk")[: settings.PURGE_CHUNK_POINTS]
        )
        if not ids:
            return
        after = ids[-1]
        yield from decided(erasure.read(bulk.among(ContactPoint.objects, "id", ids)), terms, as_of=as_of)


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


def decided(points: Sequence[ContactPoint | Point], terms: Sequence[Policy], *, as_of: datetime) -> Iterator[DuePoint]:
    """Yield those of `points` that must go at `as_of`, as their facts stand now."""
    for point in facts_of(points, as_of=as_of):
        decision = decide(point, terms, as_of=as_of)
        if isinstance(decision, Due):
            yield DuePoint(point.point_id, decision)


def facts_of(points: Sequence[ContactPoint | Point], *, as_of: datetime) -> Iterator[PointFacts]:
    """Yield what the decision looks at, for each point, in a handful of queries for all of them."""
    # Columns, not objects: of a hundred thousand points these would cost more than the erasure itself.
    ids = [point.pk for point in points]
    lapsing, carrying = {}, set()
    for pk, months, active, basis, source_id in Purpose.objects.values_list(
        "pk", "lapses_after_months", "active", "basis", "permitted_sources"
    ):
        lapsing[pk] = months
        if active and basis != LawfulBasis.CONSENT:
            carrying.add(source_id)
    licences, kinds = {}, {}
    for source_id, ends_on, kind in Source.objects.values_list("pk", "licence_ends_on", "kind"):
        licences[source_id], kinds[source_id] = end_of_licence(ends_on), kind
    unanswered = timedelta(days=settings.UNANSWERED_DAYS)
    consents: dict[int, list[ConsentFacts]] = defaultdict(list)
    standing = bulk.among(Consent.objects, "point", ids)
    for point_id, purpose_id, status, since, given_at, source_id in bulk.rows_of(
        standing.values_list("point", "purpose", "status", "since", "given_at", "source")
    ):
        consents[point_id].append(
            ConsentFacts(
                purpose_id=purpose_id,
                status=Status(status),
                since=since,
                given_at=given_at,
                lapses_after_months=lapsing[purpose_id],
                licence_ended_at=licences[source_id] if source_id else None,
                unanswered_at=since + unanswered,
            )
        )
    sources: dict[int, list[SourceFacts]] = defaultdict(list)
    for point_id, source_id in bulk.among(Provenance.objects, "point", ids).values_list("point", "source"):
        sources[point_id].append(
            SourceFacts(
                source_id=source_id,
                carries=source_id in carrying,
                licence_ended_at=licences[source_id],
                kind=kinds[source_id],
            )
        )
    held_points, held_contacts, held_sources = _held_until(as_of=as_of)
    contact_ids = {point.contact_id for point in points}
    contacts = {
        pk: (last_interaction_at or created_at, status == Contact.Status.RESTRICTED)
        for pk, last_interaction_at, created_at, status in bulk.rows_of(
            bulk.among(Contact.objects, "id", contact_ids).values_list(
                "pk", "last_interaction_at", "created_at", "status"
            )
        )
    }
    line_ids = {point.line_id for point in points if point.line_id}
    regions = dict(bulk.among(PhoneNumber.objects, "id", line_ids).values_list("pk", "region"))
    tags: dict[int, set[int]] = defaultdict(set)
    for contact_id, tag_id in bulk.among(ContactTag.objects, "contact", contact_ids).values_list("contact", "tag"):
        tags[contact_id].add(tag_id)
    for point in points:
        last_interaction_at, restricted = contacts[point.contact_id]
        holds = [held_points.get(point.pk), held_contacts.get(point.contact_id)]
        holds += [held_sources.get(source.source_id) for source in sources[point.pk]]
        yield PointFacts(
            point_id=point.pk,
            last_interaction_at=last_interaction_at,
            ended_at=point.until,
            restricted=restricted,
            held_until=max((end for end in holds if end), default=None),
            consents=consents[point.pk],
            sources=sources[point.pk],
            region=regions[point.line_id] if point.line_id else "",
            tag_ids=tags[point.contact_id],
        )


def _held_until(*, as_of: datetime) -> tuple[dict[int, datetime], ...]:
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


def _candidates(terms: Sequence[Policy], *, as_of: datetime) -> QuerySet[ContactPoint]:
    """Return points to which a policy's event may have happened long enough ago: all that are due, and some more."""
    wanted = Q(pk__in=[])
    for policy in terms:
        cutoff = subtract(as_of, months=policy.months, days=policy.days)
        if cutoff:
            wanted |= _event_before(policy, cutoff) & _within(policy)
    return ContactPoint.objects.filter(wanted, erased_at=None)


def subtract(moment: datetime, *, months: int, days: int = 0) -> datetime | None:
    """Return a moment by which an event came whose period has ended at `moment`, a few days on the safe side.

    None when that lies before the calendar: a period of so many years has ended for nothing.
    """
    try:
        return add_months(moment, -months) - timedelta(days=days) + MARGIN
    except (ValueError, OverflowError):
        return None


def _within(policy: Policy) -> Q:
    """Return what narrows the policy, its purpose aside, as `Policy.reaches` says it."""
    within = Q()
    if policy.source_id is not None or policy.source_kind:
        within &= Q(Exists(_provenances(policy)))
    if policy.country:
        within &= Q(line__region=policy.country)
    if policy.tag_id is not None:
        within &= Q(Exists(ContactTag.objects.filter(contact=OuterRef("contact"), tag=policy.tag_id)))
    return within


def _provenances(policy: Policy) -> QuerySet[Provenance]:
    """Return the provenances of a point that are of the policy's source, or kind of source."""
    provenances = Provenance.objects.filter(point=OuterRef("pk"))
    if policy.source_id is not None:
        provenances = provenances.filter(source=policy.source_id)
    if policy.source_kind:
        provenances = provenances.filter(source__kind=policy.source_kind)
    return provenances


def _event_before(policy: Policy, cutoff: datetime) -> Q:
    consents = Consent.objects.filter(point=OuterRef("pk"))
    if policy.purpose_id is not None:
        consents = consents.filter(purpose=policy.purpose_id)
    match policy.trigger:
        case Trigger.CONSENT_WITHDRAWN:
            return Q(Exists(consents.filter(status__in=ENDED, since__lte=cutoff)))
        case Trigger.CONSENT_LAPSED:
            lapsed = Q(status=Status.EXPIRED, since__lte=cutoff)
            if asked_by := subtract(cutoff, months=0, days=settings.UNANSWERED_DAYS):
                lapsed |= Q(status=Status.REQUESTED, since__lte=asked_by)
            permitting = [status for status in Status if status.permits]
            for purpose in Purpose.objects.exclude(lapses_after_months=None):
                given_by = subtract(cutoff, months=purpose.lapses_after_months or 0)
                if given_by and policy.purpose_id in (None, purpose.pk):
                    lapsed |= Q(status__in=permitting, purpose=purpose, given_at__lte=given_by)
            return Q(Exists(consents.filter(lapsed)))
        case Trigger.LICENCE_ENDED:
            return Q(Exists(_provenances(policy).filter(source__licence_ends_on__lte=cutoff.date())))
        case Trigger.LAST_INTERACTION:
            return Q(contact__last_interaction_at__lte=cutoff) | Q(
                contact__last_interaction_at=None, contact__created_at__lte=cutoff
            )
        case Trigger.SUPERSEDED:
            return Q(until__lte=cutoff)
