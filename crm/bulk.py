"""Many rows at once: ids given out beforehand, rows written by COPY where the database has it.

Django's own ways make an object of every row, and simple-history another one; this goes round both. So whoever
writes here must write what those would have: history rows with their author, and times that fill themselves.
"""

import gc
import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction
from psycopg.types.datetime import TimestamptzLoader


def one_of(field: str, values: Collection[Any], *, text: bool) -> models.Func:
    """Return the condition that a field is one of these values, however many they are.

    text: whether they are texts; else they are ids. They are one parameter, and no subquery: of one, PostgreSQL,
    which knows nothing yet of rows just written, may compare each row with each value.
    """
    if connection.vendor == "postgresql":
        kind = "text" if text else "bigint"
        joiner, end = " = ANY(", f"::{kind}[])"
    else:
        joiner, end = " IN (SELECT value FROM json_each(", "))"
    return models.Func(
        models.F(field),
        models.Value(parameter(values)),
        arg_joiner=joiner,
        template=f"%(expressions)s{end}",
        output_field=models.BooleanField(),
    )


def among(rows: Any, field: str, ids: Collection[int]) -> "models.QuerySet[Any]":
    """Return those rows of a manager or queryset of which a field is one of the ids, in no order."""
    found: models.QuerySet[Any] = rows.filter(one_of(field, ids, text=False)).order_by()
    return found


def is_one_of(column: str, *, text: bool) -> str:
    """Return the same condition as text, for SQL of one's own; its parameter is `parameter(values)`."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s::{'text' if text else 'bigint'}[])"
    return f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608 (names of our own columns)


def parameter(values: Collection[Any]) -> Any:
    """Return the values as the one parameter of `is_one_of`."""
    given = list(values)
    if connection.vendor != "postgresql":
        return json.dumps(given)
    # An array as text: psycopg looks at each element for what must be quoted, and in an id or a digest nothing is.
    if set(map(type, given)) == {int}:
        return f"{{{str(given)[1:-1]}}}"
    joined = ",".join(map(str, given))
    return f"{{{joined}}}" if _PLAIN.fullmatch(joined) and joined.count(",") == len(given) - 1 else given


_PLAIN = re.compile("[0-9a-f]+(?:,[0-9a-f]+)*")


@contextmanager
def by_index() -> Iterator[None]:
    """Let PostgreSQL look rows up by their keys until the transaction ends, and begin one where there is none.

    It thinks thousands of keys dear, and would read the whole table for each chunk: the larger the table, the slower
    every one of them. A statement that it thinks dear it would compile first, which takes longer than to do it.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL jit = off")
        yield


def rows_of(found: "models.QuerySet[Any, Any]") -> "list[tuple[Any, ...]]":
    """Return the rows of a queryset of `values_list`; times are aware, in UTC.

    PostgreSQL's times are read by psycopg's own loader: Django's, which is written in Python, takes ten times as long.
    """
    if connection.vendor != "postgresql":
        return list(found)
    with connection.cursor() as cursor:
        cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(*found.query.sql_with_params())
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@contextmanager
def without_collection() -> Iterator[None]:
    """Leave out the search for cycles while many rows are read that have none: each time it walks through all else."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """Give out ids for rows that the caller is about to insert, in the transaction at hand."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [_sequence(table), count])
            return [pk for (pk,) in cursor.fetchall()]
        # There is one writer at a time, and it is we.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return list(range(last + 1, last + 1 + count))


@lru_cache(maxsize=64)
def _sequence(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        name: str = cursor.fetchone()[0]
    return name


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values for these columns (as the database names them) into the model's table.

    Values are of Python's own types; times are aware. Raises what Django raises of the database.
    """
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns))
    with connection.cursor() as cursor:
        by_column = {field.column: field for field in model._meta.concrete_fields}
        special = [at for at, name in enumerate(columns) if isinstance(by_column[name], _ADAPTED)]
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(_adapted(row, special, with_zone=True))
            return
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 (names of our own models)
            [_adapted(row, special, with_zone=False) for row in rows],
        )


def insert_for_each(model: type[models.Model], column: str, values: Collection[int], **same: Any) -> None:
    """Insert a row for each of these values of a column; `same`: what the others say in all rows, by their columns."""
    quote = connection.ops.quote_name
    by_column = {field.column: field for field in model._meta.concrete_fields}
    names = ", ".join(map(quote, [column, *same]))
    each = "unnest(%s::bigint[]) AS given(value)" if connection.vendor == "postgresql" else "json_each(%s)"
    # Each value has its type from the column into which it goes.
    said = [by_column[name].get_db_prep_save(value, connection) for name, value in same.items()]
    marks = ", ".join(["value", *["%s"] * len(same)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT {marks} FROM {each}",  # noqa: S608
            [*said, parameter(values)],
        )


_ADAPTED = (models.DateTimeField, models.UUIDField)


def _adapted(row: Sequence[Any], special: Sequence[int], *, with_zone: bool) -> Sequence[Any]:
    """Return a row with its times, in UTC, and its UUIDs as the text that the database takes."""
    if not special:
        return row
    values = list(row)
    for at in special:
        value = values[at]
        if isinstance(value, datetime):
            moment = value if value.tzinfo is UTC else value.astimezone(UTC)
            values[at] = str(moment if with_zone else moment.replace(tzinfo=None))
        elif isinstance(value, UUID):
            values[at] = value.hex
    return values


def copy_to_history(model: type[models.Model], ids: Collection[int], **history: Any) -> None:
    """Write a history row for each of these rows as it now stands.

    history: the values of the history table's own columns, such as history_type="+"; the same for all rows.
    """
    if not ids:
        return
    table: Any = model.history.model  # type: ignore[attr-defined]
    own = {field.column for field in model._meta.concrete_fields}
    fields = [field for field in table._meta.concrete_fields if field.column in own]
    quote = connection.ops.quote_name
    said = [table._meta.get_field(name) for name in history]
    values = [field.get_db_prep_save(value, connection) for field, value in zip(said, history.values(), strict=True)]
    columns = ", ".join(quote(field.column) for field in [*fields, *said])
    chosen = ", ".join([*(quote(field.column) for field in fields), *["%s"] * len(said)])
    source, target = quote(model._meta.db_table), quote(table._meta.db_table)
    some = is_one_of("id", text=False)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {target} ({columns}) SELECT {chosen} FROM {source} WHERE {some}",  # noqa: S608
            [*values, parameter(ids)],
        )
