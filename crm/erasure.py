"""How a number is erased. Whoever calls decides when and why; here stands what has to be blanked for it to be gone.

The principle: everything that is personal is named in the `privacy` of its model, and erasure writes those blanks
over the row and over every history row of it. A line keeps its keyed fingerprint, by which it is refused when it is
offered again; a point and a contact keep their ids, to which the ledger and the receipts point. Anonymized rows leave
their history, blanked, and a count; purged ones leave neither. All of it happens in the caller's transaction, under
locks on the lines, so that a point is whole or erased, never half.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from crm.models import AnonymousCount, Contact, ContactPoint, Origin, PhoneNumber, Provenance, attributed_to
from crm.models.history import HistoryRow


@dataclass(frozen=True, slots=True)
class Erased:
    """What the erasure of one point did, by table; no personal data."""

    point_id: int
    contact_id: int
    line_erased: bool
    profile_erased: bool
    counts: Mapping[str, int]


def lock(point_ids: Iterable[int]) -> list[ContactPoint]:
    """Lock the lines of these points, then the points; return those that are not erased, as they now stand.

    Must be called within a transaction. Lines are locked in order of id, as everyone does who locks them.
    """
    ids = list(point_ids)
    lines = ContactPoint.objects.filter(pk__in=ids, erased_at=None).values("line")
    list(PhoneNumber.objects.filter(pk__in=lines).locked())
    return list(
        ContactPoint.objects.filter(pk__in=ids, erased_at=None)
        .select_for_update(of=("self",))
        .select_related("contact", "line")
        .order_by("pk")
    )


def erase(
    points: Sequence[ContactPoint], *, keep_counts: bool, profiles_of: Iterable[int], origin: Origin
) -> list[Erased]:
    """Erase locked `points` and return what was done to each, in their order.

    keep_counts: anonymize (history rows stay, blanked, and a count of coarse facts) rather than purge.
    profiles_of: ids of those points whose contact is erased too, if no number of it is left.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("erase within the transaction that locked the points")
    ids = [point.pk for point in points]
    if keep_counts:
        _count(points)
    with attributed_to(origin):
        counts = _erase_points(ids, keep=keep_counts, at=origin.at)
        lines_erased = _erase_lines([point.line_id for point in points if point.line_id], at=origin.at)
        wanted = set(profiles_of)
        contact_ids = {point.contact_id for point in points if point.pk in wanted}
        contacts_erased = _erase_contacts(contact_ids, keep=keep_counts, at=origin.at)
    return [
        Erased(
            point_id=point.pk,
            contact_id=point.contact_id,
            line_erased=point.line_id in lines_erased,
            profile_erased=point.contact_id in contacts_erased,
            counts={**counts[point.pk], **contacts_erased.get(point.contact_id, {})},
        )
        for point in points
    ]


def erase_profile(contact: Contact, *, origin: Origin) -> Mapping[str, int]:
    """Erase a contact that has no number left, and leave no history; return the rows touched, by table."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("erase within the transaction that locked the contact")
    return _erase_contacts([contact.pk], keep=False, at=origin.at)[contact.pk]


def blank_lines(ids: Sequence[int], *, at: datetime) -> set[int]:
    """Blank at `at` (aware) those lines (ids) at which nobody is left, and return their ids; they must be locked."""
    return _erase_lines(ids, at=at)


def take_back(
    points: Sequence[ContactPoint], *, named: Collection[int], contact_ids: Iterable[int], origin: Origin
) -> "Counter[str]":
    """Remove locked `points` and the contacts, as if they had never come, and return how many of each.

    Nobody asked for this as an erasure: a line at which nobody is left goes with its fingerprint, and no tombstone
    bars whoever is there from coming again; but one that was opened in the place of a tombstone becomes one. named:
    ids of points that something names for good, as the ledger does: these, and their contacts, stay as bare ids.
    contact_ids: contacts that have no other number left.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("take back within the transaction that locked the points")
    gone = [point.pk for point in points if point.pk not in named]
    with attributed_to(origin):
        _erase_points([point.pk for point in points if point.pk in named], keep=False, at=origin.at)
        ContactPoint.history.filter(superseded_by__in=gone).update(superseded_by=None)
        _delete(ContactPoint, gone)
        of_them = PhoneNumber.objects.filter(pk__in=[point.line_id for point in points], number__isnull=False)
        lines = list(
            of_them.exclude(pk__in=ContactPoint.objects.exclude(line=None).values("line")).values_list("pk", flat=True)
        )
        opened = set(PhoneNumber.objects.filter(reopened_as__in=lines).values_list("reopened_as", flat=True))
        _erase_lines([pk for pk in lines if pk in opened], at=origin.at)
        PhoneNumber.objects.filter(pk__in=[pk for pk in lines if pk not in opened]).delete()
        _blank_log(PhoneNumber, lines)
        contacts = set(contact_ids)
        kept = set(ContactPoint.objects.filter(contact__in=contacts).values_list("contact", flat=True))
        _erase_contacts(kept, keep=False, at=origin.at)
        _delete(Contact, sorted(contacts - kept))
    return Counter(points=len(points), lines=len(lines), contacts=len(contacts))


