"""Running management commands in tests: in this process, or as people do, in one of their own."""

import json
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command, get_commands, load_command_class

from tests import processes


@dataclass(frozen=True)
class Ran:
    """What came of a command: its exit code and what it printed."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout; anything else there is an error."""
        found = json.loads(self.stdout)
        assert isinstance(found, dict)
        assert self.stdout.count("\n") == 1
        return found


def run(name: str, *args: str) -> Ran:
    """Run a command in this process."""
    command: Any = load_command_class(str(get_commands()[name]), name)
    out, err = StringIO(), StringIO()
    try:
        call_command(command, *args, stdout=out, stderr=err)
    except CommandError as error:
        return Ran(error.returncode, out.getvalue(), f"{error}\n")
    return Ran(int(command.fault), out.getvalue(), err.getvalue())


def run_alone(name: str, *args: str) -> Ran:
    """Run a command in a process of its own, on the tests' database: what it is to see must be committed."""
    done = processes.manage(name, *args)
    return Ran(done.returncode, done.stdout, done.stderr)
