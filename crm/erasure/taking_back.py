"""Taking back what an import brought, as if it had never come."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from crm import bulk
from crm.erasure.blanking import blank_log, delete
from crm.erasure.erasing import blank_lines, delete_tags, erase_contacts, erase_points
from crm.erasure.locking import Point, require_transaction
from crm.models import Contact, ContactPoint, Origin, PhoneNumber, attributed_to


def take_back(
    points: Sequence[ContactPoint | Point], *, named: Collection[int], contact_ids: Iterable[int], origin: Origin
) -> "Counter[str]":
    """Remove locked `points` and the contacts, as if they had never come, and return how many of each.

    Nobody asked for this as an erasure: a line at which nobody is left goes with its fingerprint, and no tombstone
    bars whoever is there from coming again; but one that was opened in the place of a tombstone becomes one. named:
    ids of points that something names for good, as the ledger does: these, and their contacts, stay as bare ids.
    contact_ids: contacts that have no other number left.
    """
    require_transaction("take back")
    gone = [point.pk for point in points if point.pk not in named]
    with attributed_to(origin):
        erase_points([point.pk for point in points if point.pk in named], keep=False, at=origin.at)
        bulk.among(ContactPoint.history, "superseded_by", gone).update(superseded_by=None)
        delete(ContactPoint, gone)
        of_them = PhoneNumber.objects.filter(pk__in=[point.line_id for point in points], number__isnull=False)
        lines = list(
            of_them.exclude(pk__in=ContactPoint.objects.exclude(line=None).values("line")).values_list("pk", flat=True)
        )
        opened = set(PhoneNumber.objects.filter(reopened_as__in=lines).values_list("reopened_as", flat=True))
        blank_lines([pk for pk in lines if pk in opened], at=origin.at)
        PhoneNumber.objects.filter(pk__in=[pk for pk in lines if pk not in opened]).delete()
        blank_log(PhoneNumber, lines)
        contacts = set(contact_ids)
        kept = set(ContactPoint.objects.filter(contact__in=contacts).values_list("contact", flat=True))
        erase_contacts(kept, keep=False, at=origin.at)
        delete_tags(contacts - kept)
        delete(Contact, sorted(contacts - kept))
    return Counter(points=len(points), lines=len(lines), contacts=len(contacts))
