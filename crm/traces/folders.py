"""Where files lie that could hold a number: what settings name, and all else under DATA_DIR."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from crm.traces import files
from crm.traces.needle import Trace
from crm.traces.searching import Search


def log(search: Search) -> Iterator[Trace]:
    """Yield the lines of the log files that hold the number, of rotated and compressed ones too."""
    for path in _logs():
        yield from files.named_like("log", path, search)


def schedule(search: Search) -> Iterator[Trace]:
    """Yield what beat's schedule, a file of pickles, holds."""
    return files.named_like("beat schedule", Path(settings.CELERY_BEAT_SCHEDULE_FILENAME), search)


def staging(search: Search) -> Iterator[Trace]:
    """Yield the staged files that hold the number."""
    return files.folder("staging", Path(settings.STAGING_DIR), search)


def media(search: Search) -> Iterator[Trace]:
    """Yield the files under MEDIA_ROOT that hold the number."""
    if settings.MEDIA_ROOT:
        yield from files.folder("media", Path(settings.MEDIA_ROOT), search)


def mail(search: Search) -> Iterator[Trace]:
    """Yield the mails that hold the number, where mail is kept in files."""
    if named := _mails():
        yield from files.folder("mail", Path(named), search)


def journal(search: Search) -> Iterator[Trace]:
    """Yield the lines of the journal of erasures that hold the number."""
    return files.named_like("journal", Path(settings.JOURNAL_PATH), search)


def seals(search: Search) -> Iterator[Trace]:
    """Yield the lines of the file of seals that hold the number."""
    return files.named_like("seals", Path(settings.SEALS_PATH), search)


def data(search: Search) -> Iterator[Trace]:
    """Yield the files under DATA_DIR that hold the number and that no other place has."""
    return files.folder("data folder", Path(settings.DATA_DIR), search, without=frozenset(_named()))


def database_files(values: Any) -> list[Path]:
    """Return the files of an SQLite database, from its settings: itself, its write-ahead log and its journal.

    The index of the log (-shm) holds no content, and locks, which another opening of it would end.
    """
    name = str(values["NAME"])
    if "sqlite" not in values["ENGINE"] or name.startswith((":memory:", "file:")):
        return []
    return [Path(f"{name}{suffix}") for suffix in ("", "-wal", "-journal")]


def _logs() -> list[Path]:
    handlers: Any = settings.LOGGING.get("handlers", {})
    named = [settings.LOG_FILE, *(handler.get("filename", "") for handler in handlers.values())]
    return sorted({Path(name) for name in named if name})


def _named() -> Iterator[Path]:
    """Yield the files and folders that other places have, and those in which nothing of people can be."""
    parts = (settings.CELERY_BEAT_SCHEDULE_FILENAME, settings.JOURNAL_PATH, settings.SEALS_PATH)
    for first in (*_logs(), *(Path(part) for part in parts)):
        yield from files.siblings(first)
    yield from (Path(settings.STAGING_DIR), Path(settings.BROKER_DIR), Path(settings.STATIC_ROOT))
    yield from (Path(named) for named in (settings.MEDIA_ROOT, _mails()) if named)
    yield from (Path(values["LOCATION"]) for values in settings.CACHES.values() if _in_files(values))
    for alias in connections:
        yield from (path for path in database_files(connections[alias].settings_dict))
        yield Path(f"{connections[alias].settings_dict['NAME']}-shm")


def _mails() -> str:
    return getattr(settings, "EMAIL_FILE_PATH", None) or ""


def _in_files(values: Any) -> bool:
    return bool(values.get("LOCATION")) and values["BACKEND"].endswith("FileBasedCache")
