"""`import_contacts`: one call from a file to its counts and faults, for people and for scripts."""

import csv
import json
from pathlib import Path

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command

from consent.models import Consent
from crm.faults import MESSAGES
from crm.imports import run
from crm.models import Contact, ContactPoint, ImportBatch, Source
from tests import factories, processes
from tests.factories import number
from tests.files import EVIDENCE, csv_file, faults, outcomes, rows_of_all_tables, staged_files, xlsx_file

HEADER = ("Name", "Phone")
GIVEN = "2026-01-05T10:00:00Z"
MIXED = csv_file(
    EVIDENCE,
    ("Ann Lee", "(202) 555-0100", "news", GIVEN, "1", ""),
    ("Ann Lee", "+1 202 555 0100", "news", GIVEN, "1", ""),
    ("Bo Day", "call me", "", "", "", ""),
    ("Cy", "", "", "", "", ""),
)
COUNTS = {"created": 1, "updated": 0, "unchanged": 1, "rejected": 2, "suppressed": 0, "flagged": 0}


@pytest.fixture
def file(settings, tmp_path):
    """Write a file to import; staged ones go to a directory of the test's own."""
    settings.STAGING_DIR = tmp_path / "staging"
    factories.notice(factories.purpose("news"))
    factories.source()

    def write(content: bytes = MIXED, name: str = "people.csv") -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def answer(capsys, *arguments: str) -> dict:
    call_command("import_contacts", *arguments, "--json")
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.count("\n") == 1
    return json.loads(said.out)


@pytest.mark.django_db
def test_the_answer_says_what_became_of_every_row(file, capsys):
    found = answer(capsys, file(), "--source", "web", "--region", "us")
    batch = ImportBatch.objects.get()

    assert found == {
        "batch": batch.pk,
        "dry_run": False,
        "source": "web",
        "rows": 4,
        "counts": COUNTS,
        "columns": batch.mapping,
        "already_imported": None,
        "faults": [
            {
                "line": 4,
                "column": "Phone",
                "code": "letters",
                "reason": "There are letters or other characters where digits belong.",
            },
            {
                "line": 5,
                "column": "Phone",
                "code": "no_number",
                "reason": "A person in a file needs a phone number: it is what says where they came from.",
            },
        ],
    }
    assert sum(found["counts"].values()) == found["rows"]
    assert (batch.stage, batch.counts, batch.actor) == ("committed", COUNTS, "command import_contacts")
    assert faults(batch) == [(4, "Phone", "letters"), (5, "Phone", "no_number")]


@pytest.mark.django_db
def test_history_rows_say_that_the_command_did_it_and_from_which_batch(file, capsys):
    answer(capsys, file(), "--source", "web", "--region", "US")

    batch = ImportBatch.objects.get()
    rows = [Contact.history.get(), ContactPoint.history.get(), *Consent.history.all()]
    assert len(rows) == 4
    for row in rows:
        assert row.history_actor == "command import_contacts"
        assert (row.history_source, row.history_batch) == (batch.source, batch)
        assert row.history_change_reason in (f"import {batch.pk}", "given")


@pytest.mark.django_db
def test_a_workbook_is_imported_like_any_file(file, capsys):
    path = file(xlsx_file(HEADER, ("Ann", 12025550100)), "people.xlsx")

    assert answer(capsys, path, "--source", "web", "--region", "US")["counts"]["created"] == 1


@pytest.mark.django_db
def test_a_dry_run_says_what_the_import_then_does_and_writes_nothing(file, capsys):
    path, before = file(), rows_of_all_tables()

    foreseen = answer(capsys, path, "--source", "web", "--region", "US", "--dry-run")

    assert (foreseen.pop("batch"), foreseen.pop("dry_run")) == (None, True)
    assert rows_of_all_tables() == before
    assert staged_files() == []
    done = answer(capsys, path, "--source", "web", "--region", "US")
    assert foreseen == {name: done[name] for name in foreseen}


