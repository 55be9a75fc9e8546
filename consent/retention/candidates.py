"""The query for points that may be due: it takes a few too many, and never one too few, for the exact decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from consent.models import Consent, Purpose
from consent.rules.retention import ENDED, Policy, Trigger
from consent.rules.states import Status
from consent.rules.times import add_months
from crm.models import ContactPoint, ContactTag, Provenance

# Calendar months differ by up to three days, and a licence ends with its day.
MARGIN = timedelta(days=4)


def candidates(terms: Sequence[Policy], *, as_of: datetime) -> QuerySet[ContactPoint]:
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
