"""`prove`, `verify_proof` and `seal_ledger`: proofs are made, and checked by somebody who has no database."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from consent import sealing
from consent.models import ConsentEvent, Seal
from consent.rules.states import Act
from crm.models import Lease
from tests import processes
from tests.commands import run
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import TESTER, entry, point

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> ConsentEvent:
    """A sealed grant, of a point with another entry."""
    made = entry(point())
    entry(made.point, Act.WITHDRAWN)
    sealing.seal(actor=TESTER, at=timezone.now())
    return made


def test_the_proof_of_an_entry_is_a_file_for_its_owner(made: ConsentEvent, tmp_path: Path) -> None:
    out = tmp_path / "proof.json"
    done = run("prove", str(made.pk), "--out", str(out), "--json")
    assert (done.code, done.json) == (0, {"file": str(out), "entries": [made.pk], "seals": [1]})
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert run("verify_proof", str(out)).code == 0
    assert run("prove", str(made.pk), "--out", str(out)).code == 2


def test_without_a_file_the_proof_is_printed(made: ConsentEvent, tmp_path: Path) -> None:
    for more in ([], ["--json"]):
        (tmp_path / "proof.json").write_text(run("prove", str(made.pk), *more).stdout)
        assert run("verify_proof", str(tmp_path / "proof.json")).code == 0


def test_the_proof_of_a_point_has_all_its_entries(made: ConsentEvent, tmp_path: Path, settings: Any) -> None:
    out = str(tmp_path / "proof.json")
    run("prove", "--point", str(made.point_id), "--out", out)
    done = run("verify_proof", out, "--seals", str(settings.SEALS_PATH), "--json")
    assert done.code == 0
    assert done.json == {
        "valid": True,
        "entries": [*made.point.entries.order_by("id").values_list("pk", flat=True)],
        "seals": [{"number": 1, "digest": Seal.objects.get().digest}],
        "checked_against_published_seals": True,
        "wrong": [],
    }


def test_an_entry_that_is_not_sealed_is_exit_code_1(made: ConsentEvent) -> None:
    new = entry(point()).pk
    done = run("prove", str(new), "--json")
    assert (done.code, done.json) == (1, {"not_sealed": [new]})


def test_an_entry_that_was_changed_is_exit_code_1(made: ConsentEvent) -> None:
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {made.pk}")
    done = run("prove", str(made.pk), "--json")
    assert (done.code, done.json) == (1, {"not_what_was_sealed": [made.pk]})


@pytest.mark.parametrize("args", [[], ["1", "--point", "1"], ["999999"], ["--point", "999999"]])
def test_what_cannot_be_proven_is_wrong_use(args: list[str]) -> None:
    assert run("prove", *args).code == 2


class TestVerifyProof:
    @pytest.fixture
    def file(self, made: ConsentEvent, tmp_path: Path) -> Path:
        run("prove", str(made.pk), "--out", str(tmp_path / "proof.json"))
        return tmp_path / "proof.json"

    def test_it_needs_no_database(self, file: Path, settings: Any) -> None:
        args = ("verify_proof", str(file), "--seals", str(settings.SEALS_PATH), "--json")
        for url in ("postgres://nobody@127.0.0.1:1/nothing", "sqlite:////nowhere/at/all.sqlite3"):
            done = processes.manage(*args, DATABASE_URL=url)
            assert (done.returncode, json.loads(done.stdout)["valid"]) == (0, True), done.stderr

    def test_a_file_that_was_altered_is_refused_and_says_where(self, file: Path) -> None:
        file.write_text(file.read_text().replace('"act": "given"', '"act": "renewed"'))
        done = run("verify_proof", str(file))
        assert done.code == 1
        assert "NOT valid" in done.stdout
        assert "wrong: entry 1 of the file: its values are not those that its leaf was made of" in done.stdout

    def test_a_seal_that_was_made_up_is_refused(self, file: Path, settings: Any, tmp_path: Path) -> None:
        empty = tmp_path / "other.jsonl"
        empty.touch()
        done = run("verify_proof", str(file), "--seals", str(empty), "--json")
        assert (done.code, done.json["wrong"]) == (1, ["seal 1 is not among the published ones"])

    def test_published_seals_that_were_altered_are_named(self, file: Path, settings: Any) -> None:
        path = settings.SEALS_PATH
        path.write_bytes(path.read_bytes().replace(b'"number":1', b'"number":2'))
        done = run("verify_proof", str(file), "--seals", str(path), "--json")
        assert done.code == 1
        assert done.json["wrong"][0].startswith("the file of seals: byte 0")

    def test_without_the_published_seals_it_says_what_is_left_to_do(self, file: Path) -> None:
        done = run("verify_proof", str(file))
        assert (done.code, "Compare the digests" in done.stdout) == (0, True)
        assert Seal.objects.get().digest in done.stdout

    def test_a_file_that_is_not_there_is_wrong_use(self, file: Path, tmp_path: Path) -> None:
        assert run("verify_proof", str(tmp_path / "none")).code == 2
        assert run("verify_proof", str(file), "--seals", str(tmp_path / "none")).code == 2


class TestSealLedger:
    def test_it_seals_and_says_which_seal(self) -> None:
        entry(point())
        done = run("seal_ledger", "--json")
        seal = Seal.objects.get()
        assert (done.code, done.json) == (0, {"seal": 1, "entries": 1, "digest": seal.digest, "refused": None})
        assert run("seal_ledger", "--json").json["seal"] is None

    def test_another_sealer_at_work_is_wrong_use(self) -> None:
        Lease.objects.take("seal", seconds=60, now=timezone.now())
        assert run("seal_ledger").code == 2

    def test_a_file_that_tells_another_story_is_exit_code_1(self, settings: Any) -> None:
        settings.SEALS_PATH.parent.mkdir()
        settings.SEALS_PATH.write_bytes(b"{}\n")
        entry(point())
        done = run("seal_ledger", "--json")
        assert (done.code, done.json["refused"]) == (1, "the file of seals was changed")

    def test_a_path_that_cannot_be_written_is_wrong_use(self, settings: Any, tmp_path: Path) -> None:
        settings.SEALS_PATH = tmp_path
        entry(point())
        assert run("seal_ledger").code == 2
