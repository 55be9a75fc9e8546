"""What all commands share: one JSON object on stdout with --json, and exit codes that scripts can rely on.

0: done, nothing amiss. 1: the answer is "fault found". 2: wrong use, with one line on stderr that names it.
"""

import errno
import json
import os
import secrets
import sys
from abc import abstractmethod
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from crm import logs, phones


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: `data` is the JSON object, `fault` says that something is amiss (exit code 1)."""

    data: dict[str, Any]
    fault: bool = False


def wrong_use(message: str) -> CommandError:
    """Return the error for a call that cannot be carried out as it was made: exit code 2; no number stands in it."""
    return CommandError(logs.mask_text(message), returncode=2)


class JsonCommand(BaseCommand):
    """A command that answers: subclasses state their arguments, the answer, and how people read it."""

    fault = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Return the parser; its errors are one line, without the usage before it."""
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.print_usage = lambda file=None: None  # type: ignore[method-assign]
        refuse: Callable[[str], NoReturn] = parser.error

        def error(message: str) -> NoReturn:
            # A number that was not quoted falls apart into arguments of its own, and must not be repeated.
            known, cut, _rest = message.partition("unrecognized arguments")
            refuse(known + cut + " (are values with spaces quoted?)" if cut else logs.mask_text(message))

        parser.error = error  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State --json, which every command has."""
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer as asked for."""
        found = self.answer(**options)
        self.fault = found.fault
        if options["json"]:
            self.stdout.write(json.dumps(found.data, default=_plain))
        else:
            self.render(found.data)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line; a fault found is exit code 1."""
        super().run_from_argv(argv)
        if self.fault:
            sys.exit(1)

    @abstractmethod
    def answer(self, **options: Any) -> Answer:
        """Do what the command is for and return its answer. Raises CommandError by `wrong_use`."""

    def render(self, data: dict[str, Any]) -> None:
        """Print the answer for people: a line for each of its parts, unless a command knows better."""
        for name, value in data.items():
            self.stdout.write(f"{name}: {'-' if value is None else value}")


def moment(text: str, *, name: str) -> datetime:
    """Return an aware datetime from ISO 8601. A naive one is refused: nobody knows which hour it means."""
    try:
        value = parse_datetime(text)
    except ValueError:
        value = None
    if value is None:
        raise wrong_use(f"{name}: {text!r} is not a date and time, such as 2026-03-02T12:00:00Z.")
    if value.tzinfo is None:
        raise wrong_use(f"{name}: {text!r} has no time zone; add Z or an offset such as +01:00.")
    return value


def number(text: str, *, region: str | None = None) -> str:
    """Return the E.164 form of a number given on the command line. The error does not repeat it."""
    try:
        return phones.read_e164(text, region=region)
    except phones.NotANumber as error:
        raise wrong_use(f"NUMBER: {error}") from None


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for its owner alone that stands at `path` once the block ends well, whole; else nothing does.

    Raises OSError, for a path that is taken too.
    """
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    # In the same folder: a name can be given to it there in one step.
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # Not a renaming, which would take the place of a file that was made meanwhile.
        os.link(part, path)
    finally:
        part.unlink(missing_ok=True)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
