"""The lines of the journal: records of what is erased, and what became of them, each under a MAC.

A line is one JSON object. A record begins with its `seq`, an outcome with "outcome"; the last member of either is its
MAC, over all that stands before it: of a record, and over the MAC of the record before it, so that no record can be
changed, left out, doubled or moved without breaking the chain; of an outcome, and over nothing else. Where the oldest
records have been let go, the first line says with which record the rest begins, and which MAC that one follows.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from crm.models import fingerprint_keys

COMMITTED, VOID = "committed", "void"
# The reason of a record that erases nothing: what stood before it is lost, and somebody has said that it is.
LOST = "journal lost"
_JSON = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
# What tells lines apart, and chains them, without reading them whole: a record may have a hundred thousand bytes.
_RECORD = re.compile(rb'\{"seq":([0-9]{1,18}),.*,"mac":"([0-9a-f]{64})"\}\n?', re.DOTALL)
_OUTCOME = re.compile(
    rb'\{"outcome":"(committed|void)","seq":([0-9]{1,18}),"record":"([0-9a-f]{64})","key":"([^"\\]{1,16})",'
    rb'"mac":"([0-9a-f]{64})"\}\n?'
)
_BEGINNING = re.compile(
    rb'\{"begins":([0-9]{1,18}),"previous":"([0-9a-f]{64})","key":"([^"\\]{1,16})","mac":"([0-9a-f]{64})"\}\n?'
)
_DATED = re.compile(rb'\{"seq":[0-9]{1,18},"at":"([^"]{1,40})",')


class Line(NamedTuple):
    """A line of people that was touched: its id, its keyed fingerprint, and whether it was erased."""

    id: int
    number_key: str
    key_id: str
    erased: bool


class Point(NamedTuple):
    """A contact point that was erased, by all of what makes it that one."""

    id: int
    contact_id: int
    line_id: int


@dataclass(frozen=True, slots=True)
class Record:
    """What one transaction erases. at: aware, UTC. contacts: ids of those whose profile goes.

    reason: a short code, of the run's policies "retention". run: the id of the purge run, if it was one. merged: ids
    of contacts that were merged, each with that of its survivor: in a backup of before, points are theirs.
    """

    seq: int
    at: datetime
    reason: str
    run: int | None
    lines: Sequence[Line]
    points: Sequence[Point]
    contacts: Sequence[int]
    merged: Sequence[tuple[int, int]] = ()

    def values(self) -> dict[str, Any]:
        """Return the record as its line has it, but for key and MAC."""
        return {
            "seq": self.seq,
            "at": self.at.isoformat(),
            "reason": self.reason,
            "run": self.run,
            "lines": [[line.id, line.number_key, line.key_id, int(line.erased)] for line in self.lines],
            "points": [list(point) for point in self.points],
            "contacts": list(self.contacts),
            **({"merged": [list(pair) for pair in self.merged]} if self.merged else {}),
        }


class Outcome(NamedTuple):
    """What became of a record: whether its transaction was committed; record: the MAC of that record."""

    seq: int
    committed: bool
    record: str


def signed(record: Record, *, previous: str) -> tuple[bytes, str]:
    """Return the line of a record and its MAC; previous: that of the record before it, or ""."""
    key_id, key = _current()
    body = _JSON.encode(record.values() | {"key": key_id})
    mac = _mac_of(key, previous, body)
    # The same as of the values with the MAC as their last, without spelling a chunk's out a second time.
    return f'{body[:-1]},"mac":"{mac}"}}\n'.encode(), mac


def outcome_line(outcome: Outcome) -> bytes:
    """Return the line that says what became of a record."""
    key_id, key = _current()
    said = COMMITTED if outcome.committed else VOID
    values = {"outcome": said, "seq": outcome.seq, "record": outcome.record, "key": key_id}
    return _line(values | {"mac": _mac(key, "", values)})


def glance(line: bytes) -> tuple[int, str] | None:
    """Return seq and MAC of a record's line, read no further; None for any other line."""
    found = _RECORD.fullmatch(line)
    return (int(found[1]), found[2].decode()) if found else None