@pytest.mark.django_db
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_people_read_the_counts_and_a_line_for_each_rejected_row(file, capsys, more):
    call_command("import_contacts", file(b"Name,Phone\nAnn,+12025550100\nBo,call me\nCy\n"), "--source", "web", *more)

    head, *lines = capsys.readouterr().out.splitlines()
    begins = "Dry run, nothing was written" if more else f"Import {ImportBatch.objects.get().pk}"
    assert head == f"{begins}: 3 rows from web: 1 created, 0 updated, 0 unchanged, 2 rejected, 0 suppressed, 0 flagged."
    assert lines == [
        "  rejected line 3, Phone: There are letters or other characters where digits belong.",
        "  rejected line 4, Phone: This row has fewer cells than the header.",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["FILE", "--source", "moon"], "--source: there is no source 'moon'."),
        (["FILE"], "the following arguments are required: --source"),
        (["nowhere.csv", "--source", "web"], "FILE: nowhere.csv: No such file or directory."),
        ([".", "--source", "web"], "FILE: : Is a directory."),
        (["FILE", "--source", "web", "--region", "Atlantis"], "no region ATLANTIS"),
        (["EMPTY", "--source", "web"], "FILE: empty.csv: The file is empty."),
        (["NOPHONE", "--source", "web"], "FILE: nophone.csv: The file has no phone column; its columns are: Name."),
        (
            ["BINARY", "--source", "web"],
            "FILE: binary.csv: The file is neither a workbook nor text in an encoding that we know.",
        ),
        (["+1 202 555 0100.csv", "--source", "web"], "FILE: [number].csv: No such file"),
        (["FILE", "--source", "web", "--preset", "Lotus"], "--preset: there is no preset 'Lotus'; there are: Google"),
        (["FILE", "--source", "web", "--mapping", "nowhere.json"], "--mapping: nowhere.json: No such file"),
        (["FILE", "--source", "web", "--mapping", "FILE"], "--mapping: people.csv: this is no JSON."),
        (["FILE", "--source", "web", "--mapping", "LIST"], "--mapping: list.json: it should be an object"),
        (["FILE", "--source", "web", "--mapping", "WRONG"], "FILE: people.csv: The file has no column [number]."),
        (["FILE", "--source", "web", "--mapping", "WRONG", "--preset", "Brevo"], "--preset: the mapping says already"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_wrong_use_is_named_in_one_line_and_nothing_is_written(file, capsys, arguments, words, more):
    files = {
        "FILE": file(),
        "EMPTY": file(b"", "empty.csv"),
        "NOPHONE": file(b"Name\nAnn\n", "nophone.csv"),
        "BINARY": file(bytes(range(256)), "binary.csv"),
        "LIST": file(b'["phone"]', "list.json"),
        "WRONG": file(b'{"Phone": "phone", "+1 202 555 0100": "name"}', "wrong.json"),
    }
    before = rows_of_all_tables()

    with pytest.raises(CommandError) as error:
        call_command("import_contacts", *[files.get(word, word) for word in arguments], *more)

    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert "555" not in str(error.value)
    assert error.value.returncode == 2 or "required" in words
    assert capsys.readouterr().out == ""
    assert rows_of_all_tables() == before
    assert staged_files() == []


@pytest.mark.django_db
def test_a_dry_run_that_breaks_off_leaves_nothing(file, monkeypatch):
    path, before = file(), rows_of_all_tables()

    def broken(*args, **how):
        raise ZeroDivisionError

    monkeypatch.setattr(run, "dry_run", broken)
    with pytest.raises(ZeroDivisionError):
        call_command("import_contacts", path, "--source", "web", "--dry-run")

    assert rows_of_all_tables() == before
    assert staged_files() == []


@pytest.mark.django_db
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_mapping_in_a_file_says_what_the_columns_mean(file, capsys, more):
    people = file(csv_file(("Who", "Number", "Stop"), ("Ann Lee", number(0), "")))
    columns = {"Number": "phone:work", "Stop": "optout:sms", "Who": "name"}
    told = file(json.dumps(columns).encode(), "columns.json")
    found = answer(capsys, people, "--source", "web", "--mapping", told, *more)

    assert found["columns"] == columns
    assert found["counts"] == {**COUNTS, "created": 1, "unchanged": 0, "rejected": 0}
    if not more:
        assert ContactPoint.objects.get().label == "work"
        assert Contact.objects.get().family_name == "Lee"


@pytest.mark.django_db
def test_a_preset_is_named_where_a_program_is_not_recognised(file, capsys):
    found = answer(capsys, file(csv_file(("SMS",), (number(0),))), "--source", "web", "--preset", "brevo")

    assert found["columns"] == {"SMS": "phone:sms"}
    assert ImportBatch.objects.get().preset == "Brevo"


@pytest.mark.django_db
def test_a_file_that_was_imported_before_from_the_same_source_says_so_and_is_imported_all_the_same(file, capsys):
    path, elsewhere = file(), factories.source("fair")
    first = answer(capsys, path, "--source", "web", "--region", "US")

    assert answer(capsys, path, "--source", elsewhere.slug, "--region", "US")["already_imported"] is None
    again = answer(capsys, path, "--source", "web", "--region", "US")
    assert (again["already_imported"], again["counts"]["unchanged"]) == (first["batch"], 2)
    call_command("import_contacts", path, "--source", "web", "--region", "US", "--dry-run")
    assert f"this very file was imported before, as import {again['batch']}" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_the_rejected_rows_come_in_a_file_of_their_own_with_the_reason(file, capsys, tmp_path, more):
    out = tmp_path / "rejected.csv"

    answer(capsys, file(), "--source", "web", "--region", "US", "--rejected", str(out), *more)

    assert list(csv.reader(out.read_text().splitlines())) == [
        [*EVIDENCE, "Reason"],
        ["Bo Day", "call me", "", "", "", "", f"Phone: {MESSAGES['letters']}"],
        ["Cy", "", "", "", "", "", f"Phone: {MESSAGES['no_number']}"],
    ]
    assert out.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("out", "words"),
    [("nowhere/out.csv", "--rejected: out.csv: No such file"), ("people.csv", "--rejected: this is the file")],
)
def test_a_place_where_rejected_rows_cannot_be_written_is_wrong_use_before_anything_is(file, tmp_path, out, words):
    path, before = file(), rows_of_all_tables()

    with pytest.raises(CommandError, match=words) as error:
        call_command("import_contacts", path, "--source", "web", "--rejected", str(tmp_path / out))

    assert error.value.returncode == 2
    assert rows_of_all_tables() == before
    assert Path(path).read_bytes() == MIXED


