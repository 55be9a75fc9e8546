"""The bytes of a ledger entry that a seal vouches for.

They are PREFIX and then each value, in the order of Entry and of Wording, as four bytes of its length and the value
itself: whole numbers in eight bytes, the record id in sixteen, a moment as the microseconds since 2000 (UTC) in eight
bytes, text in UTF-8; all big-endian. An absent value has the length -1 and no bytes, and so has each value of an
absent wording. No two entries have the same bytes: every value says where it ends. It is how PostgreSQL copies a row
in its binary format, so a million entries are read from it without being spelt out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

PREFIX = b"ringfence-entry/1\n"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ABSENT = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Wording:
    """The notice that an entry names. digest: hex SHA-256 of its text."""

    language: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the ledger, with the names of its columns; moments are aware."""

    id: int
    uid: UUID
    point_id: int
    purpose_id: int
    channel: str
    act: str
    occurred_at: datetime
    recorded_at: datetime
    source_id: int | None
    batch_id: int | None
    method: str
    actor_user_id: int | None
    evidence_digest: str
    actor_name: str
    notice_id: int | None


COLUMNS = tuple(field.name for field in fields(Entry))
WORDING = tuple(field.name for field in fields(Wording))


def canonical(entry: Entry, wording: Wording | None) -> bytes:
    """Return the bytes of an entry. Raises OverflowError for numbers of more than eight bytes."""
    return PREFIX + packed(getattr(entry, name) for name in COLUMNS) + packed_wording(wording)


def packed_wording(wording: Wording | None) -> bytes:
    """Return the part of the bytes that the entries of one notice have in common."""
    return packed(getattr(wording, name, None) for name in WORDING)


def packed(values: Iterable[object]) -> bytes:
    """Return values one after the other: None, int, UUID, aware datetime, str, or bytes as they are."""
    return b"".join(map(_packed, values))


def _packed(value: object) -> bytes:
    match value:
        case None:
            return _ABSENT
        case int():
            content = value.to_bytes(8, "big", signed=True)
        case str():
            content = value.encode()
        case datetime():
            content = ((value - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True)
        case UUID():
            content = value.bytes
        case bytes():
            content = value
        case _:
            raise TypeError(type(value).__name__)
    return len(content).to_bytes(4, "big") + content
