"""Proof files: what they prove they prove without a database, and no value of one can be changed unnoticed."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.rules import merkle, proof
from consent.rules.entries import Entry, Wording, canonical
from consent.rules.proof import Proven
from consent.rules.seals import (
    GENESIS,
    Published,
    SealFacts,
    Unreadable,
    moment,
    ranges,
    read_line,
    read_moment,
    read_ranges,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENTRY = Entry(*(7, UUID(int=5), 3, 2, "sms", "given", NOON, NOON, 4, None, "web_form", None, "ab" * 32, "person", 1))
# From the first of January 2000 to NOON.
MICROSECONDS = (9557 * 24 + 12) * 3600 * 1_000_000
TEXT = "May we contact you?"


def proven(count: int = 3) -> list[Proven]:
    """Return entries under one seal, each with its path."""
    wording = Wording("en", 1, hashlib.sha256(TEXT.encode()).hexdigest())
    made = [replace(ENTRY, id=number) for number in range(1, count + 1)]
    leaves = [merkle.leaf(canonical(one, wording)) for one in made]
    seal = SealFacts(1, count, merkle.root(leaves).hex(), GENESIS, NOON)
    return [Proven(one, wording, TEXT, at, merkle.path(leaves, at), seal) for at, one in enumerate(made)]


def content(count: int = 3) -> dict[str, Any]:
    return proof.proof_file(proven(count))


def check(said: Any, **how: Any) -> proof.Checked:
    return proof.check(json.dumps(said).encode(), **how)


def test_the_bytes_of_an_entry_are_those_of_the_description() -> None:
    assert canonical(ENTRY, None).hex() == (
        b"ringfence-entry/1\n".hex()
        + "000000080000000000000007"
        + "00000010" + "00" * 15 + "05"
        + "000000080000000000000003" + "000000080000000000000002"
        + "00000003" + b"sms".hex() + "00000005" + b"given".hex()
        + ("00000008" + f"{MICROSECONDS:016x}") * 2
        + "000000080000000000000004" + "ffffffff"
        + "00000008" + b"web_form".hex() + "ffffffff"
        + "00000040" + (b"ab" * 32).hex() + "00000006" + b"person".hex()
        + "000000080000000000000001" + "ffffffff" * 3
    )  # fmt: skip


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)


@given(texts, texts, texts, texts)
def test_nothing_can_be_shifted_between_two_texts(one: str, two: str, three: str, four: str) -> None:
    first = replace(ENTRY, evidence_digest=one, actor_name=two)
    second = replace(ENTRY, evidence_digest=three, actor_name=four)
    assert (canonical(first, None) == canonical(second, None)) is (first == second)


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_proof_shows_its_entries(count: int) -> None:
    said = content(count)
    seal = proven(count)[0].seal
    checked = check(said)
    assert checked == proof.Checked(list(range(1, count + 1)), [seal], [])
    assert check(said, published={1: seal.digest}).wrong == []


def test_a_seal_that_was_not_published_proves_nothing() -> None:
    assert check(content(), published={}).wrong == ["seal 1 is not among the published ones"]
    assert check(content(), published={1: "0" * 64}).wrong == ["seal 1 is not the one that was published"]


def values(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value of a document that is no object and no list, and to each of those too."""
    yield path
    pairs: Any = ()
    if isinstance(said, dict):
        pairs = said.items()
    elif isinstance(said, list):
        pairs = enumerate(said)
    for key, value in pairs:
        yield from values(value, (*path, key))


# What a value is changed to, by what it is.
OTHERS: dict[type, list[Any]] = {
    str: ["", "x", None, 1],
    int: [-1, 10**30, 1.5, None, True],
    type(None): [0, "x"],
    list: [None, [], {}],
    dict: [None, [], {}],
}
PLACES = [path for path in values(content(2)) if path]


def at(said: Any, path: tuple[Any, ...]) -> Any:
    """Return what holds the last step of a way."""
    for key in path[:-1]:
        said = said[key]
    return said


@pytest.mark.parametrize("path", PLACES)
def test_no_value_can_be_changed(path: tuple[Any, ...]) -> None:
    said = content(2)
    holder = at(said, path)
    old = holder[path[-1]]
    others = OTHERS[type(old)] + ([old[:-1] + ("0" if old[-1:] != "0" else "1")] if isinstance(old, str) else [])
    for value in others:
        holder[path[-1]] = value
        assert (value == old and type(value) is type(old)) or check(said).wrong, (path, value)


@pytest.mark.parametrize("path", PLACES)
def test_no_value_can_be_left_out(path: tuple[Any, ...]) -> None:
    said = content(2)
    del at(said, path)[path[-1]]
    # A file of one entry less is the proof of the others.
    assert bool(check(said).wrong) is (path not in (("entries", 0), ("entries", 1)))


@pytest.mark.parametrize("text", [b"", b"[", b"[]", b"{}", b"\xff", b'{"a": 1, "a": 1}', b"NaN", b"[" * 100_000])
def test_what_is_no_proof_is_said_to_be_none(text: bytes) -> None:
    assert proof.check(text).wrong


def test_a_value_that_stands_twice_is_refused() -> None:
    text = json.dumps(content()).replace('"channel": "sms"', '"channel": "call", "channel": "sms"', 1)
    assert proof.check(text.encode()).wrong == ["not JSON, or it says something twice"]


def test_a_wording_that_was_changed_is_named() -> None:
    said = content()
    said["entries"][1]["notice"]["text"] = "May we call you at night?"
    assert check(said).wrong == ["entry 2 of the file: the wording of the notice is not the one that was shown"]


def test_an_entry_that_stands_twice_is_named() -> None:
    said = content()
    said["entries"].append(said["entries"][0])
    assert check(said).wrong == ["an entry stands in the file twice"]


def test_a_file_of_no_entries_proves_nothing() -> None:
    said = content()
    said["entries"], said["seals"] = [], []
    assert check(said).wrong == ["the file proves no entry"]


@given(st.lists(st.integers(1, 10**6), unique=True, max_size=40).map(sorted))
def test_ids_are_read_as_they_were_written(ids: list[int]) -> None:
    if ids:
        assert read_ranges(ranges(ids), most=len(ids)) == ids


@pytest.mark.parametrize("text", ["", "0", "2,1", "1,1", "3-1", "1-", "-1", "a", "1-3,3", "1-999999999999999999"])
def test_what_are_no_rising_ids_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        read_ranges(text, most=9)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_is_read_as_it_was_written(at: datetime) -> None:
    assert read_moment(moment(at)) == at


def test_a_moment_is_written_in_utc_with_all_its_digits() -> None:
    assert moment(NOON) == "2026-03-02T12:00:00.000000Z"
    there = timezone(timedelta(hours=-5))
    assert moment(NOON.astimezone(there) + timedelta(microseconds=1)) == "2026-03-02T12:00:00.000001Z"


@pytest.mark.parametrize("text", ["2026-03-02T12:00:00Z", "2026-03-02 12:00:00.000000Z", "", None, 5])
def test_a_moment_in_any_other_spelling_is_refused(text: object) -> None:
    with pytest.raises(Unreadable):
        read_moment(text)


def test_a_line_is_read_as_it_was_written() -> None:
    seal = SealFacts(1, 2, "0" * 64, GENESIS, NOON)
    published = Published(seal, [4, 9], b"abcdefghijkl")
    assert read_line(published.line()) == published