@pytest.mark.django_db
def test_a_file_that_is_refused_leaves_no_file_of_rejected_rows(file, tmp_path):
    with pytest.raises(CommandError):
        call_command(
            "import_contacts", file(b"", "empty.csv"), "--source", "web", "--rejected", str(tmp_path / "out.csv")
        )

    assert not (tmp_path / "out.csv").exists()


@pytest.mark.django_db
def test_an_import_is_undone_by_its_number_and_once(file, capsys):
    batch = answer(capsys, file(), "--source", "web", "--region", "US")["batch"]

    assert answer(capsys, "--undo", str(batch)) == {
        "undone": batch,
        "reversed": {"contacts": 1, "points": 1, "lines": 1, "provenances": 1, "consents": 2},
        "kept": {},
    }
    assert ImportBatch.objects.get().undone_as == "command import_contacts"
    with pytest.raises(CommandError, match=f"--undo: Import {batch} was not committed, or was undone before") as error:
        call_command("import_contacts", "--undo", str(batch))
    assert error.value.returncode == 2


@pytest.mark.django_db
def test_people_read_what_an_undo_reversed_and_what_it_kept(file, capsys):
    path = file(csv_file(HEADER, ("Ann", number(0)), ("Bo", number(1))))
    call_command("import_contacts", path, "--source", "web")
    batch = ImportBatch.objects.get()
    factories.entry(ContactPoint.objects.earliest("pk"))
    capsys.readouterr()

    call_command("import_contacts", "--undo", str(batch.pk))

    assert capsys.readouterr().out.splitlines() == [
        f"Import {batch.pk} is undone.",
        "  reversed: 1 contacts removed",
        "  reversed: 1 contact points removed",
        "  reversed: 1 numbers removed",
        "  reversed: 1 provenances removed",
        "  kept: 1 the ledger has other entries about it",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--undo", "999999"], "--undo: there is no import of this number."),
        (["FILE", "--undo", "1"], "--undo: an import is undone as a whole"),
        (["--undo", "1", "--dry-run"], "--undo: an import is undone as a whole"),
        (["--undo", "1", "--overwrite"], "--undo: an import is undone as a whole"),
        (["--source", "web"], "the following arguments are required: FILE"),
    ],
)
def test_an_undo_that_makes_no_sense_is_wrong_use(file, arguments, words):
    arguments = [file() if word == "FILE" else word for word in arguments]

    with pytest.raises(CommandError) as error:
        call_command("import_contacts", *arguments)

    assert words in str(error.value)
    assert error.value.returncode == 2


