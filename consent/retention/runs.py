"""The nightly run: begun once, done in one share or several, and ended by whoever ends the last of them.

The rows are the queue's truth. A run says that it is under way, each share of it how far it is, and a lease who is at
it; so a share whose worker was killed is taken up by another, and what it had done and counted stays done and counted.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min
from django.utils import timezone

from consent import journal
from consent.models import PurgeRun, PurgeShare, Receipt
from consent.retention import brake, strays
from consent.retention.ahead import ahead
from consent.retention.ending import end_proofs
from consent.retention.expiry import expire_lapsed
from consent.retention.purging import erase_chunk
from consent.retention.selection import due
from consent.rules.times import require_aware
from crm import erasure
from crm.imports.run import tried_again
from crm.models import Actor, Lease, LeaseLost, LeaseTaken
from crm.models.lease import LONGEST

# The lease under which a run is begun; that of each share has the share's number after it.
LEASE = "purge"
SHARE = "purge share"
State = PurgeRun.State


def run(
    *, as_of: datetime, actor: Actor, approved: bool = False, hand_over: Callable[[int], None] | None = None
) -> PurgeRun:
    """Erase everything that is due at `as_of` (aware) and return the run: done, or waiting for a second person.

    approved: whoever asks has agreed to whatever it comes to, and it does not wait.
    hand_over: gives a share (id) to another worker; the run is then shared by PURGE_WORKERS, and returned when this
    one's share is done. Raises LeaseTaken when another run is at work. A run that fails is marked so, and what it had
    done stays done.
    """
    as_of = require_aware(as_of, name="as_of")
    purge_run = begin(as_of=as_of, actor=actor, approved=approved, shares=settings.PURGE_WORKERS if hand_over else 1)
    return _share_out(purge_run, hand_over)


def run_approved(purge_run: PurgeRun, *, hand_over: Callable[[int], None] | None = None) -> PurgeRun:
    """Do a run that was approved, as of when it was begun, and return it; any other is left alone.

    When meanwhile so much more has come due that it would have to be asked about by itself, it waits again. Raises
    LeaseTaken when another run is at work.
    """
    with _alone() as lease:
        purge_run.refresh_from_db()
        if purge_run.state != State.WAITING or not purge_run.approved_by_id:
            return purge_run
        load = brake.load(as_of=purge_run.as_of, lease=lease, exactly=True)
        if load.grown_too_much(since=purge_run.due):
            purge_run.approved_by = purge_run.approved_at = None
            purge_run.due, purge_run.held, purge_run.counts = load.due, load.held, _foreseen(load)
            purge_run.save(update_fields=["approved_by", "approved_at", "due", "held", "counts"])
            return purge_run
        purge_run.state, purge_run.started_at = State.RUNNING, timezone.now()
        _start(purge_run, lease, shares=settings.PURGE_WORKERS if hand_over else 1)
    return _share_out(purge_run, hand_over)


def begin(*, as_of: datetime, actor: Actor, approved: bool = False, shares: int = 1) -> PurgeRun:
    """Begin a run as of `as_of` (aware, UTC) in so many shares and return it, or one that waits for approval.

    One that waits already is replaced. Raises LeaseTaken when another run is at work.
    """
    with _alone() as lease:
        load = brake.load(as_of=as_of, lease=lease)
        waits = bool(load.brake) and not approved
        now = timezone.now()
        purge_run = PurgeRun(
            as_of=as_of,
            state=State.WAITING if waits else State.RUNNING,
            actor_name=actor.name,
            actor_user_id=actor.user_id,
            started_at=now,
            brake=load.brake,
            due=load.due,
            held=load.held,
        )
        with transaction.atomic():
            left = PurgeRun.objects.filter(state=State.WAITING, approved_by=None)
            left.update(state=State.REPLACED, finished_at=now)
            if waits:
                purge_run.counts = _foreseen(load)
                purge_run.save()
        if not waits:
            _start(purge_run, lease, shares=shares)
    return purge_run


def _foreseen(load: brake.Load) -> dict[str, int]:
    """Return what a run that waits would erase, for whoever is asked."""
    return {f"due by policy {policy_id}": number for policy_id, number in sorted((load.by_policy or {}).items())}


@contextmanager
def _alone() -> Iterator[Lease]:
    """Hold the lease under which runs are begun while no run is at work. Raises LeaseTaken, journal.DatabaseBehind."""
    journal.require_current()
    lease = Lease.objects.take(LEASE, seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    try:
        for other in PurgeRun.objects.filter(state=State.RUNNING).order_by("pk"):
            _end_if_dead(other)
        yield lease
    finally:
        lease.give_back(now=timezone.now())


def _end_if_dead(other: PurgeRun) -> None:
    """End a run that says it is under way if nobody is at it any more. Raises LeaseTaken when somebody is."""
    now, patience = timezone.now(), timedelta(seconds=settings.PURGE_LEASE_SECONDS)
    numbers = list(other.shares.filter(finished_at=None).values_list("number", flat=True))
    if numbers or not other.shares.exists():
        leases = [_lease_of(number) for number in numbers]
        held = Lease.objects.held(at=now).filter(name__in=leases)
        # A share that nobody has taken up yet has a moment to be.
        until = max([other.started_at + patience, *held.values_list("until", flat=True)])
        # One that began under a clock that was wrong is not waited for until that time comes.
        if now < until <= now + LONGEST:
            raise LeaseTaken(LEASE, until)
        with transaction.atomic():
            # Whoever wakes up at one of its shares has lost the lease on it.
            Lease.objects.take_away(leases)
            interrupted = PurgeRun.objects.filter(pk=other.pk, state=State.RUNNING, error="")
            interrupted.update(error="interrupted")
            other.shares.filter(finished_at=None).update(finished_at=now)
    finish(other)


def _start(purge_run: PurgeRun, lease: Lease, *, shares: int) -> None:
    """Save the run with its shares, say in the ledger what has lapsed by then, and let go of proof that has ended."""
    purge_run.counts = {}
    with transaction.atomic():
        purge_run.save()
        PurgeShare.objects.bulk_create(PurgeShare(run=purge_run, number=n, of=shares) for n in range(shares))
    actor = Actor(purge_run.actor_name, purge_run.actor_user_id)
    try:
        journal.resolve()
        purge_run.counts = {
            "expired": expire_lapsed(as_of=purge_run.as_of, actor=actor, lease=lease),
            **end_proofs(as_of=purge_run.as_of, actor=actor, lease=lease),
            **strays.sweep(at=timezone.now(), actor=actor, lease=lease),
        }
        purge_run.save(update_fields=["counts"])
    except Exception as error:
        PurgeShare.objects.filter(run=purge_run).update(finished_at=timezone.now())
        PurgeRun.objects.filter(pk=purge_run.pk).update(error=type(error).__name__)
        finish(purge_run)
        raise


def _share_out(purge_run: PurgeRun, hand_over: Callable[[int], None] | None) -> PurgeRun:
    """Do the first share of a run, and give the others away."""
    if purge_run.state == State.RUNNING:
        mine, *others = purge_run.shares.order_by("number")
        for share in others:
            if hand_over:
                hand_over(share.pk)
        work(mine)
        purge_run.refresh_from_db()
    return purge_run


def work(share: PurgeShare) -> None:
    """Erase what is due of a share; one that is done, or whose run has ended, is left alone.

    Raises LeaseTaken when another worker is at it, and LeaseLost when another has taken it up meanwhile.
    """
    lease = Lease.objects.take(_lease_of(share.number), seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    try:
        share = PurgeShare.objects.select_related("run").get(pk=share.pk)
        if share.run.state == State.RUNNING and share.finished_at is None:
            _work(share, lease)
    finally:
        # What is erased is erased, however the share ended.
        erasure.flush_residue()
        lease.give_back(now=timezone.now())
        ended = finish(share.run)
    if ended:
        # After a restore, what was begun in vain would count as erased until it is said not to be.
        with suppress(journal.JournalNotWritten):
            journal.resolve()


def _lease_of(number: int) -> str:
    return f"{SHARE} {number}"


def _work(share: PurgeShare, lease: Lease) -> None:
    PurgeShare.objects.filter(pk=share.pk, started_at=None).update(started_at=timezone.now())
    try:
        with ahead(_chunks(as_of=share.run.as_of, of=share.of, number=share.number)) as chunks:
            for chunk in chunks:
                _erase(chunk, share, lease)
    except LeaseLost:
        # It is another's now, who counts on from what was done.
        raise
    except Exception as error:
        _close(share, lease, error=type(error).__name__)
        raise
    _close(share, lease)


def _chunks(*, as_of: datetime, of: int, number: int) -> Iterator[list[int]]:
    chunk: list[int] = []
    for point in due(as_of=as_of, of=of, number=number):
        chunk.append(point.point_id)
        if len(chunk) == settings.PURGE_CHUNK_POINTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _erase(ids: list[int], share: PurgeShare, lease: Lease) -> None:
    """Erase a chunk, and count it in the same transaction; one that the database breaks off is tried again."""
    actor = Actor(share.run.actor_name, share.run.actor_user_id)

    def attempt() -> None:
        with transaction.atomic():
            done = erase_chunk(ids, share.run, lease, as_of=share.run.as_of, actor=actor)
            # Read again: a commit whose answer was lost has counted, too.
            counts = Counter(PurgeShare.objects.values_list("counts", flat=True).get(pk=share.pk))
            counts.update(done)
            PurgeShare.objects.filter(pk=share.pk).update(counts=dict(counts))

    tried_again(attempt)


def _close(share: PurgeShare, lease: Lease, *, error: str = "") -> None:
    """Say that a share is done, or has failed. Raises LeaseLost."""
    with transaction.atomic():
        lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
        receipts = Receipt.objects.filter(run=share.run)
        if share.of > 1:
            receipts = receipts.annotate(share=F("contact_ref") % share.of).filter(share=share.number)
        PurgeShare.objects.filter(pk=share.pk).update(
            finished_at=timezone.now(), oldest_due_at=receipts.aggregate(oldest=Min("due_at"))["oldest"]
        )
        if error:
            PurgeRun.objects.filter(pk=share.run_id, error="").update(error=error)


def finish(purge_run: PurgeRun) -> bool:
    """End a run whose shares have all ended, once, with the counts of all of them; any other is left alone.

    Returns whether it was ended here.
    """
    with transaction.atomic():
        ended = PurgeRun.objects.select_for_update(of=("self",)).get(pk=purge_run.pk)
        shares = list(ended.shares.all())
        if ended.state != State.RUNNING or any(share.finished_at is None for share in shares):
            return False
        counts = Counter(ended.counts)
        for share in shares:
            counts.update(share.counts)
        ended.counts = dict(sorted(counts.items()))
        ended.oldest_due_at = Receipt.objects.filter(run=ended).aggregate(oldest=Min("due_at"))["oldest"]
        ended.state = State.FAILED if ended.error else State.DONE
        ended.finished_at = timezone.now()
        ended.save(update_fields=["counts", "oldest_due_at", "state", "finished_at"])
        return True


def left(*, at: datetime) -> list[int]:
    """Return the ids of the shares of runs under way that nobody is at, at `at` (aware).

    Of a run whose shares are all done and which nobody has ended, that is one of them.
    """
    at_work = set(Lease.objects.held(at=at).values_list("name", flat=True))
    if LEASE in at_work:
        return []
    found = []
    for under_way in PurgeRun.objects.filter(state=State.RUNNING).order_by("pk"):
        shares = list(under_way.shares.order_by("number"))
        unfinished = [share for share in shares if share.finished_at is None]
        found += [share.pk for share in unfinished or shares[:1] if _lease_of(share.number) not in at_work]
    return found


def approved() -> list[int]:
    """Return the ids of the runs that were approved and that nobody has begun."""
    waiting = PurgeRun.objects.filter(state=State.WAITING, approved_by__isnull=False)
    return list(waiting.order_by("pk").values_list("pk", flat=True))
