"""Checking the whole ledger in a worker: asked for, carried out once, and what was found kept for whoever asks."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent import journal, ledger, sealing
from consent.models import LedgerCheck, Seal, SealedEntry
from consent.models.triggers import TRIGGERS
from consent.rules.times import require_aware
from crm import triggers
from crm.models import Lease

log = logging.getLogger(__name__)

LEASE = "ledger check"
# So many faults are kept to be shown; how many there are is counted beyond it.
MOST_KEPT = 100
State = LedgerCheck.State
_OPEN = [State.WAITING, State.RUNNING]


def ask(*, user: User | None, at: datetime) -> LedgerCheck:
    """Ask for a check at `at` (aware) and return it; while one waits for a worker, that one. Raises NaiveTimestamp."""
    waiting = LedgerCheck.objects.filter(state=State.WAITING)
    if found := waiting.first():
        return found
    try:
        with transaction.atomic():
            return LedgerCheck.objects.create(asked_by=user, asked_at=require_aware(at, name="at"))
    except IntegrityError:
        # Somebody else has just asked.
        return waiting.get()


def carry_out(check_id: int) -> LedgerCheck:
    """Carry out a check and return it; one that is done is left alone. Raises LeaseTaken while another is under way."""
    lease = Lease.objects.take(LEASE, seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    try:
        check = LedgerCheck.objects.get(pk=check_id)
        if check.state in _OPEN:
            _carry_out(check)
    finally:
        lease.give_back(now=timezone.now())
    return check


def left(*, at: datetime) -> list[int]:
    """Return the ids of the checks that somebody has asked for and nobody is at, at `at` (aware)."""
    if Lease.objects.held(at=at).filter(name=LEASE).exists():
        return []
    return list(LedgerCheck.objects.filter(state__in=_OPEN).order_by("pk").values_list("pk", flat=True))


def _carry_out(check: LedgerCheck) -> None:
    check.state, check.started_at = State.RUNNING, timezone.now()
    check.save(update_fields=["state", "started_at"])
    try:
        check.found, check.faults = [], 0
        for fault in _faults():
            check.faults += 1
            if check.faults <= MOST_KEPT:
                check.found.append(fault)
        check.entries, check.seals = SealedEntry.objects.count(), Seal.objects.count()
        check.state = State.FAULTY if check.faults else State.WHOLE
    except Exception as error:
        check.state, check.error = State.FAILED, type(error).__name__
        raise
    finally:
        check.finished_at = timezone.now()
        check.save()
        log.info("ledger check %s: %s, %s faults", check.pk, check.state, check.faults)


def _faults() -> Iterator[dict[str, Any]]:
    """Yield whatever `verify_ledger` would name: of the seals, the consents, the evidence, the rules, the journal."""
    for fault in sealing.verify():
        yield _said("seals", **asdict(fault))
    for difference in ledger.differences():
        yield _said("consents", kind="differs", **asdict(difference))
    for entry in ledger.broken_evidence():
        yield _said("evidence", kind="does not match", entry=entry)
    for name in triggers.missing(TRIGGERS):
        yield _said("rules", kind="missing", detail=name)
    for broken in journal.verify():
        yield _said("journal", kind=broken.code, record=broken.seq, detail=broken.detail)


def _said(of: str, **values: Any) -> dict[str, Any]:
    return {"of": of, **{name: value for name, value in values.items() if value not in (None, "")}}
