"""The nightly run: one at a time, in chunks; it says how it ended, and what was done stays done."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from consent.models import PurgeRun
from consent.retention import strays
from consent.retention.expiry import expire_lapsed
from consent.retention.purging import erase_chunk
from consent.retention.selection import due
from consent.rules.times import require_aware
from crm import erasure
from crm.models import Actor, Lease

LEASE = "purge"


def run(*, as_of: datetime, actor: Actor) -> PurgeRun:
    """Erase everything that is due at `as_of` (aware) and return the finished run.

    Raises LeaseTaken when another run is at work. A run that fails is marked so, and what it had done stays done.
    """
    as_of = require_aware(as_of, name="as_of")
    lease = Lease.objects.take(LEASE, seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    # Whoever held the lease before is dead: its unfinished run is not coming back.
    PurgeRun.objects.filter(state=PurgeRun.State.RUNNING).update(
        state=PurgeRun.State.FAILED, finished_at=timezone.now(), error="interrupted"
    )
    purge_run = PurgeRun.objects.create(as_of=as_of, actor_name=actor.name, started_at=timezone.now())
    counts: Counter[str] = Counter()
    try:
        counts["expired"] = expire_lapsed(as_of=as_of, actor=actor, lease=lease)
        counts.update(strays.sweep(at=timezone.now(), actor=actor))
        for chunk in _chunks(as_of=as_of):
            counts.update(erase_chunk(chunk, purge_run, lease, as_of=as_of, actor=actor))
    except Exception as error:
        _finish(purge_run, PurgeRun.State.FAILED, counts, error=type(error).__name__)
        raise
    else:
        _finish(purge_run, PurgeRun.State.DONE, counts)
    finally:
        # What is erased is erased, however the run ended.
        erasure.flush_residue()
        lease.give_back(now=timezone.now())
    return purge_run


def _chunks(*, as_of: datetime) -> Iterator[list[int]]:
    chunk: list[int] = []
    for point in due(as_of=as_of):
        chunk.append(point.point_id)
        if len(chunk) == settings.PURGE_CHUNK_POINTS:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _finish(purge_run: PurgeRun, state: PurgeRun.State, counts: "Counter[str]", *, error: str = "") -> None:
    purge_run.state, purge_run.error = state, error
    purge_run.counts = dict(sorted(counts.items()))
    purge_run.finished_at = timezone.now()
    purge_run.save(update_fields=["state", "error", "counts", "finished_at"])
