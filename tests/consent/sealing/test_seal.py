"""Sealing: everything once, in order, chained, and written out; whatever dies in between."""

import json
import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from consent import sealing
from consent.models import ConsentEvent, PurgeRun, Seal, SealedEntry
from consent.rules import merkle
from consent.rules.seals import GENESIS, Published, read_line
from consent.rules.times import NaiveTimestamp
from consent.sealing import publishing, reading, sealer
from consent.sealing.sealer import SealsDisagree
from crm.models import Lease, LeaseTaken
from tests.consent.sealing.tampering import deleting, past_the_triggers
from tests.factories import NOON, TESTER, entry, point

pytestmark = pytest.mark.django_db


def seal() -> Seal | None:
    return sealing.seal(actor=TESTER, at=NOON)


def write(count: int) -> list[int]:
    at = point()
    return [entry(at).pk for _ in range(count)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_every_entry_is_sealed_once_in_the_order_of_ids() -> None:
    ids = write(3)
    made = seal()
    assert made is not None
    assert (made.number, made.entries, made.previous, made.sealed_at) == (1, 3, GENESIS, NOON)
    rows = SealedEntry.objects.order_by("position")
    assert [(row.pk, row.seal_id, row.position) for row in rows] == [(pk, 1, at) for at, pk in enumerate(ids)]
    assert made.root == merkle.root([bytes.fromhex(row.leaf) for row in rows]).hex()
    assert made.digest == sealing.facts_of(made).digest


def test_nothing_new_is_no_seal() -> None:
    assert seal() is None
    write(1)
    assert seal() is not None
    assert seal() is None
    assert Seal.objects.count() == 1


def test_each_seal_holds_on_to_the_one_before() -> None:
    for count in (2, 1, 3):
        write(count)
        seal()
    one, two, three = Seal.objects.order_by("number")
    assert (two.previous, three.previous) == (one.digest, two.digest)
    assert [one.entries, two.entries, three.entries] == [2, 1, 3]


def test_an_entry_committed_behind_the_last_sealed_one_is_taken_next(monkeypatch: pytest.MonkeyPatch) -> None:
    late, *ids = write(3)
    # It was given its id first, and is seen last.
    unsealed = reading.unsealed
    monkeypatch.setattr(reading, "unsealed", lambda **how: (row for row in unsealed(**how) if row[0] != late))
    seal()
    monkeypatch.undo()
    made = seal()
    assert [*SealedEntry.objects.filter(seal=1).order_by("position").values_list("pk", flat=True)] == ids
    assert (made and made.number, SealedEntry.objects.get(pk=late).seal_id) == (2, 2)
    assert sealing.verify() == []


def test_many_entries_become_several_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "SEAL_ENTRIES", 2)
    write(5)
    made = seal()
    assert made is not None
    assert made.number == 3
    assert [*Seal.objects.order_by("number").values_list("entries", flat=True)] == [2, 2, 1]
    assert sealing.verify() == []


def test_each_seal_is_written_out_with_its_entries_for_its_owner_alone(settings: Any) -> None:
    first, second = write(2), write(3)
    seal()
    write(1)
    seal()
    path = settings.SEALS_PATH
    assert [line["number"] for line in lines(path)] == [1, 2]
    assert [line["digest"] for line in lines(path)] == [
        *Seal.objects.order_by("number").values_list("digest", flat=True)
    ]
    published = read_line(path.read_bytes().splitlines()[0])
    assert published.ids == [*first, *second]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_line_and_its_folder_are_on_the_disk_when_the_sealer_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write(1)
    seal()
    assert synced == [True, False]


def full(self: publishing.Appending, published: Published) -> None:
    """Write half a line to a disk that has no room for more."""
    self.file.seek(self.outside.size)
    self.file.write(published.line()[:100])
    raise OSError(28, "full")


