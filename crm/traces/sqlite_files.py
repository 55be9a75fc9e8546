"""Searching the bytes of SQLite's files: pages that are free, too, and what the write-ahead log and a journal hold."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.traces.folders import database_files
from crm.traces.needle import Trace
from crm.traces.searching import Search, in_stream, shown
from crm.traces.unpacking import TooMuch

# https://sqlite.org/fileformat2.html#the_write_ahead_log
_WAL_HEADER, _FRAME_HEADER = 32, 24
_COPY = "import shutil, sys; shutil.copyfileobj(open(sys.argv[1], 'rb'), sys.stdout.buffer, 1 << 20)"
_OWNERS = """
    SELECT pages.pageno, master.type, master.name, master.tbl_name
    FROM dbstat AS pages LEFT JOIN sqlite_master AS master ON master.name = pages.name
"""


def pages(search: Search) -> Iterator[Trace]:
    """Yield the pages of SQLite's files on which the number stands, with the table or index that a page belongs to."""
    for alias in connections:
        connection = connections[alias]
        if connection.vendor != "sqlite":
            continue
        paths = database_files(connection.settings_dict)
        if not paths:
            search.not_seen.append(shown(connection, "the bytes of SQLite's database: it is in memory"))
        found = [(path, offset) for path in paths for offset in _offsets(path, search)]
        if not found:
            continue
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_size")
            size = cursor.fetchone()[0]
        owners = _owners(connection, search)
        told = set()
        for path, offset in found:
            page, where = _page(path, offset, size)
            table, kind = owners.get(page, ("sqlite", "free page")) if owners else ("sqlite", "page")
            trace = Trace("database file", shown(connection, table), kind, f"page {page}{where}")
            if trace not in told:
                told.add(trace)
                yield trace


def _offsets(path: Path, search: Search) -> list[int]:
    """Return where in a file the number stands.

    Another process reads it: SQLite's locks belong to a process, and end when any opening of the file there is closed.
    """
    if not path.exists():
        return []
    command = [sys.executable, "-I", "-S", "-c", _COPY, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            found = list(in_stream(process.stdout.read, search.needle))
        except TooMuch:
            process.kill()
            found, too_much = [], True
        else:
            too_much = False
    if too_much or (process.returncode and path.exists()):
        search.unread.append(f"database file {path.name}")
    return found


def _page(path: Path, offset: int, size: int) -> tuple[int, str]:
    """Return the number of the page that is at an offset of a file, and in which file where it is not the first."""
    if path.name.endswith("-journal"):
        return 0, " in the journal"
    if not path.name.endswith("-wal"):
        return offset // size + 1, ""
    frame = max(0, offset - _WAL_HEADER) // (_FRAME_HEADER + size)
    with path.open("rb") as file:  # not the file that is locked
        file.seek(_WAL_HEADER + frame * (_FRAME_HEADER + size))
        return int.from_bytes(file.read(4), "big"), " in the write-ahead log"


def _owners(connection: BaseDatabaseWrapper, search: Search) -> dict[int, tuple[str, str]]:
    """Return (name, kind) of what each page belongs to; those that are free are not among them."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_OWNERS)
            return {
                page: (name or "sqlite_schema", f"index of {table}" if kind == "index" else "table")
                for page, kind, name, table in cursor.fetchall()
            }
    except DatabaseError:
        search.not_seen.append(shown(connection, "whose the pages of SQLite's file are: this build has no dbstat"))
        return {}
