"""After a restore: what was erased since the backup was made is erased again, as the journal says.

The principle: each record is one transaction, which begins with the record's mark and ends with everything in it
erased; so a replay that is killed goes on with the next record, and two at once do nothing twice. A record says by ids
and keyed fingerprints what went. A point is taken for it only where its id, its contact and its line all agree, so
that nobody who got an id anew is erased for another; a number that the backup does not know yet is kept out by its
fingerprint alone. A legal hold, or a restriction, that the backup still has stops nothing: it had ended when the
erasure was decided, or the erasure would not have been.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consent import journal, suppression
from consent.journal import Line, Record
from consent.models import JournalMark, Receipt, Suppression
from consent.retention import purging
from consent.rules.times import require_aware
from crm import erasure, phones
from crm.models import Actor, Origin, PhoneNumber, fingerprint_keys

REASON = "replayed"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did, or would do: records, and what was erased again by kind.

    left: seqs of records that were not replayed, and why.
    """

    counts: Mapping[str, int]
    left: Mapping[int, str]


def replay(*, at: datetime, actor: Actor, dry_run: bool = False) -> Replayed:
    """Erase again, at `at` (aware), whatever the journal says and the database does not know.

    dry_run: only count it. Done twice, or after having been killed, it finds what is left. While a record cannot be
    replayed the database stays behind: somebody has to say that it is given up. Raises JournalNotWritten.
    """
    at = require_aware(at, name="at")
    journal.resolve()
    found, counts = journal.outstanding(), Counter[str](records=0, numbers=0, points=0, profiles=0, tombstones=0)
    unmarked = _unmarked(found)
    for record, mac in found.records():
        with transaction.atomic():
            if record.seq == unmarked or _mark(record, mac, at=at):
                counts.update(_replay(record, at=at, actor=actor))
            if dry_run:
                transaction.set_rollback(True)
    if not dry_run:
        erasure.flush_residue()
    return Replayed(counts, found.damaged)


def accept_lost(*, at: datetime) -> list[int]:
    """Go on, at `at` (aware), without what is lost of the journal; return the seqs of records that are given up.

    What they erased stays in this database if it is there, for no one to know of: this is for whoever has looked for
    the file, and not found it. Raises JournalNotWritten.
    """
    found = journal.outstanding()
    deque(found.records(), maxlen=0)
    given_up = sorted(found.damaged)
    with transaction.atomic():
        JournalMark.objects.bulk_create(
            [JournalMark(seq=seq, mac=found.macs[seq], marked_at=at, replayed=True) for seq in given_up]
        )
        if given_up or journal.is_lost():
            journal.begin_anew(at=at)
    return given_up


def _unmarked(found: journal.Outstanding) -> int:
    """Return the seq of a record to be replayed without a mark, or 0: by it the guard knows that others are left.

    The guard looks only at those that were committed last, and what cannot be replayed may lie far before them.
    """
    deque(found.records(), maxlen=0)
    if not found.damaged:
        return 0
    return max(journal.watched() & found.macs.keys() - found.damaged.keys(), default=0)


def _mark(record: Record, mac: str, *, at: datetime) -> bool:
    """Mark a record as replayed; return False where another replay was quicker."""
    values = {"mac": mac, "marked_at": at, "replayed": True}
    return JournalMark.objects.get_or_create(seq=record.seq, defaults=values)[1]


def _replay(record: Record, *, at: datetime, actor: Actor) -> "Counter[str]":
    """Erase again what one record says, in the transaction at hand."""
    origin = Origin(actor, at, f"{REASON} from the journal, record {record.seq}", channel="retention")
    lines = _standing(record.lines)
    points = _points(record, lines)
    gone = purging.erase_again(points, contact_ids=record.contacts, origin=origin)
    receipts = Receipt.objects.bulk_create([each.receipt(reason=REASON) for each in gone])
    tombstones = [_keep_out(line, lines.get(line), origin=origin) for line in record.lines if line.erased]
    of_points = list(zip(points, receipts, strict=False))
    return Counter(
        records=1,
        points=len(points),
        numbers=len({point.line_id for point, receipt in of_points if receipt.line_erased}),
        profiles=len({receipt.contact_ref for receipt in receipts if receipt.profile_erased}),
        tombstones=sum(tombstones),
    )


def _standing(lines: Sequence[Line]) -> dict[Line, PhoneNumber]:
    """Return, locked, the rows in force of these lines: by fingerprint, or by id where only the key has changed."""
    keys = fingerprint_keys()
    rows = list(
        PhoneNumber.objects.filter(reopened_at=None, number_key__in=[line.number_key for line in lines]).locked()
    )
    by_key = {row.number_key: row for row in rows}
    others = [line for line in lines if line.number_key not in by_key]
    by_id = PhoneNumber.objects.filter(reopened_at=None, number__isnull=False).locked().in_bulk([o.id for o in others])
    found = {line: by_key[line.number_key] for line in lines if line.number_key in by_key}
    for line in others:
        row, key = by_id.get(line.id), keys.get(line.key_id)
        if row and key and phones.fingerprint(row.e164, key=key) == line.number_key:
            found[line] = row
    return found


def _points(record: Record, lines: Mapping[Line, PhoneNumber]) -> list[erasure.Point]:
    """Return, locked, the points of a record that are here and are not erased."""
    here = {line.id: row.pk for line, row in lines.items()}
    meant = {point.id: (point.contact_id, here.get(point.line_id)) for point in record.points}
    # The backup may be of before its contact was merged.
    survivors = dict(record.merged)
    return [
        point
        for point in erasure.lock(meant)
        if meant[point.pk] in {(pk, point.line_id) for pk in (point.contact_id, survivors.get(point.contact_id))}
    ]


def _keep_out(line: Line, row: PhoneNumber | None, *, origin: Origin) -> bool:
    """See to it that an erased number cannot come back; return whether only its fingerprint was left to keep."""
    if row is None:
        row = PhoneNumber.objects.create(
            number=None, number_key=line.number_key, key_id=line.key_id, erased_at=origin.at
        )
    elif row.number is not None:
        # It was erased a moment ago with its points, or is somebody else's as well.
        return False
    suppression.suppress(row, extent=Suppression.Extent.HOLD, since=origin.at, reason="erased", actor=origin.actor)
    return True
