"""The sealer: one at a time, it takes every entry that is under no seal, in the order of their ids.

Ids come from a sequence, so an entry may be committed after one with a higher id was sealed: it is not looked for
behind the last one sealed, but wherever there is no leaf, and is taken the next time.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consent.models import PurgeRun, Seal, SealedEntry
from consent.rules import merkle
from consent.rules.seals import GENESIS, MARK_BYTES, Published, SealFacts
from consent.rules.times import require_aware
from consent.sealing import reading
from consent.sealing.publishing import Appending, Outside, appending, line_of
from crm import bulk
from crm.models import Actor, Lease

LEASE = "seal"
# The most entries under one seal: what a proof needs, and a sealer holds in memory, stays small.
SEAL_ENTRIES = 100_000
_COLUMNS = ("entry_id", "seal_id", "position", "leaf")

log = logging.getLogger(__name__)


class SealsDisagree(RuntimeError):
    """The file of seals and the database tell different stories: nothing is sealed until somebody has looked."""


def seal(*, actor: Actor, at: datetime) -> Seal | None:
    """Seal every entry that is under no seal, write the seals out, and return the last one made; None if none was.

    at: when (aware). Every run of the purge that has ended since names the last seal there is. What an earlier sealer
    left unwritten is written first; seals that only the file knows, as after a restore, are taken over, so that the
    chain goes on and `verify` names what was lost. Raises LeaseTaken while another is at it, SealsDisagree where the
    file does not continue the database, OSError where the file cannot be written; LeaseLost, NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    lease = Lease.objects.take(LEASE, seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
    made = None
    # A run that ends from here on may have entries that are not under the last seal of today.
    runs = list(PurgeRun.objects.filter(seal=None, finished_at__isnull=False).values_list("pk", flat=True))
    try:
        with appending(settings.SEALS_PATH) as file:
            _catch_up(file)
            while sealed := _seal_next(lease, at):
                made, published = sealed
                file.append(published)
                log.info("seal %s: %s entries, by %s", made.pk, made.entries, actor.name)
        PurgeRun.objects.filter(pk__in=runs).update(seal=Seal.objects.order_by("number").last())
    finally:
        lease.give_back(now=timezone.now())
    return made


def _seal_next(lease: Lease, at: datetime) -> tuple[Seal, Published] | None:
    with transaction.atomic():
        lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
        found = list(reading.unsealed(most=SEAL_ENTRIES))
        if not found:
            return None
        ids, leaves = [pk for pk, _leaf in found], [leaf for _pk, leaf in found]
        last = Seal.objects.order_by("number").last()
        facts = SealFacts(
            number=last.number + 1 if last else 1,
            entries=len(ids),
            root=merkle.root(leaves).hex(),
            previous=last.digest if last else GENESIS,
            sealed_at=at,
        )
        made = _insert(facts)
        bulk.insert(
            SealedEntry,
            _COLUMNS,
            [(pk, facts.number, position, leaf.hex()) for position, (pk, leaf) in enumerate(found)],
        )
    return made, Published(facts, ids, b"".join(leaf[:MARK_BYTES] for leaf in leaves))


def _insert(facts: SealFacts) -> Seal:
    return Seal.objects.create(
        number=facts.number,
        entries=facts.entries,
        root=facts.root,
        previous=facts.previous,
        digest=facts.digest,
        sealed_at=facts.sealed_at,
    )


def facts_of(seal: Seal) -> SealFacts:
    """Return what a seal says; its digest is worked out again."""
    return SealFacts(seal.number, seal.entries, seal.root, seal.previous, seal.sealed_at)


def _catch_up(file: Appending) -> None:
    """Bring the file and the database in step. Raises SealsDisagree, OSError."""
    outside, last = file.outside, Seal.objects.order_by("number").last()
    if outside.wrong or outside.forks:
        raise SealsDisagree("the file of seals was changed")
    held, written = last.number if last else 0, outside.last.number if outside.last else 0
    if last:
        _require_same(outside, last)
        if held - written > 1:
            raise SealsDisagree("the file of seals has lost seals that the database has")
        if held > written:
            file.append(published_again(last))
    for number in range(held + 1, written + 1):
        log.warning("seal %s is taken over from the file: the database had lost it", number)
        if line := line_of(outside, number, settings.SEALS_PATH):
            _take_over(line)


def _take_over(lost: Published) -> None:
    """Write a seal that only the file knows, and the leaves of those of its entries that are still what they were."""
    marks = {pk: lost.marks[at * MARK_BYTES : (at + 1) * MARK_BYTES] for at, pk in enumerate(lost.ids)}
    positions = {pk: at for at, pk in enumerate(lost.ids)}
    with transaction.atomic():
        _insert(lost.seal)
        found = reading.unsealed(most=lost.ids[-1] - lost.ids[0] + 1, between=(lost.ids[0], lost.ids[-1]))
        rows = [
            (pk, lost.seal.number, positions[pk], leaf.hex())
            for pk, leaf in found
            if leaf.startswith(marks.get(pk, b"-"))
        ]
        bulk.insert(SealedEntry, _COLUMNS, rows)


def _require_same(outside: Outside, last: Seal) -> None:
    if (known := outside.seals.get(last.number)) and known.digest != last.digest:
        raise SealsDisagree(f"the file and the database have different seals {last.number}")
    before = outside.seals.get(last.number - 1)
    if before and before.digest != last.previous:
        raise SealsDisagree(f"seal {last.number} does not follow the seal before it in the file")


def published_again(seal: Seal) -> Published:
    """Return the line of a seal from what the database keeps of it."""
    rows = list(SealedEntry.objects.filter(seal=seal).order_by("position").values_list("pk", "leaf"))
    marks = b"".join(bytes.fromhex(leaf)[:MARK_BYTES] for _pk, leaf in rows)
    return Published(facts_of(seal), [pk for pk, _leaf in rows], marks)
