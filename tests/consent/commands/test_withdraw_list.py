"""`withdraw_list`: a list of opt-outs from the command line."""

from pathlib import Path

import pytest

from consent.models import ConsentEvent, Evidence, Suppression
from tests.commands import run
from tests.factories import NOON, entry, number, point, purpose

pytestmark = pytest.mark.django_db
WHY = ("--reason", "the partner's list of May")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    held = number()
    entry(point(held))
    path = tmp_path / "list.csv"
    path.write_text(f"Phone\n{held}\nnobody\n{number()}\n{held}\n")
    return path


def test_it_counts_and_names_the_lines_that_it_could_not_read(file: Path) -> None:
    done = run("withdraw_list", str(file), *WHY, "--json", "--at", "2026-03-02T12:00:00Z")

    assert done.code == 1
    assert done.json == {
        "withdrawn": 1,
        "unknown": 1,
        "already": 1,
        "unread": [
            {"line": 3, "code": "letters", "message": "There are letters or other characters where digits belong."}
        ],
    }
    end = ConsentEvent.objects.get(act="withdrawn")
    assert (end.occurred_at, end.actor_name) == (NOON, "command withdraw_list")
    assert Evidence.objects.get(entry=end).message == WHY[1]
    assert set(Suppression.objects.values_list("reason", flat=True)) == {WHY[1]}


def test_people_read_the_same_and_a_list_without_faults_is_exit_code_0(file: Path) -> None:
    said = run("withdraw_list", str(file), *WHY)
    assert said.stdout.splitlines() == [
        "line 3: There are letters or other characters where digits belong. (letters)",
        "withdrawn: 1",
        "unknown: 1",
        "already: 1",
    ]
    file.write_text(file.read_text().replace("nobody\n", ""))
    assert run("withdraw_list", str(file), *WHY, "--json").code == 0


def test_a_scope_and_an_objection_are_passed_on(file: Path) -> None:
    run("withdraw_list", str(file), *WHY, "--purpose", "news", "--channel", "sms", "--objection")
    said = Suppression.objects.values_list("purpose", "channel", "reason")
    assert set(said) == {(purpose().pk, "sms", "objection")}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--reason", "rang from +1 202 555 0100"), "phone number in the reason"),
        (("--reason", " "), "say how we learned of it"),
        ((*WHY, "--purpose", "none"), "there is no purpose 'none'"),
        ((*WHY, "--at", "2026-03-02T12:00:00"), "no time zone"),
        ((*WHY, "--at", "2999-03-02T12:00:00Z"), "future"),
        ((*WHY, "--region", "XX"), "no region"),
    ],
)
def test_wrong_use_is_said_in_one_line_and_nothing_is_done(file: Path, args: tuple[str, ...], says: str) -> None:
    done = run("withdraw_list", str(file), *args)
    assert (done.code, done.stderr.count("\n")) == (2, 1)
    assert says in done.stderr
    assert not Suppression.objects.exists()


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    done = run("withdraw_list", str(tmp_path / "gone.csv"), *WHY)
    assert (done.code, done.stderr) == (2, "The file is gone.\n")