class TestASealerThatDied:
    @pytest.mark.parametrize("torn", [0, 1, 200])
    def test_between_the_commit_and_the_file_is_made_good_by_the_next(self, torn: int, settings: Any) -> None:
        path = settings.SEALS_PATH
        write(2)
        seal()
        write(2)
        seal()
        whole = path.read_bytes()
        first = whole.index(b"\n") + 1
        path.write_bytes(whole[: first + torn])
        assert [fault.kind for fault in sealing.verify()] == ["not_written"]
        assert seal() is None
        assert path.read_bytes() == whole
        assert sealing.verify() == []

    def test_before_its_first_line_too(self, settings: Any) -> None:
        write(2)
        seal()
        whole = settings.SEALS_PATH.read_bytes()
        settings.SEALS_PATH.unlink()
        seal()
        assert settings.SEALS_PATH.read_bytes() == whole

    def test_a_full_disk_leaves_the_seal_for_the_next(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        write(2)
        seal()
        write(1)
        monkeypatch.setattr(publishing.Appending, "append", full)
        with pytest.raises(OSError, match="full"):
            seal()
        monkeypatch.undo()
        write(1)
        made = seal()
        assert made is not None
        assert [line["number"] for line in lines(settings.SEALS_PATH)] == [1, 2, 3]
        assert sealing.verify() == []


def test_two_sealers_at_once_are_one() -> None:
    Lease.objects.take("seal", seconds=60, now=timezone.now())
    write(1)
    with pytest.raises(LeaseTaken):
        seal()
    assert not Seal.objects.exists()


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        sealing.seal(actor=TESTER, at=NOON.replace(tzinfo=None))


class TestTheFileDisagrees:
    @pytest.fixture(autouse=True)
    def _two_seals(self) -> None:
        for _ in range(3):
            write(2)
            seal()
        write(1)

    def refuses(self) -> bool:
        with pytest.raises(SealsDisagree):
            seal()
        return Seal.objects.count() == 3

    def test_a_file_that_was_changed_is_not_gone_on_with(self, settings: Any) -> None:
        path = settings.SEALS_PATH
        path.write_bytes(path.read_bytes().replace(b'"entries":2', b'"entries":3', 1))
        assert self.refuses()

    @pytest.mark.parametrize("kept", [0, 1])
    def test_a_file_that_lost_more_than_one_seal_is_not_written_anew(self, kept: int, settings: Any) -> None:
        path = settings.SEALS_PATH
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:kept]))
        assert self.refuses()

    def test_another_chain_is_not_gone_on_with(self, settings: Any, tmp_path: Path) -> None:
        lines = settings.SEALS_PATH.read_bytes().splitlines(keepends=True)
        forged = read_line(lines[2])
        object.__setattr__(forged.seal, "sealed_at", NOON + timedelta(days=1))
        settings.SEALS_PATH.write_bytes(b"".join(lines[:2]) + forged.line())
        assert self.refuses()


class TestAfterARestore:
    def restored(self, *, entries_too: bool) -> list[int]:
        """Seal, then take the database back to before the last seal; return the ids of its entries."""
        write(2)
        seal()
        lost = write(3)
        seal()
        past_the_triggers(
            "DELETE FROM consent_sealedentry WHERE seal_id = 2",
            "DELETE FROM consent_seal WHERE number = 2",
            *(statement for pk in lost[1:] if entries_too for statement in deleting(pk)),
        )
        return lost

    def test_what_only_the_file_knows_is_taken_over(self) -> None:
        lost = self.restored(entries_too=False)
        assert [(fault.kind, fault.seal) for fault in sealing.verify()] == [("seal_missing", 2)]
        seal()
        assert [*SealedEntry.objects.filter(seal=2).order_by("position").values_list("pk", flat=True)] == lost
        assert sealing.verify() == []

    def test_entries_that_are_lost_are_named_for_good(self) -> None:
        first, *lost = self.restored(entries_too=True)
        write(1)
        made = seal()
        assert (made and made.number, SealedEntry.objects.get(pk=first).seal_id) == (3, 2)
        assert [(fault.kind, fault.seal, fault.entry) for fault in sealing.verify()] == [
            ("leaf_missing", 2, pk) for pk in lost
        ]


def test_a_run_of_the_purge_names_the_seal_made_after_it() -> None:
    write(1)
    seal()
    times = {"as_of": NOON, "started_at": NOON, "actor_name": "tester"}
    ended = PurgeRun.objects.create(state="done", finished_at=NOON, **times)
    failed = PurgeRun.objects.create(state="failed", finished_at=NOON, **times)
    running = PurgeRun.objects.create(**times)
    write(1)
    seal()
    runs = {run.pk: run.seal_id for run in PurgeRun.objects.all()}
    assert runs == {ended.pk: 2, failed.pk: 2, running.pk: None}
    write(1)
    seal()
    ended.refresh_from_db()
    assert ended.seal_id == 2


def test_what_is_not_sealed_yet_is_counted() -> None:
    write(2)
    seal()
    assert sealing.waiting() == sealing.Waiting(0, None)
    new = write(2)
    recorded = ConsentEvent.objects.get(pk=new[0]).recorded_at
    assert sealing.waiting() == sealing.Waiting(2, recorded)
