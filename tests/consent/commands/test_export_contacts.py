"""`export_contacts`: a new file, whole and its owner's alone, and counts on the screen."""

from pathlib import Path
from typing import Any

import pytest

from consent.models import AccessRecord, Disclosure
from consent.rules.states import Act
from crm import exports
from tests import factories
from tests.commands import run
from tests.exporting import read_back, table

pytestmark = pytest.mark.django_db
NUMBER = "+12025550187"
WHY = ("--reason", "moving house", "--json")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "people"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "vcard"])
def test_the_people_are_in_the_file_and_counts_on_the_screen(kind: str, out: Path, tmp_path: Path) -> None:
    factories.point(NUMBER, given_name="Ann")

    done = run("export_contacts", str(out), "--format", kind, *WHY)
    record = AccessRecord.objects.get()
    assert done.code == 0
    assert done.json == {
        "access": record.pk,
        "format": kind,
        "masked": False,
        "contacts": 1,
        "points": 1,
        "left_out": {},
    }
    assert (record.actor_name, record.reason) == ("command export_contacts", "moving house")
    assert "0187" not in done.stdout + done.stderr
    (row,) = read_back(out.read_bytes(), tmp_path)
    assert NUMBER in " ".join(row.values())


def test_the_file_is_its_owners_alone_and_nothing_stands_beside_it(out: Path) -> None:
    run("export_contacts", str(out), "--format", "csv", *WHY)

    assert out.stat().st_mode & 0o777 == 0o600
    assert list(out.parent.iterdir()) == [out]


def test_a_file_that_is_there_is_not_touched(out: Path) -> None:
    out.write_text("mine")

    done = run("export_contacts", str(out), "--format", "csv", *WHY)
    assert (done.code, done.stderr) == (2, "OUT: people: File exists.\n")
    assert out.read_text() == "mine"
    assert not AccessRecord.objects.exists()


def test_a_file_that_is_made_meanwhile_is_not_touched_either(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = exports.write

    def slow(*args: Any, **kwargs: Any) -> Any:
        out.write_text("theirs")
        return real(*args, **kwargs)

    monkeypatch.setattr(exports, "write", slow)
    done = run("export_contacts", str(out), "--format", "csv", *WHY)
    assert (done.code, done.stderr) == (2, "OUT: people: File exists.\n")
    assert out.read_text() == "theirs"
    assert list(out.parent.iterdir()) == [out]


def test_nothing_is_left_of_an_export_that_breaks_off(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, to: Any, **kwargs: Any) -> Any:
        to.write(b"half")
        raise ZeroDivisionError

    monkeypatch.setattr(exports, "write", broken)
    with pytest.raises(ZeroDivisionError):
        run("export_contacts", str(out), "--format", "csv", *WHY)
    assert list(out.parent.iterdir()) == []


def test_masked_numbers_are_told_as_such(out: Path) -> None:
    factories.point(NUMBER, given_name="Ann")

    done = run("export_contacts", str(out), "--format", "csv", "--masked", "--reason", "an overview")
    assert done.stdout == f"Access record {AccessRecord.objects.get().pk}: 1 contacts with 1 numbers (masked).\n"
    assert "202555" not in out.read_text()


def test_for_a_purpose_it_says_who_was_left_out_and_why(out: Path) -> None:
    ann, bo = factories.point(given_name="Ann"), factories.point(given_name="Bo")
    factories.entry(ann)
    factories.entry(bo, Act.REFUSED)

    how = ("--format", "csv", "--purpose", "news", "--channel", "sms", "--reason", "spring campaign")
    done = run("export_contacts", str(out), *how)
    assert done.stdout.splitlines()[1:] == ["  left out: 1 refused"]
    assert [row["Given name"] for row in table(out.read_bytes())] == ["Ann"]


def test_of_a_source_only_its_people_are_written(out: Path) -> None:
    factories.point(given_name="Ann", of=factories.source("shop"))
    factories.point(given_name="Bo")

    done = run("export_contacts", str(out), "--format", "csv", "--source", "shop", *WHY)
    assert done.json["contacts"] == 1
    assert [row["Given name"] for row in table(out.read_bytes())] == ["Ann"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--source", "nowhere"], "--source: there is no source 'nowhere'."),
        (["--purpose", "news"], "--purpose and --channel: one says nothing without the other."),
        (["--channel", "sms"], "--purpose and --channel: one says nothing without the other."),
        (["--purpose", "nothing", "--channel", "sms"], "--purpose: there is no purpose 'nothing'."),
        (["--reason", " "], "--reason: say what the file is for."),
        (["--reason", f"for {NUMBER}"], "--reason: there is a phone number in the reason."),
    ],
)
def test_a_wrong_call_names_what_is_wrong_and_writes_nothing(args: list[str], said: str, out: Path) -> None:
    done = run("export_contacts", str(out), "--format", "csv", "--reason", "moving house", *args)
    assert (done.code, done.stderr) == (2, f"{said}\n")
    assert list(out.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_without_its_name(tmp_path: Path) -> None:
    done = run("export_contacts", str(tmp_path / "+12025550187" / "+12025550187.csv"), "--format", "csv", *WHY)
    assert (done.code, done.stderr) == (2, "OUT: [number].csv: No such file or directory.\n")


def test_the_recipient_is_written_down(out: Path) -> None:
    factories.point(NUMBER)

    assert run("export_contacts", str(out), "--format", "csv", "--recipient", "Mailing Ltd", *WHY).code == 0
    disclosure = Disclosure.objects.get()
    assert (disclosure.recipient, disclosure.access_record) == ("Mailing Ltd", AccessRecord.objects.get())


def test_a_recipient_holds_no_number(out: Path) -> None:
    done = run("export_contacts", str(out), "--format", "csv", "--recipient", f"Ann {NUMBER}", *WHY)
    assert (done.code, done.stderr) == (2, "--recipient: there is a phone number in the recipient's name.\n")
    assert not out.exists()
