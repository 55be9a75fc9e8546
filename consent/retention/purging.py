"""Erasing a chunk of what is due, with receipts; and erasing one contact because somebody asked."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from consent import journal, suppression
from consent.models import LegalHold, PurgeRun, Receipt
from consent.retention import receipts
from consent.retention.hanging import blank_holds, delete_evidence, let_go
from consent.retention.receipts import Gone
from consent.retention.selection import decided, facts_of, policies, standing_holds
from consent.rules.retention import Action
from consent.rules.times import require_aware
from crm import bulk, erasure
from crm.erasure import Erased, Point
from crm.merging import survivor_of
from crm.models import Actor, Contact, ContactPoint, Lease, Origin


class Held(ValueError):
    """The contact cannot be erased now: a legal hold or a restriction stands."""


def erase(contact: Contact, *, reason: str, actor: Actor, at: datetime, line_id: int | None = None) -> list[Receipt]:
    """Erase a contact whole at `at` (aware), whatever the policies say, and return the receipts.

    A contact without numbers has its profile erased, with one receipt that names no point; one that was erased
    before has nothing left, and no receipt comes of it. One that was merged is erased with the contact that it was
    merged into. reason: a short code such as "request", kept in the receipts. line_id: only what it has at this line,
    and the profile where nothing else is left. Raises Held.
    """
    at = require_aware(at, name="at")
    while True:
        try:
            return _erase_whole(survivor_of(contact), reason=reason, actor=actor, at=at, line_id=line_id)
        except _Merged:
            contact.refresh_from_db()


class _Merged(Exception):
    """The contact was merged while its locks were being taken: what was its own is locked as the survivor's."""


def _erase_whole(contact: Contact, *, reason: str, actor: Actor, at: datetime, line_id: int | None) -> list[Receipt]:
    origin = Origin(actor, at, reason)
    with transaction.atomic():
        lock_holds()
        living = contact.points.filter(erased_at=None)
        if line_id is not None:
            living = living.filter(line=line_id)
        points = erasure.lock(living.values_list("pk", flat=True))
        # Under the contact's lock nothing can be attached to it any more; what was, in between, is locked as well.
        standing = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        if standing.status == Contact.Status.MERGED:
            raise _Merged
        late = living.exclude(pk__in=[point.pk for point in points])
        points += erasure.lock(late.values_list("pk", flat=True))
        if standing.status == Contact.Status.ERASED or (line_id is not None and not points):
            return []
        if standing.status == Contact.Status.RESTRICTED or _is_held(standing, points, at=at):
            raise Held(f"contact {contact.pk} is under a legal hold or restricted")
        if points:
            gone = _erase(points, keep_counts=False, profiles_of=[point.pk for point in points], origin=origin)
        else:
            gone = [_erase_profile(standing, origin=origin)]
        saved = Receipt.objects.bulk_create([each.receipt(reason=reason) for each in gone])
        journal.write(points=points, gone=[each.erased for each in gone], reason=reason, at=at)
    erasure.flush_residue()
    return saved


