"""Cleaning what the databases keep beneath their rows: what is erased still stands in the bytes of their files.

SQLite overwrites what it deletes (secure_delete), and yet copies of rows stay behind where a page of a tree was once
split: in a trial, 12 of 15,000 erased numbers. Its write-ahead log holds the old pages. So the file is rewritten by
VACUUM, which holds writers up for its time, and the log is cut.

PostgreSQL keeps the old version of a row in the heap, and its keys in the indexes. VACUUM gives the space free and
leaves the bytes; only VACUUM FULL writes the table and its indexes anew. It locks a table against everybody for its
time, so it is done one table after another, gives way when it does not get the lock soon, and is tried again by the
next sweep. A transaction that began before an erasure may still see the old rows, and VACUUM FULL would keep them for
it: nothing is rewritten before such transactions have ended. One that writes in another database of the server counts
too: the snapshot of VACUUM FULL itself reaches back to it.

Nobody waits for this: the rows are gone before. Until it is done `find_traces` tells what is left.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, models
from django.db.models import Max
from psycopg.errors import InsufficientPrivilege, LockNotAvailable

from crm.logs import mask_text
from crm.models import Contact, ContactPoint, ImportBatch, Lease, PhoneNumber
from crm.models.history import HistoryRow

LEASE = "residue"
LEASE_SECONDS = 3600
# How long a rewriting waits for its lock, while everybody who comes after it waits too; how often, and in between.
LOCK_MS, TRIES, PAUSE = 2000, 5, 3.0
# How long is waited for transactions that began before, in seconds.
PATIENCE = 60.0
# The planner's samples are rows of these; who owns the database may rewrite them.
_CATALOGS = ("pg_statistic", "pg_statistic_ext_data")
_OLDER = """
    SELECT count(*) FROM (
        SELECT backend_xid AS id FROM pg_stat_activity WHERE pid <> pg_backend_pid()
        UNION ALL SELECT backend_xmin FROM pg_stat_activity
        WHERE (datname = current_database() OR datname IS NULL) AND pid <> pg_backend_pid()
        UNION ALL SELECT transaction FROM pg_prepared_xacts
        UNION ALL SELECT xmin FROM pg_replication_slots
    ) AS others WHERE id IS NOT NULL AND age(id) > age(%s::text::xid)
"""
_OURS = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = %s::regclass"
_OWNER = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What was done: tables (or "SQLite") that were rewritten, those still to be, and how many sessions were ended."""

    done: Sequence[str] = ()
    left: Sequence[str] = ()
    sessions: int = 0


def clean(*, at: datetime, always: bool = False) -> Cleaned:
    """Rewrite what an erasure since the last time has left residue in; return what was done and what is left.

    at: now (aware). always: whether anything was erased or not. A table that cannot be locked is logged, left, and
    taken up when this is called again; within a transaction all are left. Raises LeaseTaken when another is at it.
    """
    lease = Lease.objects.take(LEASE, seconds=LEASE_SECONDS, now=at)
    began = time.monotonic()
    try:
        sessions = end_sessions(at=at)
        changed, undoing = _changed_at(), ImportBatch.objects.filter(stage=ImportBatch.Stage.UNDOING).exists()
        wanted = [name for name in _names() if always or _is_behind(name, changed)]
        done = list(_rewrite(wanted)) if wanted and not connection.in_atomic_block else []
        # What an undoing under way has yet to take back is dated from when it began.
        if not undoing:
            for name in done:
                _mark(name, at=at)
    finally:
        lease.give_back(now=at + timedelta(seconds=time.monotonic() - began))
    left = [name for name in wanted if name not in done]
    if left:
        log.warning("residue: not rewritten, and tried again later: %s", ", ".join(left))
    return Cleaned(done, left, sessions)


def end_sessions(*, at: datetime) -> int:
    """Delete the sessions that have expired by `at` (aware), and any in which a number stands; return how many."""
    # What nobody can decode signs nobody in. A number is whatever the log would mask.
    going = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=at).iterator(chunk_size=1000)
        if not (held := session.get_decoded()) or mask_text(text := json.dumps(held, default=str)) != text
    ]
    deleted, _of_each = Session.objects.filter(models.Q(expire_date__lte=at) | models.Q(pk__in=going)).delete()
    return deleted


