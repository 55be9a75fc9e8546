"""Verifying: whatever is changed of a sealed ledger is found and named; each way of changing it is tried by raw SQL."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from consent import retention, sealing
from consent.models import ConsentEvent, Evidence, Notice, Seal, SealedEntry
from consent.rules import merkle
from consent.rules.seals import GENESIS, MARK_BYTES, Published, read_line
from consent.rules.states import Act
from consent.sealing import reading
from crm.models import ContactPoint
from tests import factories
from tests.consent.sealing.tampering import deleting, past_the_triggers
from tests.factories import NOON, TESTER, entry, point
from tests.raw import POSTGRES, execute

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids() -> list[int]:
    """A ledger of nine entries under three seals."""
    return sealed_ledger()


def sealed_ledger() -> list[int]:
    made = []
    for number in range(3):
        at = point()
        made += [entry(at, act).pk for act in (Act.GIVEN, Act.CONFIRMED, Act.WITHDRAWN)]
        sealing.seal(actor=TESTER, at=NOON + timedelta(days=number))
    return made


def found(**how: Any) -> list[tuple[str, int | None, int | None]]:
    return [(fault.kind.value, fault.seal, fault.entry) for fault in sealing.verify(**how)]


def leaf_of(entry_id: int) -> str:
    """Return the leaf that an entry has as it now stands."""
    leaves = [pair for found in reading.sealed(up_to=99) for pair in zip(found.ids, found.found, strict=True)]
    leaf = dict(leaves)[entry_id]
    assert leaf is not None
    return leaf.hex()


def reseal(number: int) -> None:
    """Make a seal and all after it anew from the leaves that stand, as whoever covers their tracks would."""
    statements = []
    previous = Seal.objects.get(number=number - 1).digest if number > 1 else GENESIS
    for seal in Seal.objects.filter(number__gte=number).order_by("number"):
        leaves = [bytes.fromhex(row.leaf) for row in seal.sealed.order_by("position")]
        facts = replace(sealing.facts_of(seal), root=merkle.root(leaves).hex(), entries=len(leaves), previous=previous)
        statements.append(
            f"UPDATE consent_seal SET root = '{facts.root}', previous = '{facts.previous}', digest = '{facts.digest}',"
            f" entries = {facts.entries} WHERE number = {facts.number}"
        )
        previous = facts.digest
    past_the_triggers(*statements)


def set_leaf(entry_id: int, leaf: str) -> None:
    past_the_triggers(f"UPDATE consent_sealedentry SET leaf = '{leaf}' WHERE entry_id = {entry_id}")


def test_a_ledger_that_nobody_touched_is_whole(ids: list[int]) -> None:
    assert found() == []


# Each column of an entry, and the value that it is changed to; values that the database's constraints allow.
CHANGES = {
    "uid": "'00000000-0000-4000-8000-000000000000'" if POSTGRES else "'00000000000040008000000000000000'",
    "channel": "'call'",
    "act": "'revoked'",
    "occurred_at": "'2026-01-01 00:00:00.000001'",
    "recorded_at": "'2026-01-01 00:00:00'",
    "notice_id": "NULL",
    "method": "'staff'",
    "actor_name": "actor_name || ' '",
    "evidence_digest": "'00'",
}


@pytest.mark.parametrize("column", [*CHANGES, "point_id", "purpose_id", "source_id", "batch_id", "actor_user_id"])
def test_an_edit_of_any_column_is_found_and_named(column: str, ids: list[int]) -> None:
    entry_id = ids[5]  # a withdrawal, which needs no notice
    if column == "notice_id":
        past_the_triggers(f"UPDATE consent_consentevent SET act = 'withdrawn', notice_id = NULL WHERE id = {ids[3]}")
        assert found() == [("edited", 2, ids[3])]
        return
    others = {
        "point_id": lambda: point().pk,
        "purpose_id": lambda: factories.purpose("other").pk,
        "source_id": lambda: factories.source("other").pk,
        "batch_id": lambda: factories.batch().pk,
        "actor_user_id": lambda: factories.user().pk,
    }
    value = CHANGES[column] if column in CHANGES else others[column]()
    past_the_triggers(f"UPDATE consent_consentevent SET {column} = {value} WHERE id = {entry_id}")
    assert found() == [("edited", 2, entry_id)]


def test_the_columns_that_are_tried_are_all_but_the_id() -> None:
    tried = {*CHANGES, "point_id", "purpose_id", "source_id", "batch_id", "actor_user_id"}
    assert tried == {field.column for field in ConsentEvent._meta.concrete_fields} - {"id"}


def test_an_edit_with_its_leaf_is_named(ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {ids[4]}")
    set_leaf(ids[4], leaf_of(ids[4]))
    assert found() == [("edited", 2, ids[4])]


def test_an_edit_with_its_leaf_and_all_seals_is_named(ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {ids[4]}")
    set_leaf(ids[4], leaf_of(ids[4]))
    reseal(2)
    assert found() == [("forked", 2, None), ("forked", 3, None), ("edited", 2, ids[4])]


def test_an_edit_with_its_leaf_is_narrowed_to_its_seal_without_the_file(ids: list[int], tmp_path: Path) -> None:
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {ids[4]}")
    set_leaf(ids[4], leaf_of(ids[4]))
    assert ("root_wrong", 2, None) in found(path=tmp_path / "none")


def test_an_edited_leaf_is_told_from_an_edited_entry(ids: list[int]) -> None:
    set_leaf(ids[4], "0" * 64)
    assert found() == [("leaf_edited", 2, ids[4])]


@pytest.mark.parametrize("leaf", ["", "no hash", "é" * 32])
def test_a_leaf_that_is_none_is_found(leaf: str, ids: list[int]) -> None:
    set_leaf(ids[4], leaf)
    assert found() == [("leaf_edited", 2, ids[4])]


def test_a_deleted_entry_is_named(ids: list[int]) -> None:
    past_the_triggers(*deleting(ids[4]))
    assert found() == [("deleted", 2, ids[4])]


def test_an_entry_that_is_gone_with_its_leaf_is_named(ids: list[int]) -> None:
    past_the_triggers(*deleting(ids[4]), f"DELETE FROM consent_sealedentry WHERE entry_id = {ids[4]}")
    assert found() == [("leaf_missing", 2, ids[4])]


def test_and_where_it_was_is_said_without_the_file(ids: list[int], tmp_path: Path) -> None:
    past_the_triggers(*deleting(ids[4]), f"DELETE FROM consent_sealedentry WHERE entry_id = {ids[4]}")
    faults = sealing.verify(path=tmp_path / "none")
    assert [(fault.seal, fault.detail) for fault in faults if fault.kind == "leaf_missing"] == [
        (2, f"positions 1 to 1, before entry {ids[5]}")
    ]


def test_an_entry_whose_proof_has_ended_may_be_gone(ids: list[int]) -> None:
    past_the_triggers(
        *deleting(ids[4]),
        "INSERT INTO consent_endedproof (entry_id, last_used_at, ended_at, actor_name)"
        f" VALUES ({ids[4]}, '2020-01-01', '2026-01-01', 'tester')",
    )
    assert found() == []
    # Its leaf stays, and what it says counts.
    set_leaf(ids[4], "0" * 64)
    assert found() == [("edited", 2, ids[4])]


def test_entries_that_changed_places_are_named(ids: list[int]) -> None:
    past_the_triggers(
        f"UPDATE consent_sealedentry SET position = 99 WHERE entry_id = {ids[3]}",
        f"UPDATE consent_sealedentry SET position = 0 WHERE entry_id = {ids[5]}",
        f"UPDATE consent_sealedentry SET position = 2 WHERE entry_id = {ids[3]}",
    )
    assert found() == [("moved", 2, ids[3]), ("moved", 2, ids[5])]


def test_an_entry_that_was_moved_to_another_seal_is_named(ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_sealedentry SET seal_id = 3, position = 3 WHERE entry_id = {ids[5]}")
    assert found() == [("leaf_missing", 2, ids[5]), ("inserted", 3, ids[5])]


def test_an_entry_that_claims_a_seal_made_without_it_is_named(ids: list[int]) -> None:
    new = entry(point()).pk
    execute(f"INSERT INTO consent_sealedentry (entry_id, seal_id, position, leaf) VALUES ({new}, 2, 3, '{'0' * 64}')")
    assert found() == [("inserted", 2, new)]


def test_an_entry_is_not_put_in_the_place_of_another(ids: list[int]) -> None:
    new = entry(point()).pk
    past_the_triggers(f"UPDATE consent_sealedentry SET entry_id = {new} WHERE entry_id = {ids[4]}")
    assert sorted(found()) == [("inserted", 2, new), ("leaf_missing", 2, ids[4])]


@pytest.mark.parametrize(
    "change",
    [f"root = '{'0' * 64}'", f"digest = '{'0' * 64}'", "entries = 4", "sealed_at = '2026-01-01 00:00:00'"],
)
def test_an_edited_seal_is_named(change: str, ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_seal SET {change} WHERE number = 2")
    assert ("seal_edited", 2, None) in found()
    assert {seal for _kind, seal, _entry in found()} <= {2, 3}


def test_a_broken_chain_is_named(ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_seal SET previous = '{'1' * 64}' WHERE number = 2")
    assert ("chain_broken", 2, None) in found()


def test_a_seal_that_is_gone_from_the_middle_is_named(ids: list[int]) -> None:
    past_the_triggers("DELETE FROM consent_sealedentry WHERE seal_id = 2", "DELETE FROM consent_seal WHERE number = 2")
    assert found() == [("seal_missing", 2, None)]


def test_a_ledger_that_lost_its_end_is_found(ids: list[int]) -> None:
    past_the_triggers(
        "DELETE FROM consent_sealedentry WHERE seal_id > 1",
        "DELETE FROM consent_seal WHERE number > 1",
        *(statement for pk in ids[3:] for statement in deleting(pk)),
    )
    assert found() == [("seal_missing", 2, None), ("seal_missing", 3, None)]


def test_all_gone_is_found(ids: list[int]) -> None:
    past_the_triggers("DELETE FROM consent_sealedentry", "DELETE FROM consent_seal")
    assert found() == [("seal_missing", number, None) for number in (1, 2, 3)]


class TestTheFile:
    @pytest.fixture(autouse=True)
    def _ledger(self, ids: list[int]) -> None:
        self.ids = ids

    def change(self, settings: Any, make: Callable[[list[bytes]], list[bytes]]) -> None:
        path = settings.SEALS_PATH
        path.write_bytes(b"".join(make(path.read_bytes().splitlines(keepends=True))))

    def test_that_is_gone_is_missed(self, settings: Any) -> None:
        settings.SEALS_PATH.unlink()
        assert found() == [("file_missing", number, None) for number in (1, 2, 3)]

    def test_that_lost_its_end_is_found(self, settings: Any) -> None:
        self.change(settings, lambda lines: lines[:1])
        assert found() == [("file_missing", number, None) for number in (2, 3)]

    def test_that_lacks_the_last_seal_waits_for_the_next_sealer(self, settings: Any) -> None:
        self.change(settings, lambda lines: lines[:2])
        assert found() == [("not_written", 3, None)]

    @pytest.mark.parametrize(
        "make", [lambda line: b"{}\n", lambda line: b"\xff\n", lambda line: line.replace(b"T", b"t")]
    )
    def test_with_a_line_that_is_none_was_edited(self, make: Callable[[bytes], bytes], settings: Any) -> None:
        self.change(settings, lambda lines: [lines[0], make(lines[1]), lines[2]])
        assert ("file_edited", None, None) in found()
        assert ("file_missing", 2, None) in found()

    @pytest.mark.parametrize("field", ["number", "entries", "root", "previous", "sealed_at", "digest", "ids", "marks"])
    def test_with_another_value_in_a_line_was_edited(self, field: str, settings: Any) -> None:
        def make(lines: list[bytes]) -> list[bytes]:
            said = json.loads(lines[1])
            other = json.loads(lines[2])
            said[field] = {"number": 3, "entries": 4}.get(field, other[field])
            return [lines[0], json.dumps(said).encode() + b"\n", lines[2]]

        self.change(settings, make)
        kinds = {kind for kind, _seal, _entry in found()}
        assert kinds
        assert kinds & {"file_edited", "forked", "edited", "inserted"}

    @pytest.mark.parametrize("field", ["ids", "marks"])
    def test_that_names_other_entries_is_at_fault_itself(self, field: str, settings: Any) -> None:
        def make(lines: list[bytes]) -> list[bytes]:
            said, other = json.loads(lines[1]), json.loads(lines[2])
            said[field] = other[field]
            return [lines[0], json.dumps(said).encode() + b"\n", lines[2]]

        self.change(settings, make)
        assert found() == [("file_edited", 2, None)]

    def test_with_lines_in_another_order_was_edited(self, settings: Any) -> None:
        self.change(settings, lambda lines: [lines[0], lines[2], lines[1]])
        assert ("file_edited", 3, None) in found()

    def test_with_a_line_twice_is_forked(self, settings: Any) -> None:
        self.change(settings, lambda lines: [*lines, lines[1]])
        assert found() == [("forked", 2, None)]

    def test_with_another_seal_of_the_same_number_is_forked(self, settings: Any) -> None:
        def make(lines: list[bytes]) -> list[bytes]:
            line = read_line(lines[2])
            other = Published(replace(line.seal, sealed_at=NOON), line.ids, line.marks)
            return [*lines[:2], other.line()]

        self.change(settings, make)
        assert found() == [("forked", 3, None)]

    def test_with_more_seals_than_the_database_shows_what_was_lost(self, settings: Any) -> None:
        def make(lines: list[bytes]) -> list[bytes]:
            last = read_line(lines[2]).seal
            more = replace(last, number=4, entries=1, previous=last.digest)
            return [*lines, Published(more, [99], b"x" * MARK_BYTES).line()]

        self.change(settings, make)
        assert found() == [("seal_missing", 4, None)]


def test_a_notice_that_does_not_have_its_digest_is_named(ids: list[int]) -> None:
    notice = Notice.objects.get()
    past_the_triggers(f"UPDATE consent_notice SET text = 'We may.' WHERE id = {notice.pk}")
    assert [(fault.kind.value, fault.notice) for fault in sealing.verify()] == [("notice_edited", notice.pk)]


@pytest.mark.parametrize("change", ["digest = 'x'", "language = 'fr'", "version = 2"])
def test_a_notice_that_is_another_is_found_by_the_entries_that_name_it(change: str, ids: list[int]) -> None:
    past_the_triggers(f"UPDATE consent_notice SET {change}")
    named = [*ConsentEvent.objects.exclude(notice=None).order_by("id").values_list("pk", flat=True)]
    assert [entry for kind, _seal, entry in found() if kind == "edited"] == named


def test_erasing_a_person_or_the_evidence_leaves_the_ledger_whole(ids: list[int]) -> None:
    at = ContactPoint.objects.get(entries=ids[0])
    Evidence.objects.all().delete()
    retention.erase(at.contact, reason="request", actor=TESTER, at=NOON)
    assert found() == []


def test_a_leaf_is_not_written_again_for_what_was_lost(ids: list[int]) -> None:
    """An entry whose leaf is gone is sealed again, and yet the loss of the first leaf is named."""
    past_the_triggers(f"DELETE FROM consent_sealedentry WHERE entry_id = {ids[4]}")
    sealing.seal(actor=TESTER, at=NOON)
    assert SealedEntry.objects.get(pk=ids[4]).seal_id == 4
    assert found() == [("leaf_missing", 2, ids[4])]
