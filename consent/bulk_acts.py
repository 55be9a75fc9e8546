"""Bulk acts: what is done to one contact on its page, done to many by a worker.

Each contact goes through the verb of the single act, in a transaction of its own in which its item says what came of
it. So a worker that is killed leaves every contact done or waiting, and whoever takes the act up goes on where it was.
What cannot be done to one is no reason not to do it to the next: the item says why.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from consent import journal, ledger, retention, suppression, withdrawal
from consent.models import BulkAct, BulkActItem, Method, Purpose
from consent.rules.lines import Channel
from consent.rules.times import require_aware
from crm import approvals, bulk, erasure, intake, tagging
from crm.models import Actor, Contact, Lease, LeaseLost, LeaseTaken, Tag

log = logging.getLogger(__name__)

Kind: TypeAlias = BulkAct.Kind
State: TypeAlias = BulkAct.State
Outcome: TypeAlias = BulkActItem.Outcome
# So many are taken before the lease is renewed.
_BATCH = 20
# What was chosen and never confirmed is forgotten after this.
FORGOTTEN_AFTER = timedelta(days=1)


class TooMany(ValueError):
    """More contacts than BULK_ACT_MOST were chosen."""


class NotADraft(ValueError):
    """The act was confirmed before."""


class Failed(Exception):
    """It cannot be done to this contact; code: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def choose(kind: Kind, contact_ids: Collection[int], *, actor: Actor, at: datetime) -> BulkAct:
    """Write down at `at` (aware) which contacts somebody has chosen, and return the act, to be confirmed.

    Raises TooMany, NaiveTimestamp.
    """
    ids = sorted(set(contact_ids))
    if len(ids) > most():
        raise TooMany(f"{len(ids)} contacts were chosen")
    with transaction.atomic():
        act = BulkAct.objects.create(
            kind=kind, actor_name=actor.name, actor_user_id=actor.user_id, chosen_at=require_aware(at, name="at")
        )
        rows = [(act.pk, pk, Outcome.WAITING.value, "") for pk in ids]
        bulk.insert(BulkActItem, ("act_id", "contact_ref", "outcome", "code"), rows)
    return act


def most() -> int:
    """Return how many contacts can be chosen for one act."""
    return int(settings.BULK_ACT_MOST)


def confirm(act: BulkAct, *, params: Mapping[str, Any], reason: str, at: datetime) -> None:
    """Release a draft at `at` (aware), once. params: ids and choices. Raises NotADraft."""
    drafts = BulkAct.objects.filter(pk=act.pk, state=State.DRAFT)
    if not drafts.update(state=State.RUNNING, params=dict(params), reason=reason, confirmed_at=at):
        raise NotADraft(f"bulk act {act.pk} was confirmed before")
    act.refresh_from_db()