def flush_residue() -> None:
    """Rewrite what the database keeps beside its tables: SQLite's write-ahead log still holds the old pages."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _erase_points(ids: Sequence[int], *, keep: bool, at: datetime) -> dict[int, dict[str, int]]:
    """Blank the points and their traces; return how many rows were touched for each, by table."""
    history = Counter(ContactPoint.history.filter(id__in=ids).values_list("id", flat=True))
    provenance = Counter(Provenance.objects.filter(point__in=ids).values_list("point", flat=True))
    if keep:
        _blank_history(ContactPoint, ids)
        Provenance.objects.filter(point__in=ids).update(**Provenance.privacy.personal)
    else:
        ContactPoint.history.filter(id__in=ids).delete()
        Provenance.objects.filter(point__in=ids).delete()
    # A point that this one succeeded, or was succeeded by, must not lead from one to the other.
    ContactPoint.objects.filter(superseded_by__in=ids).update(superseded_by=None)
    ContactPoint.history.filter(superseded_by__in=ids).update(superseded_by=None)
    ContactPoint.objects.filter(pk__in=ids).update(**ContactPoint.privacy.personal, erased_at=at)
    log = _blank_log(ContactPoint, ids)
    return {
        point_id: {
            "history": history[point_id],
            "provenance": provenance[point_id],
            "admin_log": log[point_id],
        }
        for point_id in ids
    }


def _erase_lines(ids: Sequence[int], *, at: datetime) -> set[int]:
    """Blank those lines at which nobody is left, and return their ids; a line that others share stays as it is."""
    shared = ContactPoint.objects.filter(line__in=ids, erased_at=None).values("line")
    going = list(
        PhoneNumber.objects.filter(pk__in=ids, number__isnull=False).exclude(pk__in=shared).values_list("pk", flat=True)
    )
    PhoneNumber.objects.filter(pk__in=going).update(**PhoneNumber.privacy.personal, erased_at=at)
    _blank_log(PhoneNumber, going)
    return set(going)


def _erase_contacts(ids: Iterable[int], *, keep: bool, at: datetime) -> dict[int, dict[str, int]]:
    """Blank the contacts that have no number left, and their history; return the rows touched for each."""
    locked = Contact.objects.filter(pk__in=list(ids)).select_for_update(of=("self",)).order_by("pk")
    candidates = [contact.pk for contact in locked]
    reachable = set(
        ContactPoint.objects.filter(contact__in=candidates, erased_at=None).values_list("contact", flat=True)
    )
    going = [contact_id for contact_id in candidates if contact_id not in reachable]
    history = Counter(Contact.history.filter(id__in=going).values_list("id", flat=True))
    log = _blank_log(Contact, going)
    if keep:
        _blank_history(Contact, going)
    else:
        Contact.history.filter(id__in=going).delete()
    Contact.objects.filter(pk__in=going).update(**Contact.privacy.personal, status=Contact.Status.ERASED, erased_at=at)
    return {
        contact_id: {"profile_history": history[contact_id], "profile_log": log[contact_id]} for contact_id in going
    }


def _blank_history(model: type[models.Model], ids: Sequence[int]) -> None:
    manager: Any = model.history  # type: ignore[attr-defined]
    privacy = model.privacy  # type: ignore[attr-defined]
    manager.filter(id__in=ids).update(**privacy.personal, **HistoryRow.privacy.personal)


def _delete(model: type[models.Model], ids: Sequence[int]) -> None:
    """Delete rows with all their history, also that of the deletion, which would hold their last values."""
    manager: Any = model._default_manager
    manager.filter(pk__in=ids).delete()
    manager.model.history.filter(id__in=ids).delete()
    _blank_log(model, ids)


def _blank_log(model: type[models.Model], ids: Sequence[int]) -> "Counter[int]":
    """Blank what the admin's log says of the objects: the row that somebody acted stays, without a name."""
    content_type = ContentType.objects.get_for_model(model)
    rows = LogEntry.objects.filter(content_type=content_type, object_id__in=[str(pk) for pk in ids])
    touched = Counter(int(pk) for pk in rows.values_list("object_id", flat=True) if pk)
    rows.update(object_repr=_("erased"), change_message="")
    return touched


def _count(points: Sequence[ContactPoint]) -> None:
    """Add the points to the anonymous counts: region, line type, month and kind of source, nothing else."""
    first_source: dict[int, tuple[datetime, str]] = {}
    for point_id, obtained_at, kind in (
        Provenance.objects.filter(point__in=[point.pk for point in points])
        .order_by("obtained_at", "pk")
        .values_list("point", "obtained_at", "source__kind")
    ):
        first_source.setdefault(point_id, (obtained_at, kind))
    facts: Counter[tuple[str, str, Any, str]] = Counter()
    for point in points:
        obtained_at, kind = first_source.get(point.pk, (point.since, ""))
        line = point.line
        facts[
            (
                line.region if line else "",
                line.line_type if line else "",
                obtained_at.date().replace(day=1),
                kind,
            )
        ] += 1
    for (region, line_type, month, kind), number in sorted(facts.items()):
        row, _created = AnonymousCount.objects.get_or_create(
            region=region, line_type=line_type, month=month, source_kind=kind
        )
        AnonymousCount.objects.filter(pk=row.pk).update(count=F("count") + number)
