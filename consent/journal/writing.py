"""Writing the journal: the intention within the transaction that erases, and afterwards what became of it."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from django.db import connection, transaction

from consent.journal import guard
from consent.journal.file import JournalNotWritten, appending, unresolved
from consent.journal.lines import LOST, Line, Outcome, Point, Record, outcome_line, signed
from consent.models import JournalMark, PurgeRun
from consent.rules.times import require_aware
from crm import bulk
from crm.models import Contact, PhoneNumber

log = logging.getLogger(__name__)

# An advisory lock's key is any number that nobody else uses.
_UNDER_WAY = 0x6A6F_7572_6E61_6C


class Locked(Protocol):
    """A contact point as it was before it was erased."""

    @property
    def pk(self) -> int: ...
    @property
    def contact_id(self) -> int: ...
    @property
    def line_id(self) -> int | None: ...


class Gone(Protocol):
    """What an erasure did to a point, or to a contact without one."""

    @property
    def point_id(self) -> int | None: ...
    @property
    def contact_id(self) -> int: ...
    @property
    def line_erased(self) -> bool: ...
    @property
    def profile_erased(self) -> bool: ...


class JournalLost(RuntimeError):
    """The database knows of erasures that the journal does not: the file, or its end, is lost. Nothing is erased.

    Somebody has to look for it; if it is gone, `replay_erasures --accept-lost-journal` begins a new one.
    """


def write(
    *,
    points: Sequence[Locked],
    gone: Sequence[Gone],
    reason: str,
    at: datetime,
    run: PurgeRun | None = None,
) -> int:
    """Write down what the transaction at hand erases at `at` (aware), and return the record's seq.

    points: as they were locked, with their lines. gone: what was done to each, and to contacts without points.
    Must be called within the transaction, after all else; once it returns the record is on the disk. Raises
    JournalNotWritten, JournalLost, DatabaseBehind; then the transaction must not be committed.
    """
    lines_of = {point.pk: point.line_id for point in points}
    erased_lines = {lines_of.get(each.point_id or 0) for each in gone if each.line_erased}
    of_points = PhoneNumber.objects.filter(bulk.one_of("id", {pk for pk in lines_of.values() if pk}, text=False))
    lines = [
        Line(pk, number_key, key_id, pk in erased_lines)
        for pk, number_key, key_id in of_points.order_by("pk").values_list("pk", "number_key", "key_id")
    ]
    profiles = {each.contact_id for each in gone if each.profile_erased}
    of_these = bulk.among(Contact.objects, "merged_into", profiles | {point.contact_id for point in points})
    merged = [(pk, into or 0) for pk, into in of_these.order_by("pk").values_list("pk", "merged_into")]
    contacts = sorted(profiles | {pk for pk, into in merged if into in profiles})
    going = [Point(point.pk, point.contact_id, point.line_id or 0) for point in points]

    def record(seq: int) -> Record:
        at_utc = require_aware(at, name="at")
        return Record(seq, at_utc, reason, run.pk if run else None, lines, going, contacts, merged)

    return _write(record)


def begin_anew(*, at: datetime) -> int:
    """Go on with a journal whose beginning or end is lost, at `at` (aware); return the seq of the record that says so.

    What is lost cannot be erased again after a restore. Raises JournalNotWritten.
    """
    with transaction.atomic():
        return _write(lambda seq: Record(seq, require_aware(at, name="at"), LOST, None, [], [], []), lost=True)


def resolve() -> "Counter[str]":
    """Say of each record of which nothing is said what became of it, as the database knows; return how many of each.

    While an erasure is under way in any process its record is its own, so this waits until none is. In a database
    that is behind nothing is said. Raises JournalNotWritten.
    """
    done: Counter[str] = Counter()
    if not unresolved():
        return done
    with transaction.atomic():
        _wait_for_erasures()
        open_ = unresolved()
        if guard.is_behind():
            return done
        marks = dict(JournalMark.objects.filter(pk__in=open_).values_list("seq", "mac"))
        with appending() as file:
            for seq, mac in sorted(open_.items()):
                outcome = Outcome(seq, marks.get(seq) == mac, mac)
                file.append(outcome_line(outcome))
                done["committed" if outcome.committed else "void"] += 1
    return done


def _write(record_of: Callable[[int], Record], *, lost: bool = False) -> int:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the journal is written within the transaction that erases")
    _be_under_way()
    if not lost:
        guard.require_current()
    newest = JournalMark.objects.order_by("-seq").first()
    with appending() as file:
        last, previous = file.end.seq, file.end.mac
        if newest and not lost:
            _require_whole(newest, last, previous)
        seq = max(last, newest.seq if newest else 0) + 1
        record = record_of(seq)
        line, mac = signed(record, previous=previous)
        file.append(line)
    JournalMark.objects.create(seq=seq, mac=mac, marked_at=record.at)
    transaction.on_commit(partial(_say_committed, Outcome(seq, True, mac)))
    return seq


def _require_whole(newest: JournalMark, seq: int, mac: str) -> None:
    """Raise JournalLost unless the file has the record of the newest mark. Must be called under the file's lock."""
    if newest.seq > seq or (newest.seq == seq and newest.mac != mac):
        raise JournalLost(f"the journal of erasures ends before record {newest.seq}, which the database knows")


def _say_committed(outcome: Outcome) -> None:
    try:
        with appending() as file:
            # On the disk as well: after a power cut and a restore it alone tells an erasure from an attempt at one.
            file.append(outcome_line(outcome))
    except JournalNotWritten:
        # The erasure is done; the next run finds its mark and says so.
        log.warning("journal record %s is committed, and could not be said to be", outcome.seq)


def _be_under_way() -> None:
    """Let everybody see, until the transaction has ended, that an erasure is under way.

    The database holds the lock, not the process: it falls when the transaction is over and its outcome can be seen,
    also that of a process that was killed while it committed. SQLite has one writer at a time, and this is it.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_UNDER_WAY])


def _wait_for_erasures() -> None:
    """Wait until no erasure is under way, and let none begin, until the transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_UNDER_WAY])
