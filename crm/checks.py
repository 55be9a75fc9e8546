"""System checks: a setting that is missing or unsafe, or a trigger that is gone, is said before anything runs."""

import string
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Critical, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from crm import triggers
from crm.models import Approval
from crm.models.lease import LONGEST
from crm.models.triggers import TRIGGERS

MIN_KEY_BYTES = 32


@register()
def check_fingerprint_keys(**kwargs: Any) -> list[CheckMessage]:
    """FINGERPRINT_KEYS: at least one "id:hex" of 32 bytes, ids distinct."""
    entries: list[str] = list(settings.FINGERPRINT_KEYS)
    if not entries:
        return [
            Error(
                "FINGERPRINT_KEYS is empty.",
                hint='Set it to "id:hex" with 64 random hex digits; keep it outside the database and its backups.',
                id="crm.E001",
            )
        ]
    ids = [entry.partition(":")[0].strip() for entry in entries]
    if any(not _is_key(entry) for entry in entries) or len(set(ids)) != len(ids):
        return [
            Error(
                "FINGERPRINT_KEYS is malformed.",
                hint='Each entry is "id:hex": an id of 1 to 16 characters, once, and at least 64 hex digits.',
                id="crm.E002",
            )
        ]
    return []


@register()
def check_secret_key(**kwargs: Any) -> list[CheckMessage]:
    """SECRET_KEY: set, and not one of the fingerprint keys."""
    try:
        secret = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django does not let an empty one be read
        return [Error("SECRET_KEY is empty.", hint="Set it to 50 or more random characters.", id="crm.E003")]
    if any(secret in entry for entry in settings.FINGERPRINT_KEYS):
        return [Error("SECRET_KEY is also a fingerprint key.", hint="Keep one key per use.", id="crm.E004")]
    return []


@register()
def check_sizes(**kwargs: Any) -> list[CheckMessage]:
    """Chunk, limit and lease settings must be positive."""
    names = ["IMPORT_CHUNK_ROWS", "IMPORT_MAX_BYTES", "IMPORT_MAX_ROWS", "IMPORT_MAX_COLUMNS", "IMPORT_MAX_CELL"]
    names += ["IMPORT_MAX_UNPACKED_BYTES", "IMPORT_MAX_RATIO", "IMPORT_MEMORY_BYTES", "IMPORT_STALL_SECONDS"]
    names += ["PURGE_CHUNK_POINTS", "PURGE_LEASE_SECONDS", "STAGED_HOURS", "BULK_ACT_MOST", "SEARCHES_PER_HOUR"]
    return [Error(f"{name} must be positive.", id="crm.E005") for name in names if getattr(settings, name) <= 0]


@register()
def check_lease(**kwargs: Any) -> list[CheckMessage]:
    """A lease that lasts longer than `lease.LONGEST` is taken for one of a wrong clock: half of that is enough."""
    if timedelta(seconds=settings.PURGE_LEASE_SECONDS) * 2 > LONGEST:
        return [Error("PURGE_LEASE_SECONDS must be 1800 at most.", id="crm.E013")]
    return []


@register(Tags.security)
def check_second_factor(**kwargs: Any) -> list[CheckMessage]:
    """A second factor stays fresh for a while, and a second person is asked only about acts that there are."""
    messages: list[CheckMessage] = []
    if not 1 <= settings.SECOND_FACTOR_MINUTES <= 60:
        messages.append(Error("SECOND_FACTOR_MINUTES must be between 1 and 60.", id="crm.E014"))
    if unknown := sorted(set(settings.SECOND_PERSON) - set(Approval.Kind.values)):
        known = ", ".join(Approval.Kind.values)
        messages.append(Error(f"SECOND_PERSON names {', '.join(unknown)}.", hint=f"There are {known}.", id="crm.E015"))
    return messages


@register(Tags.security)
def check_cache(**kwargs: Any) -> list[CheckMessage]:
    """What sign-in counts is known to every process: not one by one, or an attacker has as many tries as workers."""
    backend = settings.CACHES["default"]["BACKEND"]
    if backend.endswith(("LocMemCache", "DummyCache")):
        hint = "Leave CACHE_URL away, or let it name a Redis."
        return [Error("CACHE_URL names a cache that processes do not share.", hint=hint, id="crm.E016")]
    return []


@register(Tags.security, deploy=True)
def check_broker(**kwargs: Any) -> list[CheckMessage]:
    """The embedded broker is for one machine; it does not redeliver after a kill."""
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        return [
            Warning(
                "The embedded broker is in use.",
                hint="Set BROKER_URL to Redis or RabbitMQ in production.",
                id="crm.W001",
            )
        ]
    return []


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The number and ledger rules stand in the database, or nothing may be served."""
    return missing_triggers(TRIGGERS, databases, id="crm.E010")


@register(Tags.database)
def check_residue(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite overwrites what it deletes, and has a log that can be cut; PostgreSQL keeps no statistics of numbers."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA secure_delete")
                if cursor.fetchone()[0] != 1:
                    messages.append(Critical("SQLite's secure_delete is off.", id="crm.E011"))
                cursor.execute("PRAGMA journal_mode")
                if cursor.fetchone()[0] not in ("wal", "memory"):
                    messages.append(Error("SQLite is not in WAL mode.", hint="PRAGMA journal_mode=WAL", id="crm.E017"))
            elif "crm_phonenumber" in connection.introspection.table_names(cursor):
                # An index on an expression has statistics of its own.
                cursor.execute(
                    "SELECT attstattarget FROM pg_attribute "
                    "WHERE attrelid = 'crm_phonenumber'::regclass AND attname = 'number' "
                    "OR attrelid = to_regclass('line_by_last_four') AND attnum = 1"
                )
                if any(target != 0 for (target,) in cursor.fetchall()):
                    messages.append(Critical("PostgreSQL keeps statistics of the numbers.", id="crm.E012"))
    return messages


@register(Tags.database, deploy=True)
def check_log_is_not_kept(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """PostgreSQL unlinks segments of its log that are done with, instead of keeping them, and what stands in them."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        if connections[alias].vendor != "postgresql":
            continue
        with connections[alias].cursor() as cursor:
            cursor.execute("SHOW wal_recycle")
            if cursor.fetchone()[0] != "off":
                messages.append(
                    Warning(
                        "PostgreSQL keeps old segments of its write-ahead log, and erased numbers in them, for reuse.",
                        hint="Set wal_recycle = off in postgresql.conf.",
                        id="crm.W002",
                    )
                )
    return messages


def missing_triggers(
    rules: Iterable[triggers.Trigger], databases: Sequence[str] | None, *, id: str
) -> list[CheckMessage]:
    """Return an error per trigger that is not in force in one of `databases` where its table exists."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        if not triggers.tables_exist(rules := list(rules), using=alias):
            continue
        messages += [
            Critical(f"The database rule {name} is missing.", hint="Run manage.py migrate.", id=id)
            for name in triggers.missing(rules, using=alias)
        ]
    return messages


def _is_key(entry: str) -> bool:
    key_id, colon, value = entry.partition(":")
    value = value.strip()
    return (
        bool(colon)
        and 1 <= len(key_id.strip()) <= 16
        and len(value) >= 2 * MIN_KEY_BYTES
        and len(value) % 2 == 0
        and set(value) <= set(string.hexdigits)
    )
