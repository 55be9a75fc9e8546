"""find_traces tells the places, never the number, and ends with the right exit code."""

import io
import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from crm.management.commands import find_traces
from crm.traces import PLACES
from crm.traces.needle import Needle
from crm.traces.unpacking import holds
from tests import commands, factories
from tests.crm.traces.planted import everywhere, spelled, unheard_of

pytestmark = pytest.mark.django_db


def answer(*args: str) -> tuple[dict[str, Any], bool]:
    out = io.StringIO()
    command = find_traces.Command(stdout=out)
    call_command(command, *args, "--json")
    return json.loads(out.getvalue()), command.fault


def test_the_command_tells_the_places_and_never_the_number() -> None:
    number = factories.number()
    contact = everywhere(number)
    data, fault = answer(spelled(number, "national, in brackets"), "--region", "US")
    [line] = [trace for trace in data["traces"] if (trace["place"], trace["table"]) == ("database", "crm_phonenumber")]
    assert fault
    assert data["found"] == len(data["traces"]) > 8
    assert data["unread"] == []
    assert line == {
        "place": "database",
        "table": "crm_phonenumber",
        "column": "number",
        "id": contact.points.get().line_id,
    }
    assert not holds(json.dumps(data), Needle.of(number))


def test_the_command_finds_no_fault_when_there_is_nothing(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    data, fault = answer(unheard_of())
    assert not fault
    assert (data["found"], data["traces"], data["passing"], data["unread"]) == (0, [], [], [])
    assert "the cache default: each process has its own, in its memory" in data["not_seen"]


def test_the_command_calls_it_a_fault_when_something_could_not_be_read(folders: Path) -> None:
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    data, fault = answer(unheard_of())
    assert (data["found"], data["unread"], fault) == (0, ["broker a.celery.msg"], True)


def test_the_command_writes_a_table_for_people(folders: Path) -> None:
    number = factories.number()
    everywhere(number)
    (folders / "broker" / "a.celery.msg").write_text("not JSON")
    out = io.StringIO()
    call_command("find_traces", number, stdout=out)
    head, *lines = out.getvalue().splitlines()
    assert head.split() == ["PLACE", "TABLE", "COLUMN", "ID"]
    assert any(line.split()[:3] == ["database", "crm_phonenumber", "number"] for line in lines)
    found = [line for line in lines if not line.startswith(("Not seen: ", "Until it is written over: "))]
    assert found[-2:] == ["Could not be read: broker a.celery.msg", f"{len(found) - 2} found."]
    assert not holds(out.getvalue(), Needle.of(number))


def test_the_command_says_when_there_is_nothing() -> None:
    out = io.StringIO()
    call_command("find_traces", unheard_of(), stdout=out)
    assert out.getvalue().splitlines()[-1] == "No trace found."


def test_the_command_takes_a_number_that_is_no_longer_valid() -> None:
    assert answer("+999 555 0123 4")[0]["found"] == 0


@pytest.mark.parametrize("text", ["call me", "", "+44", "555-0123", "12", "=1+1"])
def test_the_command_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        call_command("find_traces", text)
    assert caught.value.returncode == 2
    assert len(str(caught.value).splitlines()) == 1
    assert not text or text not in str(caught.value)


@pytest.mark.parametrize(("held", "code"), [(True, 1), (False, 0)])
def test_on_the_command_line_the_exit_code_says_whether_something_was_found(
    held: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = factories.point().line.e164 if held else unheard_of()
    monkeypatch.setattr(connections, "close_all", lambda: None)  # the test's own transaction would end
    ends = pytest.raises(SystemExit, match=r"^1$") if held else nullcontext()
    with ends:
        find_traces.Command().run_from_argv(["manage.py", "find_traces", number, "--json"])
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert bool(json.loads(out)["found"]) is held


def test_on_the_command_line_wrong_use_is_one_line_that_does_not_repeat_the_number() -> None:
    for args in (["call me 5550123 now"], ["+1", "202", "555-0123"], []):
        done = subprocess.run(
            [sys.executable, "manage.py", "find_traces", *args, "--json"],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "555" not in done.stderr


def test_a_place_that_is_left_out_is_told() -> None:
    number = factories.number()
    everywhere(number)
    data, _fault = answer(number, "--without", "database", "--without", "database file")
    assert data["traces"] == []
    assert {"database: left out", "database file: left out"} <= set(data["not_seen"])


def test_the_command_lists_every_place_with_who_cleans_it() -> None:
    data, fault = answer("--places")
    assert not fault
    assert [place["name"] for place in data["places"]] == [place.name for place in PLACES]
    out = io.StringIO()
    call_command("find_traces", "--places", stdout=out)
    assert "  cleaned by crm.erasure.erase, in the transaction that erases" in out.getvalue().splitlines()


@pytest.mark.parametrize(
    "args",
    [[], ["--places", "--sample", "3"], ["--contact", "1", "+12025550100"], ["--contact", "0"], ["--sample", "0"]],
)
def test_the_command_refuses_what_says_nothing_or_too_much(args: list[str]) -> None:
    assert commands.run("find_traces", *args).code == 2
