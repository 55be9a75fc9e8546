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
from crm.models import Contact, ContactPoint, Provenance

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
        yield from decided(list(ContactPoint.objects.filter(pk__in=ids).order_by("pk")), terms, as_of=as_of)


def policies() -> list[Policy]:
    """Return the terms of the active policies."""
    return [
        Policy(
            id=policy.pk,
            trigger=Trigger(policy.trigger),
            months=policy.after_months,
            days=policy.after_days,
            action=Action(policy.action),
            erases_profile=policy.erases_profile,
            purpose_id=policy.purpose_id,
            source_id=policy.source_id,
        )
        for policy in RetentionPolicy.objects.filter(active=True).order_by("pk")
    ]


def decided(points: Sequence[ContactPoint], terms: Sequence[Policy], *, as_of: datetime) -> Iterator[DuePoint]:
    """Yield those of `points` that must go at `as_of`, as their facts stand now."""
    for point in facts_of(points, as_of=as_of):
        decision = decide(point, terms, as_of=as_of)
        if isinstance(decision, Due):
            yield DuePoint(point.point_id, decision)


def facts_of(points: Sequence[ContactPoint], *, as_of: datetime) -> Iterator[PointFacts]:
    """Yield what the decision looks at, for each point, in a handful of queries for all of them."""
    consents: dict[int, list[ConsentFacts]] = defaultdict(list)
    for consent in Consent.objects.filter(point__in=points).select_related("purpose", "source"):
        consents[consent.point_id].append(
            ConsentFacts(
                purpose_id=consent.purpose_id,
                status=Status(consent.status),
                since=consent.since,
                given_at=consent.given_at,
                lapses_after_months=consent.purpose.lapses_after_months,
                licence_ended_at=consent.source.licence_ended_at if consent.source else None,
            )
        )
    carrying = set(
        Purpose.objects.filter(active=True)
        .exclude(basis=LawfulBasis.CONSENT)
        .values_list("permitted_sources", flat=True)
    )
    sources: dict[int, list[SourceFacts]] = defaultdict(list)
    for provenance in Provenance.objects.filter(point__in=points).select_related("source"):
        sources[provenance.point_id].append(
            SourceFacts(
                source_id=provenance.source_id,
                carries=provenance.source_id in carrying,
                licence_ended_at=provenance.source.licence_ended_at,
            )
        )
    held_points, held_contacts, held_sources = _held(as_of=as_of)
    contacts = Contact.objects.in_bulk({point.contact_id for point in points})
    for point in points:
        contact = contacts[point.contact_id]
        yield PointFacts(
            point_id=point.pk,
            last_interaction_at=contact.last_interaction_at or contact.created_at,
            ended_at=point.until,
            restricted=contact.status == Contact.Status.RESTRICTED,
            held=point.pk in held_points
            or point.contact_id in held_contacts
            or any(source.source_id in held_sources for source in sources[point.pk]),
            consents=consents[point.pk],
            sources=sources[point.pk],
        )


def _held(*, as_of: datetime) -> tuple[set[int], set[int], set[int]]:
    """Return the ids of the points, contacts and sources under a legal hold."""
    rows = list(standing_holds(as_of=as_of).values_list("point", "contact", "source"))
    points, contacts, sources = ({row[column] for row in rows} - {None} for column in range(3))
    return points, contacts, sources


def standing_holds(*, as_of: datetime) -> QuerySet[LegalHold]:
    """Return the holds that stand at `as_of`: neither released nor ended."""
    return LegalHold.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=as_of), released_at=None)


def _candidates(terms: Sequence[Policy], *, as_of: datetime) -> QuerySet[ContactPoint]:
    """Return points to which a policy's event may have happened long enough ago: all that are due, and some more."""
    wanted = Q(pk__in=[])
    for policy in terms:
        cutoff = subtract(as_of, months=policy.months, days=policy.days)
        if cutoff:
            wanted |= _event_before(policy, cutoff)
    return ContactPoint.objects.filter(wanted, erased_at=None)


def subtract(moment: datetime, *, months: int, days: int = 0) -> datetime | None:
    """Return a moment by which an event came whose period has ended at `moment`, a few days on the safe side.

    None when that lies before the calendar: a period of so many years has ended for nothing.
    """
    try:
        return add_months(moment, -months) - timedelta(days=days) + MARGIN
    except (ValueError, OverflowError):
        return None


def _event_before(policy: Policy, cutoff: datetime) -> Q:
    consents = Consent.objects.filter(point=OuterRef("pk"))
    match policy.trigger:
        case Trigger.CONSENT_WITHDRAWN:
            return Q(Exists(consents.filter(status__in=ENDED, since__lte=cutoff)))
        case Trigger.CONSENT_LAPSED:
            lapsed = Q(status=Status.EXPIRED, since__lte=cutoff)
            permitting = [status for status in Status if status.permits]
            for purpose in Purpose.objects.exclude(lapses_after_months=None):
                given_by = subtract(cutoff, months=purpose.lapses_after_months or 0)
                if given_by and policy.purpose_id in (None, purpose.pk):
                    lapsed |= Q(status__in=permitting, purpose=purpose, given_at__lte=given_by)
            return Q(Exists(consents.filter(lapsed)))
        case Trigger.LICENCE_ENDED:
            ended = Provenance.objects.filter(point=OuterRef("pk"), source__licence_ends_on__lte=cutoff.date())
            return Q(Exists(ended))
        case Trigger.LAST_INTERACTION:
            return Q(contact__last_interaction_at__lte=cutoff) | Q(
                contact__last_interaction_at=None, contact__created_at__lte=cutoff
            )
        case Trigger.SUPERSEDED:
            return Q(until__lte=cutoff)
