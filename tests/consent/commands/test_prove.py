"""`prove`, `verify_proof` and `seal_ledger`: proofs are made, and checked by somebody who has no database."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from consent import sealing
from consent.ledger import Proof
from consent.models import AccessRecord, ConsentEvent, Seal
from consent.rules.states import Act
from crm.models import Lease
from tests import processes
from tests.commands import run
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER, entry, point
from tests.proving import pdf_text

pytestmark = pytest.mark.django_db
KINDS = (("certificate", "html"), ("certificate", "pdf"), ("receipt", "json"))


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


class TestTheFolder:
    def test_it_has_the_proof_and_of_each_entry_a_certificate_and_a_receipt(self, tmp_path: Path) -> None:
        where = point(given_name="Zoë")
        first = entry(where, at=NOON, evidence=Proof(ip="192.0.2.1", shown="the form"))
        second = entry(where, Act.WITHDRAWN, at=NOON)
        sealing.seal(actor=TESTER, at=timezone.now())
        folder = tmp_path / "dossier"
        done = run("prove", "--point", str(where.pk), "--folder", str(folder), "--json")
        assert (done.code, done.json["entries"]) == (0, [first.pk, second.pk])
        names = {f"{kind}-{each.pk}.{ending}" for each in (first, second) for kind, ending in KINDS}
        assert {path.name for path in folder.iterdir()} == set(done.json["files"]) == {"proof.json", *names}
        assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700, 0o600}
        assert run("verify_proof", str(folder / "proof.json")).code == 0
        page = (folder / f"certificate-{first.pk}.html").read_text()
        paper = pdf_text((folder / f"certificate-{first.pk}.pdf").read_bytes())
        for words in (
            "Zoë",
            first.notice.text,
            "2026-03-02 12:00:00 UTC",
            first.evidence_digest,
            Seal.objects.get().root,
        ):
            assert words in page
            assert words in paper
        # It prints well wherever it is opened.
        assert "size: A4" in page
        assert "<link" not in page
        receipt = json.loads((folder / f"receipt-{second.pk}.json").read_text())
        assert receipt["consentReceiptID"] == str(second.uid)
        assert where.line is not None
        assert where.line.e164[2:] not in page + paper

    def test_whom_it_names_is_on_record(self, made: ConsentEvent, tmp_path: Path) -> None:
        run("prove", str(made.pk), "--folder", str(tmp_path / "dossier"))
        record = AccessRecord.objects.get()
        assert (record.kind, record.actor_name, record.format) == ("export", "command prove", "html, pdf")
        assert (record.contacts, record.points, record.scope["entries"]) == (1, 1, [made.pk])

    def test_one_that_is_there_stays_as_it_is(self, made: ConsentEvent, tmp_path: Path) -> None:
        done = run("prove", str(made.pk), "--folder", str(tmp_path))
        assert (done.code, "certificate" in done.stdout) == (2, False)
        assert not (tmp_path / "proof.json").exists()

    def test_of_what_is_not_sealed_there_is_none(self, made: ConsentEvent, tmp_path: Path) -> None:
        new = entry(point()).pk
        done = run("prove", str(new), "--folder", str(tmp_path / "dossier"), "--json")
        assert (done.code, done.json) == (1, {"not_sealed": [new]})
        assert not (tmp_path / "dossier").exists()
        assert not AccessRecord.objects.exists()


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
