"""The proof file, which shows entries of the ledger to be under their seals, and needs no database to be checked.

Nothing stands in it that is not checked, so no letter of it can be changed unnoticed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from consent.rules import merkle
from consent.rules.entries import COLUMNS, WORDING, Entry, Wording, canonical
from consent.rules.seals import SealFacts, Unreadable, is_hash, moment, parse, read_moment, read_seal

FORMAT = "ringfence-proof/1"
HOW_TO_CHECK = (
    "Each entry's leaf is SHA-256 over 0x00 and its bytes; its path leads from there to the root of its seal (RFC"
    " 6962); the seal's digest must be the one that was published. `manage.py verify_proof FILE --seals SEALS` checks"
    " it all."
)
_NUMBERS = {"id", "point_id", "purpose_id", "source_id", "batch_id", "actor_user_id", "notice_id", "version"}
_MOMENTS = {"occurred_at", "recorded_at"}
_MAY_BE_ABSENT = {"source_id", "batch_id", "actor_user_id", "notice_id"}


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry with all that shows it to be under a seal. text: the wording itself; path: hashes, from the leaf up."""

    entry: Entry
    wording: Wording | None
    text: str | None
    position: int
    path: Sequence[bytes]
    seal: SealFacts


def proof_file(proven: Sequence[Proven]) -> dict[str, Any]:
    """Return the content of a proof file, as JSON takes it: nothing stands in it that is not checked."""
    seals = {one.seal.number: one.seal for one in proven}
    return {
        "format": FORMAT,
        "how_to_check": HOW_TO_CHECK,
        "entries": [_said(one) for one in proven],
        "seals": [seals[number].said() for number in sorted(seals)],
    }


def _said(one: Proven) -> dict[str, Any]:
    wording = one.wording and {name: getattr(one.wording, name) for name in WORDING} | {"text": one.text}
    return {
        "entry": {name: _plain(getattr(one.entry, name)) for name in COLUMNS},
        "notice": wording,
        "leaf": merkle.leaf(canonical(one.entry, one.wording)).hex(),
        "seal": one.seal.number,
        "position": one.position,
        "path": [sibling.hex() for sibling in one.path],
    }


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if isinstance(value, UUID) else value


@dataclass(frozen=True, slots=True)
class Checked:
    """What a proof file shows: the ids of its entries, its seals, and everything that is wrong with it."""

    entries: Sequence[int] = ()
    seals: Sequence[SealFacts] = ()
    wrong: Sequence[str] = ()


def check(content: bytes, *, published: Mapping[int, str] | None = None) -> Checked:
    """Check a proof file. published: digests of seals by number, from the file of published seals or by hand.

    Without them the file is checked in itself, and whoever made it may have made the seals too.
    """
    try:
        said = _keys(parse(content), "the file", {"format", "how_to_check", "entries", "seals"})
        if said["format"] != FORMAT or said["how_to_check"] != HOW_TO_CHECK:
            raise Unreadable(f"the file is not a proof in the format {FORMAT}")
        listed = [read_seal(seal) for seal in _list(said["seals"], "seals")]
        entries = _list(said["entries"], "entries")
    except Unreadable as error:
        return Checked(wrong=[str(error)])
    seals = {seal.number: seal for seal in listed}
    wrong, ids = [], []
    for at, one in enumerate(entries, 1):
        try:
            ids.append(_check_entry(one, seals))
        except Unreadable as error:
            wrong.append(f"entry {at} of the file: {error}")
    used = {one["seal"] for one in entries if isinstance(one, dict) and type(one.get("seal")) is int}
    if [*seals] != sorted(used) or len(listed) != len(seals):
        wrong.append("the seals of the file are not those of its entries")
    if len(set(ids)) != len(ids):
        wrong.append("an entry stands in the file twice")
    if not ids and not wrong:
        wrong.append("the file proves no entry")
    if published is not None:
        wrong += [_disagreement(seal, published) for seal in listed if published.get(seal.number) != seal.digest]
    return Checked(ids, listed, wrong)


def _disagreement(seal: SealFacts, published: Mapping[int, str]) -> str:
    if seal.number in published:
        return f"seal {seal.number} is not the one that was published"
    return f"seal {seal.number} is not among the published ones"


def _check_entry(said: object, seals: Mapping[int, SealFacts]) -> int:
    """Return the id of an entry that is what its seal vouches for. Raises Unreadable."""
    one = _keys(said, "it", {"entry", "notice", "leaf", "seal", "position", "path"})
    entry = Entry(**_read(_keys(one["entry"], "the entry", set(COLUMNS)), COLUMNS))
    wording = None
    if one["notice"] is not None:
        notice = _keys(one["notice"], "the notice", {*WORDING, "text"})
        wording = Wording(**_read(notice, WORDING))
        if hashlib.sha256(_text(notice["text"], "text").encode()).hexdigest() != wording.digest:
            raise Unreadable("the wording of the notice is not the one that was shown")
    leaf = merkle.leaf(canonical(entry, wording))
    if leaf.hex() != one["leaf"]:
        raise Unreadable("its values are not those that its leaf was made of")
    path, position = [_hash(sibling) for sibling in _list(one["path"], "path")], _number(one["position"], "position")
    seal = seals.get(_number(one["seal"], "seal"))
    if seal is None:
        raise Unreadable("its seal is not in the file")
    if not merkle.is_under(bytes.fromhex(seal.root), leaf=leaf, index=position, size=seal.entries, path=path):
        raise Unreadable(f"its path does not lead to the root of seal {seal.number}")
    return entry.id


def _read(said: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: _value(said[name], name) for name in names}


def _value(value: object, name: str) -> object:
    if value is None and name in _MAY_BE_ABSENT:
        return None
    if name in _NUMBERS:
        return _number(value, name)
    if name in _MOMENTS:
        return read_moment(value)
    if name == "uid":
        try:
            uid = UUID(_text(value, name))
        except ValueError:
            uid = None
        if uid is None or str(uid) != value:
            raise Unreadable("uid is not a record id")
        return uid
    return _text(value, name)


def _keys(value: object, what: str, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != keys:
        raise Unreadable(f"{what} does not say exactly: {', '.join(sorted(keys))}")
    return value


def _list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable(f"{name} is not a list")
    return value


def _number(value: object, name: str) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise Unreadable(f"{name} is not a whole number")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not _is_unicode(value):
        raise Unreadable(f"{name} is not a text")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _hash(value: object) -> bytes:
    if not is_hash(value):
        raise Unreadable("a hash of the path is none")
    return bytes.fromhex(str(value))