def lock_holds(*, alone: bool = False) -> None:
    """Let no hold be placed until the transaction ends: one that came first counts, a later one finds it erased.

    A hold is on a contact, a point or a whole source: there is no one row to lock. Whoever erases takes the lock
    together with others who do; the trigger consent_hold_waits_for_erasures takes it alone, and so does whoever moves
    holds (alone). SQLite has a single writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            cursor.execute(f"SELECT {lock}(%s::regclass::oid::bigint)", [LegalHold._meta.db_table])


def _is_held(contact: Contact, points: Sequence[Point], *, at: datetime) -> bool:
    """Whether a hold stands on the contact, or on a point or a source of it."""
    on_contact = standing_holds(as_of=at).filter(contact=contact).exists()
    return on_contact or any(facts.is_held(at=at) for facts in facts_of(points, as_of=at))


def _erase_profile(contact: Contact, *, origin: Origin) -> Gone:
    """Erase a locked contact that has no numbers, and return what its receipt will say."""
    counts = erasure.erase_profile(contact, origin=origin)
    blank_holds([], [contact.pk])
    let_go(points=[], lines=[], contacts=[contact.pk], at=origin.at)
    gone = Erased(None, contact.pk, line_erased=False, profile_erased=True, counts=counts)
    return Gone(gone, counts, Action.PURGE, origin)


@bulk.without_collection()
def erase_chunk(
    ids: Sequence[int], purge_run: PurgeRun, lease: Lease, *, as_of: datetime, actor: Actor
) -> "Counter[str]":
    """Erase those of the points that are still due under the lock; return how many, by policy."""
    counts: Counter[str] = Counter()
    now = timezone.now()
    # The counts are shared with other workers: they are written when all else is done.
    with transaction.atomic(), bulk.by_index(), erasure.counts_last():
        lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=now)
        lock_holds()
        locked = erasure.lock(ids)
        going = {found.point_id: found.due for found in decided(locked, policies(), as_of=as_of)}
        counts["kept"] += len(ids) - len(going)
        for action in Action:
            points = [p for p in locked if p.pk in going and going[p.pk].policy.action is action]
            if not points:
                continue
            gone = _erase(
                points,
                keep_counts=action is Action.ANONYMIZE,
                profiles_of=[p.pk for p in points if going[p.pk].policy.erases_profile],
                origin=Origin(actor, now, f"purge run {purge_run.pk}", channel="retention"),
            )
            dues = [going[point.pk] for point in points]
            receipts.write(zip(gone, dues, strict=True), purge_run)
            erased = [each.erased for each in gone]
            journal.write(points=points, gone=erased, reason="retention", at=now, run=purge_run)
            # A line, or a profile, that two points had in common is one.
            counts["numbers"] += len(
                {p.line_id for p, each in zip(points, gone, strict=True) if each.erased.line_erased}
            )
            counts["profiles"] += len({each.erased.contact_id for each in gone if each.erased.profile_erased})
            counts[action] += len(gone)
            counts.update(f"policy {due.policy.id}" for due in dues)
    return counts


def _erase(points: Sequence[Point], *, keep_counts: bool, profiles_of: Sequence[int], origin: Origin) -> list[Gone]:
    """Erase locked points with everything of theirs in this app, and return what receipts will say."""
    ids = [point.pk for point in points]
    evidence = delete_evidence(ids)
    done = erasure.erase(points, keep_counts=keep_counts, profiles_of=profiles_of, origin=origin)
    contacts = {each.contact_id for each in done if each.profile_erased}
    lines = {point.line_id for point, each in zip(points, done, strict=True) if each.line_erased and point.line_id}
    blank_holds(ids, contacts)
    let_go(points=ids, lines=lines, contacts=contacts, at=origin.at)
    suppression.bar(lines, since=origin.at, reason="erased", actor=origin.actor)
    action = Action.ANONYMIZE if keep_counts else Action.PURGE
    return [
        Gone(each, {**each.counts, "evidence": evidence.get(point.pk, 0)}, action, origin)
        for point, each in zip(points, done, strict=True)
    ]


def erase_again(points: Sequence[Point], *, contact_ids: Sequence[int], origin: Origin) -> list[Gone]:
    """Erase what was erased before and came back with a backup, and return what receipts will say.

    points: locked. contact_ids: of those whose profile went; it goes where no number of theirs is left. Whatever holds
    or restrictions the backup has: it was decided with them, when they had ended. Must be called within a transaction.
    """
    gone = _erase(
        points, keep_counts=False, profiles_of=[p.pk for p in points if p.contact_id in contact_ids], origin=origin
    )
    erased = {each.erased.contact_id for each in gone if each.erased.profile_erased}
    left = Contact.objects.filter(pk__in=set(contact_ids) - erased).exclude(status=Contact.Status.ERASED)
    unreachable = left.exclude(pk__in=ContactPoint.objects.filter(erased_at=None).values("contact"))
    return gone + [
        _erase_profile(contact, origin=origin) for contact in unreachable.select_for_update(of=("self",)).order_by("pk")
    ]