def script(*arguments: str) -> tuple[int, str, str]:
    folder = Path(project.STAGING_DIR).parent
    done = processes.manage("import_contacts", *arguments, DATA_DIR=str(folder))
    return done.returncode, done.stdout, done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_script_gets_one_object_on_stdout_and_the_exit_code_says_whether_a_row_was_rejected(file):
    clean = file(csv_file(HEADER, ("Ann", number(0))), "clean.csv")

    code, out, err = script(clean, "--source", "web", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["counts"]["created"] == 1
    assert out == json.dumps(json.loads(out)) + "\n"

    code, out, err = script(file(), "--source", "web", "--region", "US", "--json")
    assert (code, err) == (1, "")
    assert json.loads(out)["counts"]["rejected"] == 2

    assert [outcomes(batch) for batch in ImportBatch.objects.order_by("pk")] == [
        {"created": 1},
        {"updated": 1, "unchanged": 1, "rejected": 2},
    ]
    # The rejected rows wait a day to be fetched in the admin.
    assert [path.name for path in staged_files()] == [ImportBatch.objects.latest("pk").rejected_name]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("more", [[], ["--json", "--dry-run"]])
def test_a_script_that_calls_it_wrongly_gets_exit_code_2_and_one_line_on_stderr(file, more):
    before = rows_of_all_tables()
    for arguments in (
        [file(), "--source", "moon"],
        [file()],
        [file(b"Name\nAnn\n", "nophone.csv"), "--source", "web"],
    ):
        code, out, err = script(*arguments, *more)
        assert (code, out, err.count("\n")) == (2, "", 1), err
    assert rows_of_all_tables() == before


@pytest.mark.django_db
def test_what_waits_for_a_yes_says_so_and_comes_in_with_one(file, capsys):
    sharing = "".join(f"Person{n} Fox,+12025550100\n" for n in range(6))
    path = file(f"Name,Phone\n{sharing}".encode())
    call_command("import_contacts", path, "--source", "web")
    assert "  waits line 7, Phone: Many people share this number." in capsys.readouterr().out
    assert outcomes(ImportBatch.objects.latest("pk")) == {"created": 5, "flagged": 1}

    found = answer(capsys, path, "--source", "web", "--accept-flagged")

    assert (found["counts"]["created"], found["counts"]["flagged"]) == (1, 0)


@pytest.mark.django_db
def test_a_third_party_overwrites_what_is_there_on_demand_only(file, capsys):
    factories.source("lists", kind=Source.Kind.THIRD_PARTY)
    answer(capsys, file(b"Name,Phone,Notes\nAnn,+12025550100,old\n"), "--source", "web")
    path = file(b"Name,Phone,Notes\nAnn,+12025550100,new\n")

    for flags, notes in (((), "old"), (("--overwrite",), "new")):
        answer(capsys, path, "--source", "lists", *flags)
        assert Contact.objects.get().notes == notes
