"""Reading entries as the bytes that seals vouch for, however many they are, without an object for each.

On PostgreSQL a row comes as COPY writes it, and a part of the message is what is hashed; on SQLite the same bytes are
put together here. A row that somebody has tampered with is read like any other: its bytes are not those of its leaf.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from consent.models import Notice
from consent.rules import entries
from consent.rules.entries import Wording

_LEAF = b"\x00" + entries.PREFIX
_NUMBERS = {"id", "point_id", "purpose_id", "source_id", "batch_id", "actor_user_id", "notice_id"}
_MOMENTS = {"occurred_at", "recorded_at"}

# What PostgreSQL's binary COPY puts before the first row, and after the last.
_SIGNATURE = 19
_TRAILER = b"\xff\xff"

_UNSEALED = """
    FROM consent_consentevent e WHERE NOT EXISTS (SELECT 1 FROM consent_sealedentry s WHERE s.entry_id = e.id)
"""
_SEALED = """
    FROM consent_sealedentry s LEFT JOIN consent_consentevent e ON e.id = s.entry_id
    LEFT JOIN consent_endedproof p ON p.entry_id = s.entry_id
"""


class SealedRow(NamedTuple):
    """An entry under a seal. leaf: as it is stored; found: the leaf that its bytes give, None where the entry is gone;

    ended: whether the entry may be gone.
    """

    entry_id: int
    seal: int
    position: int
    leaf: bytes
    found: bytes | None
    ended: bool


def wordings() -> dict[int, bytes]:
    """Return, by the id of each notice, and by 0 for none, the last part of the bytes of the entries that name it."""
    notices = Notice.objects.values_list("pk", "language", "version", "digest").iterator(2000)
    found = {0: entries.packed_wording(None)}
    for pk, language, version, digest in notices:
        found[pk] = entries.packed_wording(Wording(language, version, digest))
    return found


def unsealed(*, most: int, between: tuple[int, int] = (0, 2**63 - 1)) -> Iterator[tuple[int, bytes]]:
    """Yield the id and the leaf of each entry under no seal, by id, but no more than `most`; between: these ids."""
    # The notices are read after the entries, which may name one that was published a moment ago.
    tail = f"{_UNSEALED} AND e.id BETWEEN {between[0]} AND {between[1]} ORDER BY e.id LIMIT {most}"
    if connection.vendor == "postgresql":
        head = struct.Struct(">h iq iq")
        rows = list(_copied(f"SELECT e.id, coalesce(e.notice_id, 0), {_columns()} {tail}"))
        notices = wordings()
        for row in rows:
            _count, _1, pk, _2, notice = head.unpack_from(row)
            yield pk, _leaf(row[head.size :], notices.get(notice, notices[0]))
    else:
        selected = list(_selected(f"SELECT e.id, e.notice_id, {_columns()} {tail}"))
        notices = wordings()
        for pk, notice, *values in selected:
            yield pk, _leaf(_packed(values), notices.get(notice, notices[0]))


def sealed(*, up_to: int) -> Iterator[SealedRow]:
    """Yield every entry under the seals up to a number, by id."""
    notices = wordings()
    tail = f"{_SEALED} WHERE s.seal_id <= {up_to} ORDER BY s.entry_id"
    about = "s.entry_id, s.seal_id, s.position, coalesce(e.notice_id, 0), e.id IS NOT NULL, p.entry_id IS NOT NULL"
    if connection.vendor != "postgresql":
        about += ", CAST(s.leaf AS BLOB)"
        for pk, seal, position, notice, is_there, ended, leaf, *values in _selected(
            f"SELECT {about}, {_columns()} {tail}"
        ):
            found = _leaf(_packed(values), notices.get(notice, notices[0])) if is_there else None
            yield SealedRow(pk, seal, position, leaf, found, bool(ended))
        return
    head = struct.Struct(">h iq ii ii iq i? i? i")
    start, unpack = head.size, head.unpack_from
    for row in _copied(f"SELECT {about}, s.leaf, {_columns()} {tail}"):
        _0, _1, pk, _2, seal, _3, position, _4, notice, _5, is_there, _6, ended, length = unpack(row)
        end = start + length
        found = _leaf(row[end:], notices.get(notice, notices[0])) if is_there else None
        yield SealedRow(pk, seal, position, bytes(row[start:end]), found, ended)


def _leaf(content: bytes, wording: bytes) -> bytes:
    return sha256(_LEAF + content + wording).digest()


def _columns() -> str:
    """Return the values of an entry as SQL, in the order of their bytes."""
    if connection.vendor == "postgresql":
        return ", ".join(f"e.{name}::int8" if name in _NUMBERS else f"e.{name}" for name in entries.COLUMNS)
    return ", ".join(f"e.{name}" if name in _NUMBERS else f"CAST(e.{name} AS BLOB)" for name in entries.COLUMNS)


def _copied(query: str) -> Iterator[bytes]:
    """Yield each row of a query as PostgreSQL copies it."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)") as copy,
    ):
        rows = iter(copy)
        for row in chain([next(rows)[_SIGNATURE:]], rows):
            if row != _TRAILER:
                yield bytes(row)


def _selected(query: str) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(2000):
            yield from rows


def _packed(values: list[object]) -> bytes:
    return entries.packed(_of_sqlite(name, value) for name, value in zip(entries.COLUMNS, values, strict=True))


def _of_sqlite(name: str, value: object) -> object:
    """Return what SQLite keeps as what it means; what means nothing stays the text that it is."""
    if isinstance(value, bytes):
        with suppress(ValueError):
            if name in _MOMENTS:
                return datetime.fromisoformat(value.decode()).replace(tzinfo=UTC)
            if name == "uid":
                return UUID(value.decode())
    return str(value) if isinstance(value, float) else value
