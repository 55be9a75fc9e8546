"""Searching the bytes of PostgreSQL's files: rows that are dead, space that is free, indexes, TOAST, and the log.

It takes a superuser, or a role that may call pg_read_binary_file, pg_ls_dir and pg_ls_waldir. Whatever such a role
may not do is said not to be seen.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import Cursor
from psycopg.errors import InsufficientPrivilege

from crm.traces.needle import Trace
from crm.traces.searching import Search, in_stream, savepoint, shown
from crm.traces.unpacking import TooMuch

_PAGE, _SEGMENT = 8192, 1 << 30
_RELATIONS = """
    SELECT pg_relation_filepath(c.oid), n.nspname, c.relname, c.relkind, coalesce(heap.relname, main.relname)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_class heap ON heap.oid = i.indrelid
    LEFT JOIN pg_class main ON main.reltoastrelid = c.oid
    WHERE pg_relation_filepath(c.oid) IS NOT NULL
"""
_FILES = "SELECT %s || '/' || name FROM pg_ls_dir(%s) AS name"
_READ = "SELECT pg_read_binary_file(%s::text, %s::bigint, %s::bigint, true)"
# A main fork, or its 2nd gigabyte and so on; the maps of free space and of visibility hold no values.
_MAIN_FORK = re.compile(r"(?P<relation>.+/(?:t\d+_)?\d+)(?:_init)?(?:\.(?P<segment>\d+))?")
_SEGMENTS = "SELECT 'pg_wal/' || name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' ORDER BY 1"


def pages(search: Search) -> Iterator[Trace]:
    """Yield the pages of every file of the database on which the number stands, also of files that no table owns.

    The server is asked to write out first what it has in memory alone.
    """
    for connection in _servers():
        if not _may(connection, "CHECKPOINT"):
            search.not_seen.append(
                shown(connection, "pages that PostgreSQL has not written yet: only its superuser, or who has "
                "pg_checkpoint, can have them written")
            )  # fmt: skip
        try:
            yield from _pages(connection, search)
        except DatabaseError as error:
            _say(search, connection, "the bytes of PostgreSQL's tables, indexes and TOAST", error)


def log(search: Search) -> Iterator[Trace]:
    """Yield the segments of the write-ahead log in which the number stands; the log is of the whole server."""
    for connection in _servers():
        search.not_seen.append(shown(connection, "the log file of PostgreSQL's server, and its archived log, if any"))
        try:
            for (path,) in _rows(connection, _SEGMENTS):
                if next(in_stream(_reader(connection, path), search.needle, unpack=False), None) is not None:
                    yield Trace("write-ahead log", shown(connection, path.removeprefix("pg_wal/")), "", "")
        except DatabaseError as error:
            _say(search, connection, "PostgreSQL's write-ahead log", error)


def _servers() -> list[BaseDatabaseWrapper]:
    return [connections[alias] for alias in connections if connections[alias].vendor == "postgresql"]


def _pages(connection: BaseDatabaseWrapper, search: Search) -> Iterator[Trace]:
    relations = {path: rest for path, *rest in _rows(connection, _RELATIONS)}
    folders = sorted({path.rpartition("/")[0] for path in relations})
    paths = sorted(path for folder in folders for (path,) in _rows(connection, _FILES, folder, folder))
    for path in paths:
        matched = _MAIN_FORK.fullmatch(path)
        if not matched:
            continue
        schema, name, kind, of = relations.get(matched["relation"], ("public", path, "?", ""))
        what = {"i": f"index of {of}", "t": f"TOAST of {of}", "?": "no table's file"}.get(kind, "table")
        table = shown(connection, name if schema in ("public", "pg_catalog", "pg_toast") else f"{schema}.{name}")
        first = int(matched["segment"] or 0) * (_SEGMENT // _PAGE)
        try:
            found = {offset // _PAGE + first for offset in in_stream(_reader(connection, path), search.needle)}
        except TooMuch:
            search.unread.append(f"database file {path}")
            continue
        for page in sorted(found):
            yield Trace("database file", table, what, f"page {page}")


def _reader(connection: BaseDatabaseWrapper, path: str) -> Callable[[int], bytes]:
    """Return a function that reads the next so many bytes of a file of the server; none when the file has gone."""
    offset = 0

    def read(size: int) -> bytes:
        nonlocal offset
        # Binary: as text every byte would come as two.
        with savepoint(connection), connection.wrap_database_errors, Cursor(_raw(connection)) as cursor:
            row = cursor.execute(_READ, [path, offset, size], binary=True).fetchone()
        piece: bytes = (row[0] if row else None) or b""
        offset += len(piece)
        return piece

    return read


def _raw(connection: BaseDatabaseWrapper) -> Any:
    connection.ensure_connection()
    return connection.connection


def _rows(connection: BaseDatabaseWrapper, sql: str, *params: str) -> list[tuple[Any, ...]]:
    with savepoint(connection), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _may(connection: BaseDatabaseWrapper, sql: str) -> bool:
    """Run a statement that needs more rights than a service has; return whether we had them."""
    try:
        with savepoint(connection), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return False
        raise
    return True


def _say(search: Search, connection: BaseDatabaseWrapper, what: str, error: DatabaseError) -> None:
    if isinstance(error.__cause__, InsufficientPrivilege):
        search.not_seen.append(shown(connection, f"{what}: our role may not read the server's files"))
    else:
        search.unread.append(shown(connection, what))
