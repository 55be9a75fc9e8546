"""Every place where a number could stand: what is kept there, how it is searched, and who cleans it and when.

What is not in this list is not searched. The other half is the walk over the fields of all models
(tests/crm/test_privacy.py), which says of each column of ours whether erasure blanks it.
"""

from dataclasses import dataclass

from crm.traces import caches, database, folders, postgres_files, queues, sessions, sqlite_files
from crm.traces.needle import Trace
from crm.traces.searching import Search, Searcher

_IDS = "ids only"


@dataclass(frozen=True, slots=True)
class Place:
    """A place.

    name: as traces tell it. keeps: what stands there. how: how it is searched. owner: the dotted path of what
    cleans it. when: when that happens. search: what searches it.
    beneath: of what a database keeps beneath its rows: whether anything is left there is known once residue is cleaned.
    passes: it ends by itself, and nobody can end it before: what is found there is told apart, and is no fault.
    """

    name: str
    keeps: str
    how: str
    owner: str
    when: str
    search: Searcher
    beneath: bool = False
    passes: bool = False


PLACES = (
    Place(
        "database",
        "every column of every table, admin log and tables of no model included",
        "values, plain, as numerals and unpacked",
        "crm.erasure.erase",
        "in the transaction that erases",
        database.rows,
    ),
    Place(
        "session",
        f"what staff are signed in with: {_IDS}",
        "decoded",
        "crm.residue.end_sessions",
        "every night: those that have expired, and any in which a number stands",
        sessions.sessions,
    ),
    Place(
        "statistics",
        "samples of values, by which PostgreSQL plans; none of the column of numbers",
        "pg_stats, and those of extended statistics",
        "crm.residue.clean",
        "every night after an erasure: made anew of what is left",
        database.samples,
    ),
    Place(
        "log",
        "log lines, with every number masked",
        "lines of LOG_FILE and of what LOGGING names, rotated and compressed ones too",
        "crm.logs.MaskingFormatter",
        "before a line is written",
        folders.log,
    ),
    Place(
        "staging",
        "uploads, and what is read of them",
        "lines, and members of workbooks",
        "crm.imports.staging.clear",
        "when the import is done, or after STAGED_HOURS",
        folders.staging,
    ),
    Place(
        "broker",
        f"messages: {_IDS}",
        "files; every key of Redis, with messages that are taken; RabbitMQ is not searched",
        "crm.celery.app",
        "when the job is done",
        queues.messages,
    ),
    Place(
        "result",
        "nothing: jobs return nothing and no results are kept",
        "it is checked that no backend is set",
        "crm.settings.CELERY_TASK_IGNORE_RESULT",
        "never written",
        queues.results,
    ),
    Place(
        "beat schedule",
        "when each job was last begun",
        "as bytes, without unpickling",
        "crm.settings.CELERY_BEAT_SCHEDULE",
        "never written: the schedule names no arguments",
        folders.schedule,
    ),
    Place(
        "cache",
        "nothing of ours",
        "files, Redis; a table is searched as such; a process's own memory is not seen",
        "django.core.cache.caches",
        "never written; entries of others end with their timeout",
        caches.entries,
    ),
    Place(
        "mail",
        f"alerts to staff: {_IDS}, where EMAIL_FILE_PATH keeps mail in files",
        "lines, decoded",
        "crm.settings.EMAIL_FILE_PATH",
        "never written",
        folders.mail,
    ),
    Place(
        "media",
        "nothing: uploads are staged instead",
        "every file under MEDIA_ROOT, where it is set",
        "crm.imports.receiving.StagingUploadHandler",
        "never written",
        folders.media,
    ),
    Place(
        "journal",
        "keyed fingerprints and ids of what was erased",
        "lines",
        "crm.settings.JOURNAL_PATH",
        "never written",
        folders.journal,
    ),
    Place(
        "seals",
        "hashes over the ledger",
        "lines",
        "crm.settings.SEALS_PATH",
        "never written",
        folders.seals,
    ),
    Place(
        "data folder",
        "whatever else lies under DATA_DIR",
        "every file, unpacked",
        "crm.settings.DATA_DIR",
        "never written: what lies there, people have put there",
        folders.data,
    ),
    Place(
        "database file",
        "SQLite: pages, free ones too, write-ahead log, journal; PostgreSQL: heap, indexes, TOAST, files of no table",
        "bytes, where we may read them",
        "crm.residue.clean",
        "every night after an erasure",
        lambda search: (trace for pages in (sqlite_files.pages, postgres_files.pages) for trace in pages(search)),
        beneath=True,
    ),
    Place(
        "write-ahead log",
        "what PostgreSQL wrote last, of all its databases",
        "bytes of pg_wal as they are, where we may read them",
        "crm.residue.clean",
        "when the server recycles a segment and writes over it; at once where wal_recycle is off",
        postgres_files.log,
        beneath=True,
        passes=True,
    ),
    Place(
        "statement",
        "what each session of PostgreSQL ran last",
        "pg_stat_activity, where we may see it",
        "crm.settings.DATABASES",
        "with the session's next statement, or when it ends (CONN_MAX_AGE)",
        database.statements,
        beneath=True,
        passes=True,
    ),
)

__all__ = ["PLACES", "Place", "Search", "Trace"]
