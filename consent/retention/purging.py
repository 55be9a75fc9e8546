"""Erasing a chunk of what is due, with receipts; and erasing one contact because somebody asked."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from consent import suppression
from consent.models import Evidence, LegalHold, PurgeRun, Receipt, Suppression
from consent.retention.hanging import let_go
from consent.retention.selection import decided, facts_of, policies, standing_holds
from consent.rules.retention import Action
from consent.rules.times import require_aware
from crm import erasure
from crm.models import Actor, Contact, ContactPoint, Lease, Origin


class Held(ValueError):
    """The contact cannot be erased now: a legal hold or a restriction stands."""


def erase(contact: Contact, *, reason: str, actor: Actor, at: datetime, line_id: int | None = None) -> list[Receipt]:
    """Erase a contact whole at `at` (aware), whatever the policies say, and return the receipts.

    A contact without numbers has its profile erased, with one receipt that names no point; one that was erased
    before has nothing left, and no receipt comes of it. reason: a short code such as "request", kept in the
    receipts. line_id: only what it has at this line, and the profile where nothing else is left. Raises Held.
    """
    at = require_aware(at, name="at")
    origin = Origin(actor, at, reason)
    with transaction.atomic():
        lock_holds()
        living = contact.points.filter(erased_at=None)
        if line_id is not None:
            living = living.filter(line=line_id)
        points = erasure.lock(living.values_list("pk", flat=True))
        # Under the contact's lock nothing can be attached to it any more; what was, in between, is locked as well.
        standing = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
        late = living.exclude(pk__in=[point.pk for point in points])
        points += erasure.lock(late.values_list("pk", flat=True))
        if standing.status == Contact.Status.ERASED or (line_id is not None and not points):
            return []
        if standing.status == Contact.Status.RESTRICTED or _is_held(standing, points, at=at):
            raise Held(f"contact {contact.pk} is under a legal hold or restricted")
        if points:
            receipts = _erase(points, keep_counts=False, profiles_of=[point.pk for point in points], origin=origin)
        else:
            receipts = [_erase_profile(standing, origin=origin)]
        for receipt in receipts:
            receipt.reason = reason
        saved = Receipt.objects.bulk_create(receipts)
    erasure.flush_residue()
    return saved


def lock_holds() -> None:
    """Let no hold be placed until the transaction ends: one that came first counts, a later one finds it erased.

    A hold is on a contact, a point or a whole source: there is no one row to lock. SQLite has a single writer.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {LegalHold._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _is_held(contact: Contact, points: Sequence[ContactPoint], *, at: datetime) -> bool:
    """Whether a hold stands on the contact, or on a point or a source of it."""
    on_contact = standing_holds(as_of=at).filter(contact=contact).exists()
    return on_contact or any(facts.held for facts in facts_of(points, as_of=at))


def _erase_profile(contact: Contact, *, origin: Origin) -> Receipt:
    """Erase a locked contact that has no numbers, and return the receipt, not yet saved."""
    counts = erasure.erase_profile(contact, origin=origin)
    _blank_holds([], [contact.pk])
    let_go(points=[], lines=[], contacts=[contact.pk], at=origin.at)
    return Receipt(
        contact_ref=contact.pk,
        action=Action.PURGE,
        erased_at=origin.at,
        profile_erased=True,
        counts=counts,
        actor_name=origin.actor.name,
        actor_user_id=origin.actor.user_id,
    )


def erase_chunk(
    ids: Sequence[int], purge_run: PurgeRun, lease: Lease, *, as_of: datetime, actor: Actor
) -> "Counter[str]":
    """Erase those of the points that are still due under the lock; return how many, by policy."""
    counts: Counter[str] = Counter()
    now = timezone.now()
    with transaction.atomic():
        lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=now)
        lock_holds()
        locked = erasure.lock(ids)
        going = {found.point_id: found.due for found in decided(locked, policies(), as_of=as_of)}
        counts["kept"] += len(ids) - len(going)
        for action in Action:
            points = [p for p in locked if p.pk in going and going[p.pk].policy.action is action]
            if not points:
                continue
            receipts = _erase(
                points,
                keep_counts=action is Action.ANONYMIZE,
                profiles_of=[p.pk for p in points if going[p.pk].policy.erases_profile],
                origin=Origin(actor, now, f"purge run {purge_run.pk}", channel="retention"),
            )
            # A line, or a profile, that two points had in common is one.
            of_points = list(zip(points, receipts, strict=True))
            counts["numbers"] += len({point.line_id for point, receipt in of_points if receipt.line_erased})
            counts["profiles"] += len({point.contact_id for point, receipt in of_points if receipt.profile_erased})
            for point, receipt in of_points:
                found = going[point.pk]
                receipt.run = purge_run
                receipt.policy_id = found.policy.id
                receipt.trigger = found.policy.trigger
                receipt.action = found.policy.action
                receipt.reason = found.policy.trigger
                receipt.due_at = found.due_at
                counts[f"policy {found.policy.id}"] += 1
                counts[action] += 1
                if purge_run.oldest_due_at is None or found.due_at < purge_run.oldest_due_at:
                    purge_run.oldest_due_at = found.due_at
            Receipt.objects.bulk_create(receipts)
        purge_run.save(update_fields=["oldest_due_at"])
    return counts


def _erase(
    points: Sequence[ContactPoint], *, keep_counts: bool, profiles_of: Sequence[int], origin: Origin
) -> list[Receipt]:
    """Erase locked points with everything of theirs in this app, and return their receipts, not yet saved."""
    ids = [point.pk for point in points]
    evidence = Counter(Evidence.objects.filter(entry__point__in=ids).values_list("entry__point", flat=True))
    Evidence.objects.filter(entry__point__in=ids).delete()
    lines = {point.pk: point.line for point in points}
    done = erasure.erase(points, keep_counts=keep_counts, profiles_of=profiles_of, origin=origin)
    contacts = [each.contact_id for each in done if each.profile_erased]
    _blank_holds(ids, contacts)
    lines_gone = [line.pk for each in done if each.line_erased and (line := lines[each.point_id])]
    let_go(points=ids, lines=lines_gone, contacts=contacts, at=origin.at)
    receipts = []
    for each in done:
        line = lines[each.point_id]
        if each.line_erased and line:
            # What a person has narrowed down still holds for purposes to come.
            lifted = Suppression.objects.filter(line=line, lifted_at__isnull=False)
            lifted.exclude(lifted_reason=suppression.NARROWED).update(**Suppression.privacy.personal)
            suppression.suppress(
                line,
                extent=Suppression.Extent.HOLD,
                since=origin.at,
                reason="erased",
                actor=origin.actor,
            )
        receipts.append(
            Receipt(
                point_id=each.point_id,
                contact_ref=each.contact_id,
                action=Action.ANONYMIZE if keep_counts else Action.PURGE,
                erased_at=origin.at,
                line_erased=each.line_erased,
                profile_erased=each.profile_erased,
                counts={**each.counts, "evidence": evidence[each.point_id]},
                actor_name=origin.actor.name,
                actor_user_id=origin.actor.user_id,
            )
        )
    return receipts


def _blank_holds(point_ids: Sequence[int], contact_ids: Sequence[int]) -> None:
    """Blank what ended holds on these say of why: the reason may tell of the person."""
    ended = LegalHold.objects.filter(Q(point__in=point_ids) | Q(contact__in=contact_ids))
    ids = list(ended.values_list("pk", flat=True))
    ended.update(**LegalHold.privacy.personal)
    LegalHold.history.filter(id__in=ids).update(**LegalHold.privacy.personal, history_change_reason="")