def outcome_of(line: bytes) -> Outcome | None:
    """Return what an outcome's line says; None for any other line, and for one that is not authentic.

    One under a key that is not there any more cannot be told from one of ours, and counts.
    """
    found = _OUTCOME.fullmatch(line)
    if not found:
        return None
    said, seq, record, key_id, mac = (part.decode() for part in found.groups())
    values = {"outcome": said, "seq": int(seq), "record": record, "key": key_id}
    key = _keys().get(key_id)
    if key is not None and not hmac.compare_digest(_mac(key, "", values), mac):
        return None
    return Outcome(int(seq), said == COMMITTED, record)


def beginning_line(seq: int, previous: str) -> bytes:
    """Return the line that says with which record a shortened journal begins; previous: the MAC that it follows."""
    key_id, key = _current()
    values = {"begins": seq, "previous": previous, "key": key_id}
    return _line(values | {"mac": _mac(key, "", values)})


def beginning_of(line: bytes) -> tuple[int, str] | None:
    """Return the seq with which the journal begins, and the MAC that it follows; None for any other line."""
    found = _BEGINNING.fullmatch(line)
    if not found:
        return None
    seq, previous, key_id, mac = (part.decode() for part in found.groups())
    key = _keys().get(key_id)
    values = {"begins": int(seq), "previous": previous, "key": key_id}
    if key is not None and not hmac.compare_digest(_mac(key, "", values), mac):
        return None
    return int(seq), previous


def made_at(line: bytes) -> datetime | None:
    """Return when a record was made (aware), read no further; None for any other line."""
    found = _DATED.match(line)
    return datetime.fromisoformat(found[1].decode()) if found else None


class NotAuthentic(ValueError):
    """The line is no record of ours: it was changed, stands in the wrong place, or its key is gone. Says which."""


def read(line: bytes, *, previous: str) -> Record:
    """Return the record of a line that follows the record with the MAC `previous`. Raises NotAuthentic."""
    try:
        values = json.loads(line)
        mac, key_id = values.pop("mac"), values["key"]
        key = _keys().get(key_id)
        if key is None:
            raise NotAuthentic("its key is not in FINGERPRINT_KEYS")
        if not hmac.compare_digest(_mac(key, previous, values), mac):
            raise NotAuthentic("it was changed, or does not follow the record before it")
        return Record(
            seq=values["seq"],
            at=datetime.fromisoformat(values["at"]),
            reason=values["reason"],
            run=values["run"],
            lines=[Line(pk, key, key_id, bool(erased)) for pk, key, key_id, erased in values["lines"]],
            points=[Point(*point) for point in values["points"]],
            contacts=values["contacts"],
            merged=[(pk, survivor_id) for pk, survivor_id in values.get("merged", ())],
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, NotAuthentic):
            raise
        raise NotAuthentic("it cannot be read") from None


def _line(values: dict[str, Any]) -> bytes:
    return _JSON.encode(values).encode() + b"\n"


def _mac(key: bytes, previous: str, values: dict[str, Any]) -> str:
    return _mac_of(key, previous, _JSON.encode(values))


def _mac_of(key: bytes, previous: str, body: str) -> str:
    return hmac.new(key, f"{previous}\n{body}".encode(), hashlib.sha256).hexdigest()


def _keys() -> dict[str, bytes]:
    """Return the journal's keys by id: made of the fingerprint keys, and good for nothing else."""
    return _derived(tuple(fingerprint_keys().items()))


@lru_cache(maxsize=2)
def _derived(keys: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    return {key_id: hmac.new(key, b"ringfence journal", hashlib.sha256).digest() for key_id, key in keys}


def _current() -> tuple[str, bytes]:
    return next(iter(_keys().items()))