def tables() -> list[str]:
    """Return the tables in which something of a person can stand, that of the numbers first."""
    found = [PhoneNumber._meta.db_table]
    for model in apps.get_models():
        of = model.instance_type if issubclass(model, HistoryRow) else model  # type: ignore[attr-defined]
        privacy = getattr(of, "privacy", None)
        if issubclass(model, HistoryRow) or (privacy is not None and privacy.personal) or model in (LogEntry, Session):
            found.append(model._meta.db_table)
    return list(dict.fromkeys(found))


def _names() -> list[str]:
    return ["SQLite"] if connection.vendor == "sqlite" else tables()


def _changed_at() -> datetime | None:
    """Return when something was last erased, or an import undone."""
    newest = [
        model._default_manager.aggregate(newest=Max(name))["newest"]
        for model, name in (
            (PhoneNumber, "erased_at"),
            (ContactPoint, "erased_at"),
            (Contact, "erased_at"),
            (ImportBatch, "undone_at"),
        )
    ]
    return max((moment for moment in newest if moment), default=None)


def _is_behind(name: str, changed: datetime | None) -> bool:
    """Whether something was erased since the table was last rewritten."""
    mark = Lease.objects.filter(name=_mark_of(name)).first()
    return changed is not None and (mark is None or mark.until <= changed)


def _mark(name: str, *, at: datetime) -> None:
    """Keep that nothing erased before `at` is left: a lease that nobody takes, whose end is that moment."""
    Lease.objects.update_or_create(name=_mark_of(name), defaults={"until": at, "holder": uuid4()})


def _mark_of(name: str) -> str:
    return f"{LEASE} {name}"[:60]


def _rewrite(names: Sequence[str]) -> Iterator[str]:
    """Rewrite the tables and yield each when it is done."""
    if connection.vendor == "sqlite":
        if _rewrite_sqlite():
            yield from names
        return
    if not _others_ended():
        log.warning("residue: a transaction that began earlier still sees what was erased")
        return
    for name in names:
        if _allowed(_OURS, name) and _vacuum(name):
            yield name
    if _allowed(_OWNER):
        for name in _CATALOGS:
            _vacuum(name)
    # The files are the truth from now on; segments of the log that nobody needs any more can be recycled.
    for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)


def _rewrite_sqlite() -> bool:
    """Return whether the file is rewritten and its log is cut: whoever reads meanwhile keeps the old pages."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            for _try in range(TRIES):
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                if not cursor.fetchone()[0]:
                    return True
                time.sleep(PAUSE)
    except DatabaseError as error:
        log.warning("residue: SQLite: %s", type(error).__name__)
    return False


def _others_ended() -> bool:
    """Wait for the transactions that began before this moment; return whether they have ended."""
    until = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::xid::text")
        mine = cursor.fetchone()[0]
        while True:
            cursor.execute(_OLDER, [mine])
            if not cursor.fetchone()[0]:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.2)


def _vacuum(table: str) -> bool:
    """Rewrite a table and its indexes, and make its statistics anew; return whether its lock could be had."""
    for number in range(TRIES):
        try:
            with _lock_timeout(), connection.cursor() as cursor:
                cursor.execute(f"VACUUM (FULL, ANALYZE) {connection.ops.quote_name(table)}")
        except DatabaseError as error:
            if isinstance(error.__cause__, InsufficientPrivilege):
                return False
            if not isinstance(error.__cause__, LockNotAvailable):
                log.warning("residue: %s: %s", table, type(error.__cause__).__name__)
                return False
            if number + 1 < TRIES:
                time.sleep(PAUSE)
        else:
            return True
    return False


@contextmanager
def _lock_timeout() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {LOCK_MS}")
        try:
            yield
        finally:
            cursor.execute("RESET lock_timeout")


def _allowed(sql: str, *params: str) -> bool:
    """Whether we own it: on others' tables VACUUM only warns, and does nothing."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row = cursor.fetchone()
    return bool(row and row[0])
