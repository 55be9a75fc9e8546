"""What staff do to people who are stored: replace or end a number, restrict a contact."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from crm.intake.storing import Stored, store
from crm.models import (
    Actor,
    Contact,
    ContactPoint,
    Origin,
    Outcome,
    PhoneNumber,
    Source,
    all_fingerprints,
    attributed_to,
)
from crm.rows import Fault, Number, Rejected, Row, read


def replace(
    point: ContactPoint, number: Number, *, actor: Actor, at: datetime, reason: str, region: str = ""
) -> Stored:
    """End `point` at `at` and give its contact `number` instead, as staff found it; consent does not move along.

    Raises Rejected when the number is not one, was erased, or is the one that the point already has.
    """
    source = Source.objects.for_staff()
    row = Row(profile={}, numbers=[number], contact_id=point.contact_id)
    ready = read(row, region=region or source.default_region)
    with transaction.atomic():
        # Both lines at once and in order, as everyone locks them; what follows locks them one after the other.
        keys = [key for found in ready.numbers for key in all_fingerprints(found.e164)]
        list(PhoneNumber.objects.filter(Q(pk=point.line_id) | Q(number_key__in=keys, reopened_at=None)).locked())
        end(point, actor=actor, at=at, reason=reason)
        stored = store(row, source=source, actor=actor, at=at, reason=reason, region=region)
        if stored.outcome is Outcome.SUPPRESSED:
            raise Rejected(Fault(number.column, "suppressed"))
        successor = ContactPoint.objects.get(pk=stored.point_ids[0])
        if successor.line_id == point.line_id:
            raise Rejected(Fault(number.column, "same_number"))
        point.superseded_by = successor
        with attributed_to(Origin(actor, at, reason, source=source)):
            point.save(update_fields=["superseded_by"])
    return stored


def end(point: ContactPoint, *, actor: Actor, at: datetime, reason: str) -> None:
    """State that the contact is no longer reachable at the point since `at` (aware). An ended point stays ended."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        if point.line_id:
            list(PhoneNumber.objects.filter(pk=point.line_id).locked())
        # Read again under the lock: a stale one would write an erased label back into the history.
        point.refresh_from_db()
        if point.until is not None or point.erased_at is not None:
            raise Rejected(Fault("point", "already_ended"))
        point.until = max(at, point.since)
        point.is_primary = False
        point.save(update_fields=["until", "is_primary"])


def restrict(contact: Contact, *, on: bool, actor: Actor, at: datetime, reason: str) -> None:
    """Restrict a contact to storage only (GDPR 18), or lift that. One that was erased or merged is refused."""
    with transaction.atomic(), attributed_to(Origin(actor, at, reason)):
        # The lines first: an erasure decides under their locks, so it sees the restriction or was there before it.
        list(PhoneNumber.objects.filter(pk__in=contact.points.values("line")).locked())
        contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if contact.status in (Contact.Status.ERASED, Contact.Status.MERGED):
            raise Rejected(Fault("status", "erased"))
        contact.status = Contact.Status.RESTRICTED if on else Contact.Status.LIVE
        contact.save(update_fields=["status"])


def reassign(line: PhoneNumber, *, at: datetime) -> None:
    """State that the carrier gave the line to somebody else at `at` (aware): what was agreed to before is void.

    Said again, the latest date counts. Raises Rejected for a line whose number we do not hold.
    """
    with transaction.atomic():
        line = PhoneNumber.objects.filter(pk=line.pk).locked().get()
        if line.number is None:
            raise Rejected(Fault("line", "erased"))
        line.reassigned_at = max(at, line.reassigned_at or at)
        line.save(update_fields=["reassigned_at"])
