"""One seal is verified by itself: whatever was changed under it is named, and what is under others is not read."""

from typing import Any

import pytest

from consent import sealing
from consent.models import Seal
from tests import factories
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def two_seals() -> tuple[int, int]:
    """Seal an entry twice, and return the ids of the entries."""
    entries = []
    for _time in range(2):
        entries.append(factories.entry(factories.point()).pk)
        sealing.seal(actor=TESTER, at=NOON)
    return entries[0], entries[1]


def found(number: int) -> list[Any]:
    return [(fault.kind.value, fault.seal, fault.entry) for fault in sealing.verify_seal(number)]


def test_what_nobody_touched_is_whole() -> None:
    two_seals()
    assert (found(1), found(2)) == ([], [])


def test_a_change_is_found_under_its_seal_alone() -> None:
    first, _second = two_seals()
    past_the_triggers(f"UPDATE consent_consentevent SET channel = 'call' WHERE id = {first}")
    assert (found(1), found(2)) == ([("edited", 1, first)], [])


def test_a_leaf_that_is_gone_is_missed() -> None:
    _first, second = two_seals()
    past_the_triggers(f"DELETE FROM consent_sealedentry WHERE entry_id = {second}")
    assert found(2) == [("leaf_missing", 2, second)]


def test_a_seal_that_says_something_else_is_found() -> None:
    two_seals()
    past_the_triggers("UPDATE consent_seal SET digest = root WHERE number = 2")
    assert ("seal_edited", 2, None) in found(2)


def test_a_seal_that_the_file_does_not_have_is_found(settings: Any) -> None:
    two_seals()
    settings.SEALS_PATH.unlink()
    assert ("not_written", 1, None) in found(1)


def test_there_is_none_of_a_number_that_was_never_given() -> None:
    with pytest.raises(Seal.DoesNotExist):
        sealing.verify_seal(7)
