"""`screen_list`: an answer for every line of a list, held or not, and none of what is held goes out with it."""

import csv
import stat
from pathlib import Path

import pytest

from consent import screening
from consent.models import AccessRecord
from consent.rules import RULE_SET
from consent.rules.states import Act
from tests.commands import Ran, run, run_alone
from tests.factories import entry, number, point, purpose

pytestmark = pytest.mark.django_db
# Noon in every time zone of the United States but Hawaii's.
AT = "2026-03-02T18:00:00Z"
GIVEN, REFUSED, UNKNOWN = number(0), number(1), number(2)


@pytest.fixture
def town() -> None:
    """One who agreed and one who refused."""
    entry(point(GIVEN))
    entry(point(REFUSED), Act.REFUSED)


def written(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def screen(path: Path, *more: str) -> Ran:
    return run("screen_list", str(path), "--purpose", "news", "--channel", "sms", "--at", AT, *more)


def rows(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.usefixtures("town")
def test_every_line_is_answered_in_its_order_and_keeps_its_own_columns(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    listed = written(tmp_path, f"Id,Mobile phone,Note\n7,{GIVEN},=1+1\n8,{UNKNOWN},\n9,call me,x\n10,{REFUSED}\n")
    done = screen(listed, "--out", str(out), "--json")
    assert (done.code, done.stderr) == (0, "")
    assert rows(out) == [
        ["Id", "Mobile phone", "Note", "verdict", "reason", "basis", "until", "rule_set"],
        ["7", GIVEN, "'=1+1", "allow", "consent_given", "consent", "2026-03-03T02:00:00+00:00", RULE_SET],
        ["8", UNKNOWN, "", "deny", "unknown_number", "", "", RULE_SET],
        ["9", "call me", "x", "", "not_a_number: letters", "", "", RULE_SET],
        ["10", REFUSED, "", "deny", "refused", "consent", "", RULE_SET],
    ]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert done.json == {
        "numbers": 4,
        "counts": [
            {"verdict": None, "reason": "not_a_number", "numbers": 1},
            {"verdict": "allow", "reason": "consent_given", "numbers": 1},
            {"verdict": "deny", "reason": "refused", "numbers": 1},
            {"verdict": "deny", "reason": "unknown_number", "numbers": 1},
        ],
        "not_numbers": {"letters": 1},
    }


@pytest.mark.usefixtures("town")
def test_on_the_screen_there_are_counts_and_no_numbers(tmp_path: Path) -> None:
    done = screen(written(tmp_path, f"phone\n{GIVEN}\n{REFUSED}\nnobody\n"))
    assert done.stdout.splitlines() == [
        "3 numbers.",
        "  - not_a_number: 1",
        "  allow consent_given: 1",
        "  deny refused: 1",
        "  1 because: There are letters or other characters where digits belong.",
    ]
    assert "555" not in done.stdout


@pytest.mark.usefixtures("town")
def test_a_number_on_each_line_needs_no_header(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    national = f"({GIVEN[2:5]}) {GIVEN[5:8]}-{GIVEN[8:]}"
    screen(written(tmp_path, f"{national}\n\n{REFUSED}\n"), "--region", "US", "--out", str(out))
    assert [row[:3] for row in rows(out)] == [
        ["number", "verdict", "reason"],
        [national, "allow", "consent_given"],
        [REFUSED, "deny", "refused"],
    ]


@pytest.mark.usefixtures("town")
def test_a_column_may_be_named_and_another_delimiter_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    listed = written(tmp_path, f"who;at\nAnn;{GIVEN}\n")
    assert "--column" in screen(listed).stderr
    screen(listed, "--column", "at", "--out", str(out))
    assert rows(out, ";")[1][:4] == ["Ann", GIVEN, "allow", "consent_given"]


@pytest.mark.usefixtures("town")
def test_a_list_longer_than_a_chunk_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "CHUNK", 2)
    out = tmp_path / "out.csv"
    screen(written(tmp_path, "\n".join([GIVEN, "?", REFUSED, UNKNOWN, GIVEN])), "--out", str(out))
    reasons = [row[2] for row in rows(out)[1:]]
    assert [reason.partition(":")[0] for reason in reasons] == [
        *("consent_given", "not_a_number", "refused", "unknown_number", "consent_given")
    ]


def test_an_empty_list_has_no_answers(tmp_path: Path) -> None:
    purpose()
    done = screen(written(tmp_path, ""), "--json")
    assert (done.code, done.json["numbers"], done.json["counts"]) == (0, 0, [])


def test_what_is_there_already_is_not_touched(tmp_path: Path) -> None:
    purpose()
    out = tmp_path / "out.csv"
    out.write_text("mine")
    done = screen(written(tmp_path, GIVEN), "--out", str(out))
    assert (done.code, done.stderr) == (2, "out.csv: File exists.\n")
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "args", "why"),
    [
        (None, (), "list.csv: No such file or directory."),
        (b"\xff\xfe\x00", (), "list.csv: this is no text in UTF-8."),
        (b"a,b\n1,2\n", (), "no column looks like phone numbers"),
        (b"phone\n", ("--column", "tel"), "there is no column of this name"),
        (b"phone\n", ("--at", "2026-03-02T18:00:00"), "has no time zone"),
        (b"phone\n", ("--purpose", "lottery"), "there is no purpose 'lottery'"),
    ],
)
def test_wrong_use_names_the_thing_and_leaves_no_file(
    tmp_path: Path, content: bytes | None, args: tuple[str, ...], why: str
) -> None:
    purpose()
    path, out = tmp_path / "list.csv", tmp_path / "out.csv"
    if content is not None:
        path.write_bytes(content)
    done = screen(path, "--out", str(out), *args)
    assert (done.code, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


@pytest.mark.usefixtures("town")
def test_nobody_of_ours_is_written_down_and_no_record_is_needed(tmp_path: Path) -> None:
    screen(written(tmp_path, GIVEN), "--out", str(tmp_path / "out.csv"))
    assert not AccessRecord.objects.exists()
    assert "Person" not in (tmp_path / "out.csv").read_text()


@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_prints_one_object_and_nothing_else(tmp_path: Path) -> None:
    entry(point(GIVEN))
    listed = written(tmp_path, f"phone\n{GIVEN}\n")
    done = run_alone("screen_list", str(listed), "--purpose", "news", "--channel", "sms", "--at", AT, "--json")
    assert (done.code, done.stderr, done.json["numbers"]) == (0, "", 1)
