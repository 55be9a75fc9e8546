"""The jobs. A task translates its call into one verb; it takes ids and dates, and returns nothing."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial, wraps
from typing import ParamSpec

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from consent import alerts, bulk_acts, idempotency, insight, journal, messages, retention, sealing, undoing
from consent.models import BulkAct, PurgeRun, PurgeShare
from consent.resources import EvidenceResource
from consent.rules.times import require_aware
from crm.imports import run, steps
from crm.models import NIGHTLY, Actor, ImportBatch, LeaseLost, LeaseTaken

log = logging.getLogger(__name__)
P = ParamSpec("P")


def _unless_behind(job: Callable[P, None]) -> Callable[P, None]:
    """Return a job that does nothing while the database is older than the journal: its rows wait for it."""

    @wraps(job)
    def guarded(*args: P.args, **values: P.kwargs) -> None:
        try:
            journal.require_current()
            job(*args, **values)
        except journal.DatabaseBehind as behind:
            log.critical("%s is left: %s", job.__name__, behind)

    return guarded


@shared_task
@_unless_behind
def purge(as_of: str | None = None, user_id: int | None = None) -> None:
    """Run the nightly purge, as of now or of an ISO 8601 time that is past, on the word of an account or by itself.

    When another run is at work, leave it to that.
    """
    now = timezone.now()
    moment = require_aware(datetime.fromisoformat(as_of), name="as_of") if as_of else now
    if moment > now:
        log.warning("purge: %s lies in the future; that is rehearsed with the command, and never run from here", moment)
        return
    actor = NIGHTLY if user_id is None else Actor("staff", user_id)
    try:
        _tell(retention.run(as_of=moment, actor=actor, hand_over=_hand_over_share))
    except LeaseTaken as taken:
        log.info("purge: %s", taken)
    finally:
        # However the run ended: what it and the day have written is sealed, and a run that has ended names the seal.
        seal_ledger()


@shared_task
@_unless_behind
def purge_approved(run_id: int) -> None:
    """Do a run that was approved; one that is under way or done is left alone."""
    try:
        _tell(retention.run_approved(PurgeRun.objects.get(pk=run_id), hand_over=_hand_over_share))
    except LeaseTaken as taken:
        log.info("purge run %s: %s", run_id, taken)
    finally:
        seal_ledger()


@shared_task
@_unless_behind
def purge_share(share_id: int) -> None:
    """Do a share of a run; one that is done, or has a worker, is left alone."""
    try:
        retention.work(PurgeShare.objects.get(pk=share_id))
    except (LeaseTaken, LeaseLost) as elsewhere:
        log.info("share %s of a purge run: %s", share_id, elsewhere)
    finally:
        seal_ledger()


@shared_task
def take_up_purges() -> None:
    """Begin what was approved, and go on with what a worker that was killed, or a broker that was down, left."""
    for run_id in retention.approved():
        purge_approved.delay(run_id)
    for share_id in retention.left(at=timezone.now()):
        purge_share.delay(share_id)


def _tell(run: PurgeRun) -> None:
    if run.state == PurgeRun.State.WAITING:
        log.warning(
            "purge run %s waits for approval (%s): %s of %s contact points are due",
            *(run.pk, run.brake, run.due, run.held),
        )
    else:
        log.info("purge run %s: %s %s", run.pk, run.state, run.counts)


def _hand_over_share(share_id: int) -> None:
    try:
        purge_share.apply_async((share_id,), retry=False)
    except (BrokerDown, OSError):
        log.warning("share %s of a purge run waits: the broker is down", share_id)


@shared_task
def watch_retention() -> None:
    """Look whether the nightly work is well, and tell who answers for it when it is not."""
    alerts.watch(at=timezone.now())


@shared_task
@_unless_behind
def seal_ledger() -> None:
    """Seal what the ledger has grown by. When another sealer is at work, leave it to that."""
    try:
        sealing.seal(actor=NIGHTLY, at=timezone.now())
    except LeaseTaken as taken:
        log.info("seal: %s", taken)


@shared_task
def count_figures() -> None:
    """Count the figures of the dashboard anew. When somebody else is counting, leave it to them."""
    try:
        insight.count(at=timezone.now())
    except (LeaseTaken, LeaseLost) as elsewhere:
        log.info("figures: %s", elsewhere)


@shared_task
def check_ledger(check_id: int) -> None:
    """Carry out a check of the ledger that somebody has asked for; one that is done, or under way, is left alone."""
    try:
        insight.carry_out(check_id)
    except LeaseTaken as taken:
        log.info("ledger check %s: %s", check_id, taken)


@shared_task
def take_up_checks() -> None:
    """Carry out what was asked for and left: a broker that was down, or a worker that was killed, leaves such."""
    for check_id in insight.left(at=timezone.now()):
        check_ledger.delay(check_id)


@shared_task
@_unless_behind
def preview_import(batch_id: int) -> None:
    """Give the preview that somebody has asked for; a batch that waits for none, or has a worker, is left alone."""
    batch = ImportBatch.objects.select_related("source").get(pk=batch_id)
    steps.give_preview(batch, resource=EvidenceResource, at=timezone.now())
    log.info("preview of import %s: %s %s", batch.pk, batch.stage, batch.counts)


@shared_task
@_unless_behind
def commit_import(batch_id: int) -> None:
    """Commit a confirmed batch; one that is done, or under way elsewhere, is left alone."""
    batch = ImportBatch.objects.select_related("source").get(pk=batch_id)
    run.commit(batch, resource=EvidenceResource, at=timezone.now())
    log.info("import %s: %s", batch.pk, batch.counts)


@shared_task
@_unless_behind
def undo_import(batch_id: int) -> None:
    """Undo a batch that somebody has released for it; one that is undone, or under way elsewhere, is left alone."""
    batch = ImportBatch.objects.get(pk=batch_id)
    done = undoing.carry_on(batch)
    log.info("undo of import %s: reversed %s, kept %s", batch.pk, done.reversed, done.kept)


@shared_task
def take_up_imports() -> None:
    """Go on with every batch that is under way: a worker that was killed, or a broker that was down, leaves such."""
    for batch in ImportBatch.objects.filter(stage=ImportBatch.Stage.PREVIEWING).order_by("pk"):
        preview_import.delay(batch.pk)
    for batch in ImportBatch.objects.filter(stage=ImportBatch.Stage.CONFIRMED).order_by("pk"):
        commit_import.delay(batch.pk)
    for batch in ImportBatch.objects.filter(stage=ImportBatch.Stage.UNDOING).order_by("pk"):
        undo_import.delay(batch.pk)


@shared_task
def send_message(message_id: int) -> None:
    """Send a text message that waits; one that was sent, or has a worker, is left alone."""
    messages.send(message_id, at=timezone.now())


@shared_task
def take_up_messages() -> None:
    """Send what was left: a broker that was down, or a worker that died before it began, leaves such."""
    for message_id in messages.left(at=timezone.now()):
        send_message.delay(message_id)


@shared_task
@_unless_behind
def bulk_act(act_id: int) -> None:
    """Do what is left of a bulk act; one that is done, or has a worker, is left alone."""
    bulk_acts.carry_on(BulkAct.objects.get(pk=act_id))


@shared_task
def take_up_bulk_acts() -> None:
    """Go on with the bulk acts that are under way, and forget those that nobody has confirmed."""
    bulk_acts.forget_drafts(at=timezone.now())
    for act_id in bulk_acts.left():
        bulk_act.delay(act_id)


@shared_task
def clear_idempotency_records() -> None:
    """Forget the answers that were given to programs before yesterday."""
    log.info("answers to programs forgotten: %s", idempotency.forget_answers(at=timezone.now()))


def send_soon(message_ids: Iterable[int]) -> None:
    """Hand queued messages to a worker once they are committed. While the broker is down the sweep takes them up."""
    for message_id in message_ids:
        transaction.on_commit(partial(_hand_over, message_id))


def _hand_over(message_id: int) -> None:
    try:
        # Whoever waits for an answer does not wait for a broker to come back.
        send_message.apply_async((message_id,), retry=False)
    except (BrokerDown, OSError):
        log.warning("text message %s waits: the broker is down", message_id)
