"""What a seal says, its digest, and its line in the file of published seals.

A seal vouches for entries by the root of their tree, and for all seals before it by the digest of the last one. Its
line outside the database also says which entries are under it, and the first bytes of each leaf: the root finds that
something was changed, these find what.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from consent.rules.times import require_aware

# What the first seal has instead of the digest of one before it.
GENESIS = "0" * 64
# So many bytes of each leaf stand in the line: as many as cannot be hit again within reason, in 8 characters.
MARK_BYTES = 6
_HEX = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")


class Unreadable(ValueError):
    """What should be a seal is none; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class SealFacts:
    """What a seal says. root, previous: hex SHA-256; sealed_at: aware."""

    number: int
    entries: int
    root: str
    previous: str
    sealed_at: datetime

    @property
    def digest(self) -> str:
        """The hex SHA-256 by which the next seal, and whoever keeps it outside, holds on to this one."""
        said = (self.number, self.entries, self.root, self.previous, moment(self.sealed_at))
        return sha256("\n".join(["ringfence-seal/1", *map(str, said), ""]).encode()).hexdigest()

    def said(self) -> dict[str, int | str]:
        """Return the seal as it stands in files."""
        return {
            "number": self.number,
            "entries": self.entries,
            "root": self.root,
            "previous": self.previous,
            "sealed_at": moment(self.sealed_at),
            "digest": self.digest,
        }


@dataclass(frozen=True, slots=True)
class Published:
    """A line of the file: a seal, the ids of its entries in order, and the marks of their leaves in that order."""

    seal: SealFacts
    ids: Sequence[int]
    marks: bytes

    def line(self) -> bytes:
        """Return the line, with its end."""
        said = self.seal.said() | {"ids": ranges(self.ids), "marks": b64encode(self.marks).decode()}
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def moment(at: datetime) -> str:
    """Return an aware moment as all proofs write it: in UTC, with all six digits of its microseconds."""
    return require_aware(at, name="at").isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_moment(text: object) -> datetime:
    """Return the moment that `moment` has written. Raises Unreadable for every other text."""
    try:
        read = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        read = None
    if read is None or moment(read) != text:
        raise Unreadable("a time is not one in UTC with microseconds")
    return read


def read_seal(said: object) -> SealFacts:
    """Return the seal that `SealFacts.said` has written. Raises Unreadable, also where its digest is another's."""
    if not isinstance(said, dict) or set(said) != {"number", "entries", "root", "previous", "sealed_at", "digest"}:
        raise Unreadable("not a seal")
    for name in ("number", "entries"):
        if type(said[name]) is not int or said[name] < 1:
            raise Unreadable(f"{name} is not a number from 1 on")
    for name in ("root", "previous", "digest"):
        if not is_hash(said[name]):
            raise Unreadable(f"{name} is not a hash")
    seal = SealFacts(said["number"], said["entries"], said["root"], said["previous"], read_moment(said["sealed_at"]))
    if seal.digest != said["digest"]:
        raise Unreadable(f"seal {seal.number} does not have the digest of what it says")
    return seal


def read_line(line: bytes) -> Published:
    """Return what a line of the file says. Raises Unreadable."""
    said = parse(line)
    if not isinstance(said, dict) or not {"ids", "marks"} <= set(said):
        raise Unreadable("not a seal with its entries")
    ids, marks = said.pop("ids"), said.pop("marks")
    seal = read_seal(said)
    try:
        published = Published(seal, read_ranges(ids, most=seal.entries), b64decode(marks, validate=True))
    except (TypeError, ValueError):
        raise Unreadable(f"the entries of seal {seal.number} cannot be read") from None
    if len(published.ids) != seal.entries or len(published.marks) != seal.entries * MARK_BYTES:
        raise Unreadable(f"seal {seal.number} names another number of entries than it has")
    return published


def parse(text: bytes) -> object:
    """Return the JSON value of a text that says nothing twice. Raises Unreadable."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON, or it says something twice") from None


def is_hash(value: object) -> bool:
    """Whether a value is a SHA-256 in hex, as this house writes it."""
    return isinstance(value, str) and _HEX.fullmatch(value) is not None


def ranges(ids: Iterable[int]) -> str:
    """Return rising ids as text: "1-3,7"."""
    found: list[list[int]] = []
    for one in ids:
        if found and one == found[-1][1] + 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def read_ranges(text: str, *, most: int) -> list[int]:
    """Return the ids that `ranges` has written. Raises ValueError for every other text, and for more than `most`."""
    found: list[int] = []
    for part in text.split(","):
        match = _RANGE.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not (found[-1] if found else 0) < first <= last or len(found) + last - first >= most:
            raise ValueError(part)
        found.extend(range(first, last + 1))
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError
    return said


def _no_constant(name: str) -> object:
    raise ValueError(name)
