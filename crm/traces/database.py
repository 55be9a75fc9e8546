"""Searching a database: every table that it says it has, whether or not a model knows of it.

Rows are told by a whole-number or UUID key; a key of text may be a secret, such as a session's, or the number
itself, so those rows are told by where they lie.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.traces.columns import Column, Table, tables
from crm.traces.needle import Needle, Trace
from crm.traces.searching import Search, savepoint, shown
from crm.traces.unpacking import TooMuch, holds

COLUMNS_PER_QUERY = 20
_SAMPLES = """
    SELECT schemaname, tablename, attname, concat_ws(' | ', most_common_vals, histogram_bounds, most_common_elems)
    FROM pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
    UNION ALL
    SELECT schemaname, tablename, statistics_name, concat_ws(' | ', most_common_vals) FROM pg_stats_ext
    UNION ALL
    SELECT schemaname, tablename, statistics_name,
           concat_ws(' | ', expr, most_common_vals, histogram_bounds, most_common_elems) FROM pg_stats_ext_exprs
"""
# What a session ran last, the number in it perhaps, until it runs the next; ours has ended, or is this one.
_STATEMENTS = "SELECT pid, query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def rows(search: Search) -> Iterator[Trace]:
    """Yield each row and column of every database that holds the number. Sessions have a search of their own."""
    sessions = apps.is_installed("django.contrib.sessions")
    decoded = apps.get_model("sessions", "Session")._meta.db_table if sessions else ""
    for alias in connections:
        connection = connections[alias]
        for table in list(tables(connection, search.needle)):
            name = shown(connection, table.name)
            columns = [c for c in table.columns if (table.name, c.name) != (decoded, "session_data")]
            failed: list[str] = []
            for start in range(0, len(columns), COLUMNS_PER_QUERY):
                batch = columns[start : start + COLUMNS_PER_QUERY]
                for column, row_id in _rows(connection, table, batch, search.needle, failed):
                    yield Trace("database", name, column, row_id)
            if failed and len(failed) == len(columns):
                search.unread.append(name)
            else:
                search.unread.extend(f"{name}.{column}" for column in failed)


def samples(search: Search) -> Iterator[Trace]:
    """Yield the columns of which PostgreSQL's planner keeps the number: of rows that are gone, too, until ANALYZE."""
    for schema, table, column, text, connection in _asked(search, _SAMPLES, "pg_stats"):
        if holds(text, search.needle):
            name = table if schema == "public" else f"{schema}.{table}"
            yield Trace("statistics", shown(connection, name), column, "")


def statements(search: Search) -> Iterator[Trace]:
    """Yield the sessions of PostgreSQL whose last statement names the number: it stands in the server's memory."""
    for pid, query, connection in _asked(search, _STATEMENTS, "pg_stat_activity"):
        if query == "<insufficient privilege>":
            search.not_seen.append(f"the last statement of PostgreSQL's session {pid}: it is another role's")
        elif holds(query, search.needle):
            yield Trace("statement", shown(connection, "pg_stat_activity"), "query", pid)


def _asked(search: Search, sql: str, name: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query to each PostgreSQL, its connection behind each."""
    found: list[tuple[Any, ...]] = []
    for alias in connections:
        connection = connections[alias]
        if connection.vendor != "postgresql":
            continue
        try:
            with savepoint(connection), connection.cursor() as cursor:
                cursor.execute(sql)
                found += [(*row, connection) for row in cursor.fetchall()]
        except DatabaseError:
            search.unread.append(shown(connection, name))
    return found


def _rows(
    connection: BaseDatabaseWrapper,
    table: Table,
    columns: Sequence[Column],
    needle: Needle,
    failed: list[str],
) -> list[tuple[str, int | str]]:
    """Return (column, row) of each find in these columns. When they cannot be read together, one by one is tried."""
    if not columns:
        return []
    values = ", ".join(f"{column.expression} AS v{index}" for index, column in enumerate(columns))
    wanted = " OR ".join(f"v{index} IS NOT NULL" for index in range(len(columns)))
    sql = f"SELECT * FROM (SELECT {table.id} AS id, {values} FROM {table.sql}) AS found WHERE {wanted}"  # noqa: S608
    params = [param for column in columns for param in column.params]
    try:
        with savepoint(connection), connection.chunked_cursor() as cursor:
            cursor.execute(sql, params)
            return [
                (column.name, row[0] if isinstance(row[0], int) else str(row[0] or ""))
                for row in cursor
                for column, value in zip(columns, row[1:], strict=True)
                if holds(value, needle)
            ]
    except (DatabaseError, TooMuch):
        if len(columns) == 1:
            failed.append(columns[0].name)
            return []
        return [find for column in columns for find in _rows(connection, table, [column], needle, failed)]
