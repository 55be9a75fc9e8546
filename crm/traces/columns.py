"""What a database says that it has: its tables and columns, and how to ask for the rows that may hold the number.

The database sorts out cheaply what cannot match: the digits do not even stand there in order, and nothing there
looks packed. SQLite's columns may hold anything, whatever type they declare, so every one is searched.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from crm.traces import unpacking
from crm.traces.needle import Needle
from crm.traces.searching import row_position

_FUNCTION = "ringfence_holds_number"
# As long as the shortest base64 of seven digits and more.
_PACKED_FROM = 14
_PACKED = rf"[A-Za-z0-9+/_-]{{{_PACKED_FROM}}}|\\u003"
_SQLITE_PACKED = f"*{'[A-Za-z0-9+/_-]' * _PACKED_FROM}*"
_DIGEST = "^[0-9a-f]*$"
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
_INTEGERS = ("int2", "int4", "int8")
_LARGEST = {"int2": (1 << 15) - 1, "int4": (1 << 31) - 1}
_NUMBERS = (*_INTEGERS, "numeric", "float4", "float8")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `expression` is what its rows yield when they may hold the number (null when not)."""

    name: str
    expression: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its name as it is told and as SQL says it, what tells a row apart, and its columns."""

    name: str
    sql: str
    id: str
    columns: Sequence[Column]


def tables(connection: BaseDatabaseWrapper, needle: Needle) -> Iterator[Table]:
    """Yield the tables of a database with their columns."""
    found: Callable[..., Iterator[Table]] = _postgres_tables if connection.vendor == "postgresql" else _sqlite_tables
    return found(connection, needle)


def _sqlite_tables(connection: BaseDatabaseWrapper, needle: Needle) -> Iterator[Table]:
    """Any column of SQLite may hold text, whatever type it declares, so every one is searched."""
    connection.ensure_connection()
    connection.connection.create_function(
        _FUNCTION, 1, lambda value: value if unpacking.holds(value, needle) else None, deterministic=True
    )
    quote = connection.ops.quote_name
    guard = " OR ".join(["{0} LIKE %s"] * len(needle.guards))
    numerals = ", ".join(map(str, sorted(needle.numerals))) or "NULL"
    # LIKE ends at a zero character, so text with one in it is looked at in any case.
    expression = (
        f"CASE typeof({{0}}) WHEN 'text' THEN CASE WHEN {guard} OR instr(CAST({{0}} AS BLOB), x'00')"
        f" OR (({{0}} GLOB '{_SQLITE_PACKED}' OR instr({{0}}, '\\u003')) AND ({{0}} GLOB '*[^0-9a-f]*'))"
        f" THEN {_FUNCTION}(CAST({{0}} AS BLOB)) END"
        f" WHEN 'blob' THEN {_FUNCTION}({{0}}) WHEN 'null' THEN NULL"
        f" ELSE CASE WHEN {{0}} IN ({numerals}) THEN {{0}} END END"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, wr FROM pragma_table_list WHERE schema <> 'temp' AND type <> 'view'")
        for name, without_rowid in sorted(cursor.fetchall()):
            cursor.execute("SELECT name, upper(type), pk FROM pragma_table_xinfo(%s)", [name])
            columns = cursor.fetchall()
            keys = [(column, kind) for column, kind, key in columns if key]
            row_id = "NULL" if without_rowid else row_position(connection)
            if len(keys) == 1 and "INT" in keys[0][1]:
                row_id = quote(keys[0][0])
            yield Table(
                name,
                quote(name),
                row_id,
                [
                    Column(column, expression.format(quote(column)), tuple(needle.guards))
                    for column, _kind, _key in columns
                ],
            )


def _postgres_tables(connection: BaseDatabaseWrapper, needle: Needle) -> Iterator[Table]:
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
                yield Table(shown, f"{quote(schema)}.{quote(name)}", row_id, columns)


def _postgres_column(name: str, quoted: str, type_name: str, category: str, needle: Needle) -> Column | None:
    """Return how to search a column by its (base) type; None for those whose values are no text."""
    if type_name in _NUMBERS:
        # Compared in its own type, a key costs next to nothing; what it is too narrow for it does not hold.
        numerals = [number for number in sorted(needle.numerals) if number <= _LARGEST.get(type_name, number)]
        kind = "float8" if type_name.startswith("float") else type_name
        expression = f"CASE WHEN {quoted} = ANY (%s::{kind}[]) THEN {quoted}::numeric END"
        return Column(name, expression, (numerals,)) if numerals else None
    if type_name == "uuid" or category in "BDGNTV":  # truth, dates, shapes, other numbers, periods, bits
        return None
    if type_name == "bytea":
        return Column(name, quoted, ())
    text = f"{quoted}::text"
    plain = f"{text} LIKE ANY (%s) AND {text} ~ %s"
    packed = f"length({text}) >= {_PACKED_FROM} AND {text} ~ %s AND {text} !~ %s"
    expression = f"CASE WHEN ({plain}) OR ({packed}) THEN {text} END"
    return Column(name, expression, (needle.guards, needle.sieve, _PACKED, _DIGEST))
