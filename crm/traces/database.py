"""Searching a database: every table that it says it has, whether or not a model knows of it.

The database sorts out cheaply what cannot match (the digits do not even stand there in order), and only what is
left is looked at closely. Rows are told by a whole-number or UUID key; a key of text may be a secret, such as a
session's, or the number itself, so those rows are told by where they lie.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from crm.traces.needle import Needle, Trace

COLUMNS_PER_QUERY = 20
_FUNCTION = "ringfence_holds_number"
_POSTGRES_TABLES = """
    SELECT c.oid, n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND NOT pg_is_other_temp_schema(n.oid) ORDER BY n.nspname, c.relname
"""
_POSTGRES_COLUMNS = """
    SELECT a.attname, b.typname, b.typcategory,
           coalesce((SELECT i.indnatts = 1 FROM pg_index i
                     WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)), false)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    JOIN pg_type b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_POSTGRES_STATISTICS = """
    SELECT schemaname, tablename, attname FROM pg_stats
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
      AND concat_ws(' | ', most_common_vals::text, histogram_bounds::text) ~ %s
"""
_INTEGERS = ("int2", "int4", "int8")
_NUMBERS = (*_INTEGERS, "numeric", "float4", "float8")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column; `expression` is what its rows yield when they may hold the number (null when not)."""

    name: str
    expression: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table: its name as it is told and as SQL says it, what tells a row apart, and its columns."""

    name: str
    sql: str
    id: str
    columns: Sequence[_Column]


def search(connection: BaseDatabaseWrapper, needle: Needle, unread: list[str]) -> Iterator[Trace]:
    """Yield each row and column of the database that holds the number; name in `unread` what cannot be read."""
    place = "database" if connection.alias == "default" else f"database {connection.alias}"
    tables: Callable[..., Iterator[_Table]] = _postgres_tables if connection.vendor == "postgresql" else _sqlite_tables
    for table in list(tables(connection, needle)):
        failed: list[str] = []
        for start in range(0, len(table.columns), COLUMNS_PER_QUERY):
            batch = table.columns[start : start + COLUMNS_PER_QUERY]
            for column, row_id in _rows(connection, table, batch, needle, failed):
                yield Trace(place, table.name, column, row_id)
        if failed and len(failed) == len(table.columns):
            unread.append(table.name)
        else:
            unread.extend(f"{table.name}.{name}" for name in failed)
    if connection.vendor == "postgresql":
        yield from _statistics(connection, needle, unread)


def savepoint(connection: BaseDatabaseWrapper) -> AbstractContextManager[Any]:
    """A query that fails must not end the caller's transaction; without one, none is begun (it would lock)."""
    return transaction.atomic(using=connection.alias) if connection.in_atomic_block else nullcontext()


def row_position(connection: BaseDatabaseWrapper) -> str:
    """Return the SQL for where a row lies."""
    return "'ctid ' || ctid::text" if connection.vendor == "postgresql" else "'rowid ' || rowid"


def _rows(
    connection: BaseDatabaseWrapper,
    table: _Table,
    columns: Sequence[_Column],
    needle: Needle,
    failed: list[str],
) -> list[tuple[str, int | str]]:
    """Return (column, row) of each find in these columns. When they cannot be read together, one by one is tried."""
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
                if needle.in_value(value)
            ]
    except DatabaseError:
        if len(columns) == 1:
            failed.append(columns[0].name)
            return []
        return [find for column in columns for find in _rows(connection, table, [column], needle, failed)]


def _sqlite_tables(connection: BaseDatabaseWrapper, needle: Needle) -> Iterator[_Table]:
    """Any column of SQLite may hold text, whatever type it declares, so every one is searched."""
    connection.ensure_connection()
    connection.connection.create_function(
        _FUNCTION, 1, lambda value: value if needle.in_value(value) else None, deterministic=True
    )
    quote = connection.ops.quote_name
    guard = " OR ".join(["{0} LIKE %s"] * len(needle.guards))
    # LIKE ends at a zero character, so text with one in it is looked at in any case.
    expression = (
        "CASE typeof({0}) WHEN 'null' THEN NULL WHEN 'text' THEN "
        f"CASE WHEN {guard} OR instr(CAST({{0}} AS BLOB), x'00') THEN {_FUNCTION}(CAST({{0}} AS BLOB)) END "
        f"ELSE {_FUNCTION}({{0}}) END"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, wr FROM pragma_table_list WHERE schema <> 'temp' AND type <> 'view'")
        tables = sorted(cursor.fetchall())
        for name, without_rowid in tables:
            cursor.execute("SELECT name, upper(type), pk FROM pragma_table_xinfo(%s)", [name])
            columns = cursor.fetchall()
            keys = [(column, kind) for column, kind, key in columns if key]
            row_id = "NULL" if without_rowid else row_position(connection)
            if len(keys) == 1 and "INT" in keys[0][1]:
                row_id = quote(keys[0][0])
            yield _Table(
                name,
                quote(name),
                row_id,
                [
                    _Column(column, expression.format(quote(column)), tuple(needle.guards))
                    for column, _kind, _key in columns
                ],
            )


def _postgres_tables(connection: BaseDatabaseWrapper, needle: Needle) -> Iterator[_Table]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_TABLES)
        for oid, schema, name, kind in cursor.fetchall():
            cursor.execute(_POSTGRES_COLUMNS, [oid])
            row_id = "NULL" if kind == "f" else row_position(connection)
            columns = []
            for column, type_name, category, is_key in cursor.fetchall():
                if is_key and type_name in (*_INTEGERS, "uuid"):
                    row_id = quote(column)
                if found := _postgres_column(column, quote(column), type_name, category, needle):
                    columns.append(found)
            if columns:
                shown = name if schema == "public" else f"{schema}.{name}"
                yield _Table(shown, f"{quote(schema)}.{quote(name)}", row_id, columns)


def _postgres_column(name: str, quoted: str, type_name: str, category: str, needle: Needle) -> _Column | None:
    """Return how to search a column by its (base) type; None for those whose values are no text."""
    if type_name in _NUMBERS:
        kind = "float8" if type_name.startswith("float") else "numeric"
        expression = f"CASE WHEN {quoted} = ANY (%s::{kind}[]) THEN {quoted}::numeric END"
        return _Column(name, expression, (sorted(needle.numerals),))
    if type_name == "uuid" or category in "BDGNTV":  # truth, dates, shapes, other numbers, periods, bits
        return None
    if type_name == "bytea":
        expression = f"CASE WHEN encode({quoted}, 'escape') LIKE ANY (%s) THEN {quoted} END"
        return _Column(name, expression, (needle.guards,))
    text = f"{quoted}::text"
    expression = f"CASE WHEN {text} LIKE ANY (%s) AND {text} ~ %s THEN {text} END"
    return _Column(name, expression, (needle.guards, needle.expression))


def _statistics(connection: BaseDatabaseWrapper, needle: Needle, unread: list[str]) -> Iterator[Trace]:
    """The planner keeps samples of real values, also of rows that are gone until the table is analyzed again."""
    try:
        with savepoint(connection), connection.cursor() as cursor:
            cursor.execute(_POSTGRES_STATISTICS, [needle.expression])
            rows = cursor.fetchall()
    except DatabaseError:
        unread.append("pg_stats")
        return
    for schema, table, column in rows:
        yield Trace("statistics", table if schema == "public" else f"{schema}.{table}", column, "")
