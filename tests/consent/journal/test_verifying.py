"""Whatever is done to the journal is found, and named by its record."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from consent import journal, retention
from tests import marks
from tests.factories import NOON, TESTER, contact, number

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def file() -> Path:
    """A journal of three erasures: a record and its outcome each."""
    for _ in range(3):
        retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
    found: Path = settings.JOURNAL_PATH
    assert len(found.read_text().splitlines()) == 6
    return found


def faults() -> list[tuple[int, str]]:
    return [(fault.seq, fault.code) for fault in journal.verify()]


def test_a_whole_journal_has_none(file: Path) -> None:
    assert faults() == []


Change = Callable[[list[str]], list[str]]
CHANGES: dict[str, tuple[Change, list[tuple[int, str]]]] = {
    "a record says something else": (
        lambda lines: [*lines[:2], lines[2].replace('"request"', '"whim"'), *lines[3:]],
        [(2, "not_authentic")],
    ),
    "a record is left out": (
        lambda lines: [*lines[:2], *lines[3:]],
        [(3, "not_authentic"), (3, "gap")],
    ),
    "two records change places": (
        lambda lines: [lines[2], lines[1], lines[0], *lines[3:]],
        [(2, "not_authentic"), (2, "gap"), (1, "not_authentic"), (1, "out_of_order"), (3, "not_authentic")],
    ),
    "a record stands twice": (
        lambda lines: [*lines, lines[2]],
        [(2, "not_authentic"), (2, "out_of_order")],
    ),
    "the beginning is missing": (
        lambda lines: lines[2:],
        [(2, "not_authentic"), (2, "gap")],
    ),
    "the end is missing": (
        lambda lines: lines[:3],
        [(3, "cut_off")],
    ),
    "an outcome says something else": (
        lambda lines: [*lines[:3], lines[3].replace("committed", "void"), *lines[4:]],
        [(0, "unreadable_line")],
    ),
    "a record is under another MAC": (
        lambda lines: [*lines[:4], lines[4][:-67] + "0" * 64 + lines[4][-3:], lines[5]],
        [(3, "not_authentic"), (3, "other_mark")],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_it_names(name: str, file: Path) -> None:
    change, expected = CHANGES[name]
    file.write_text("".join(change(file.read_text().splitlines(keepends=True))))
    assert faults() == expected


def test_a_forged_outcome_counts_for_nothing(file: Path) -> None:
    with transaction.atomic():
        retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
        transaction.set_rollback(True)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, lines[1].replace('"seq":1', '"seq":4')]) + "\n")
    assert not journal.is_behind()
    assert journal.resolve() == {"void": 1}


def test_a_mark_of_another_record_is_named(file: Path) -> None:
    marks.forget(2, mac="0" * 64)
    assert faults() == [(2, "other_mark")]


def test_after_a_new_key_both_are_verified(file: Path, settings: Any) -> None:
    settings.FINGERPRINT_KEYS = ["new1:" + "6b" * 32, *settings.FINGERPRINT_KEYS]
    retention.erase(contact([number()]), reason="request", actor=TESTER, at=NOON)
    assert faults() == []
    # The old key is gone: nobody can say of its records that they are ours.
    settings.FINGERPRINT_KEYS = settings.FINGERPRINT_KEYS[:1]
    assert faults() == [(seq, "not_authentic") for seq in (1, 2, 3)]