def carry_on(act: BulkAct) -> None:
    """Do what is left of an act; one that is not under way, or that another worker is at, is left alone."""
    try:
        lease = Lease.objects.take(f"bulk act {act.pk}", seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    except LeaseTaken:
        return
    try:
        act.refresh_from_db()
        while act.state == State.RUNNING:
            waiting = act.items.filter(outcome=Outcome.WAITING).order_by("id")
            ids = list(waiting.values_list("pk", flat=True)[:_BATCH])
            if not ids:
                _finish(act)
                break
            for pk in ids:
                _do(act, pk)
            lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    except LeaseLost as lost:
        log.info("bulk act %s: %s", act.pk, lost)
    finally:
        lease.give_back(now=timezone.now())
        # There is one for each act: it goes with the work.
        if BulkAct.objects.filter(pk=act.pk, state=State.DONE).exists():
            Lease.objects.filter(name=lease.name).delete()


def left() -> list[int]:
    """Return the ids of the acts that are under way: a dead worker, or a broker that was down, leaves such."""
    return list(BulkAct.objects.filter(state=State.RUNNING).order_by("pk").values_list("pk", flat=True))


def forget_drafts(*, at: datetime) -> int:
    """Forget what was chosen and not confirmed within FORGOTTEN_AFTER of `at` (aware); return how many acts.

    What waits for a second person is left: it was confirmed by the first.
    """
    drafts = BulkAct.objects.filter(state=State.DRAFT, chosen_at__lte=at - FORGOTTEN_AFTER)
    drafts = drafts.exclude(pk__in=approvals.waiting(BulkAct))
    found = list(drafts)
    for draft in found:
        draft.delete()
    return len(found)


def counted(act: BulkAct) -> dict[str, int]:
    """Return how many contacts of an act have come to which outcome."""
    return dict(act.items.order_by().values_list("outcome").annotate(n=Count("pk")))


def _finish(act: BulkAct) -> None:
    running = BulkAct.objects.filter(pk=act.pk, state=State.RUNNING)
    running.update(state=State.DONE, counts=counted(act), finished_at=timezone.now())
    erasure.flush_residue()


def _do(act: BulkAct, item_id: int) -> None:
    """Do it to one contact and write down what came of it, or why not, all in one transaction."""
    with transaction.atomic():
        item = BulkActItem.objects.select_for_update().get(pk=item_id)
        if item.outcome != Outcome.WAITING:
            return
        try:
            with transaction.atomic():
                item.outcome = _VERBS[Kind(act.kind)](_contact(item), act)
        except Failed as failed:
            item.outcome, item.code = Outcome.FAILED, failed.code
        except Exception as error:
            # What it says may hold what it was about: the kind of it is enough to look further.
            log.error("bulk act %s, contact %s: %s", act.pk, item.contact_ref, type(error).__name__)
            item.outcome, item.code = Outcome.FAILED, "error"
        item.save(update_fields=["outcome", "code"])


def _contact(item: BulkActItem) -> Contact:
    contact = Contact.objects.filter(pk=item.contact_ref).first()
    if contact is None or contact.status == Contact.Status.ERASED:
        raise Failed("erased")
    if contact.status == Contact.Status.MERGED:
        raise Failed("merged")
    return contact


def _how(act: BulkAct) -> dict[str, Any]:
    """Return who did it, when, and why, as the verbs take it."""
    reason = f"{act.reason} (bulk act {act.pk})"
    return {"actor": Actor(act.actor_name, act.actor_user_id), "at": timezone.now(), "reason": reason}


def _add_tag(contact: Contact, act: BulkAct) -> Outcome:
    try:
        tagging.add(contact, _tag(act), **_how(act))
    except tagging.AlreadyTagged:
        return Outcome.UNCHANGED
    except tagging.NotPossible:
        raise Failed("erased") from None
    return Outcome.DONE


def _remove_tag(contact: Contact, act: BulkAct) -> Outcome:
    try:
        tagging.remove(contact, _tag(act), **_how(act))
    except tagging.NotTagged:
        return Outcome.UNCHANGED
    except tagging.NotPossible:
        raise Failed("erased") from None
    return Outcome.DONE


def _tag(act: BulkAct) -> Tag:
    return Tag.objects.get(pk=act.params["tag"])


def _restrict(contact: Contact, act: BulkAct) -> Outcome:
    on = act.kind == Kind.RESTRICT
    if (contact.status == Contact.Status.RESTRICTED) is on:
        return Outcome.UNCHANGED
    try:
        intake.restrict(contact, on=on, **_how(act))
    except intake.Rejected:
        raise Failed("erased") from None
    return Outcome.DONE


def _stop(contact: Contact, act: BulkAct) -> Outcome:
    """Withdraw for every number of the contact, for all purposes and channels or for one, as it was heard."""
    said = act.params
    purpose = Purpose.objects.get(pk=said["purpose"]) if said.get("purpose") else None
    lines = [point.line for point in _points(contact) if point.line]
    if not lines:
        raise Failed("no_number")
    heard = said.get("heard") or act.reason
    for line in lines:
        withdrawal.withdraw_line(
            line,
            at=act.confirmed_at or timezone.now(),
            reason=suppression.OBJECTION if said.get("objection") else heard[:60],
            method=Method.STAFF,
            actor=Actor(act.actor_name, act.actor_user_id),
            purpose=purpose,
            channel=Channel(said["channel"]) if said.get("channel") else None,
            evidence=ledger.Proof(message=f"{heard} (bulk act {act.pk})"),
        )
    return Outcome.DONE


def _points(contact: Contact) -> Iterator[Any]:
    """Yield the contact's living points in the order in which everyone locks lines."""
    yield from contact.points.filter(erased_at=None, until=None).select_related("line").order_by("line_id", "pk")


def _erase(contact: Contact, act: BulkAct) -> Outcome:
    how = _how(act) | {"reason": act.params["reason"]}
    try:
        done = retention.erase(contact, **how)
    except retention.Held:
        raise Failed("held") from None
    except (journal.JournalNotWritten, journal.JournalLost):
        raise Failed("journal") from None
    return Outcome.DONE if done else Outcome.UNCHANGED


_VERBS: Mapping[Kind, Callable[[Contact, BulkAct], Outcome]] = {
    Kind.ADD_TAG: _add_tag,
    Kind.REMOVE_TAG: _remove_tag,
    Kind.RESTRICT: _restrict,
    Kind.LIFT_RESTRICTION: _restrict,
    Kind.WITHDRAW: _stop,
    Kind.OPT_OUT: _stop,
    Kind.ERASE: _erase,
}
