"""The seals outside the database: one line each in the file SEALS_PATH, which only ever grows.

Whoever changes the database cannot change the file with it; keep it on other storage, and copies of its last line
where others can see it. A seal is written out after it is committed, one at a time, so a sealer that dies in between
leaves a single seal unwritten, or the beginning of its line: the next one writes it first.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from consent.rules.seals import GENESIS, Published, SealFacts, Unreadable, read_line


@dataclass(slots=True)
class Outside:
    """What the file says. seals: by number, as they stand there first; wrong: what is wrong, of which seal if known.

    forks: numbers that stand there again. size: of all lines in bytes; places: where each seal begins and ends.
    A last line without an end is none: whoever wrote it was cut off.
    """

    exists: bool = False
    seals: dict[int, SealFacts] = field(default_factory=dict)
    wrong: list[tuple[int | None, str]] = field(default_factory=list)
    forks: list[int] = field(default_factory=list)
    size: int = 0
    places: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False)

    @property
    def last(self) -> SealFacts | None:
        """The seal of the last line."""
        return self.seals[max(self.seals)] if self.seals else None

    def add(self, line: bytes) -> None:
        """Take in the next line."""
        start, self.size = self.size, self.size + len(line)
        try:
            seal = read_line(line).seal
        except Unreadable as error:
            self.wrong.append((None, f"byte {start} of the file: {error}"))
            return
        if seal.number in self.seals:
            self.forks.append(seal.number)
            return
        before = self.seals.get(seal.number - 1)
        if seal.previous != (before.digest if before else GENESIS if seal.number == 1 else None):
            self.wrong.append((seal.number, "it does not follow the seal before it in the file"))
        self.seals[seal.number] = seal
        self.places[seal.number] = (start, self.size)


def read(path: Path) -> Outside:
    """Return what the file at `path` says; of one that is not there, nothing. Raises OSError."""
    try:
        with path.open("rb") as file:
            outside = Outside(exists=True)
            for line in file:
                if line.endswith(b"\n"):
                    outside.add(line)
            return outside
    except FileNotFoundError:
        return Outside()


def line_of(outside: Outside, number: int, path: Path) -> Published | None:
    """Return the line of a seal, read again from the file at `path`; None where there is none. Raises OSError."""
    if number not in outside.places:
        return None
    start, end = outside.places[number]
    with path.open("rb") as file:
        file.seek(start)
        return read_line(file.read(end - start))


@dataclass(slots=True)
class Appending:
    """The file, locked, and what it says."""

    file: IO[bytes]
    outside: Outside

    def append(self, published: Published) -> None:
        """Write the line of a seal, and return when it is on the disk. Raises OSError; then it counts for nothing."""
        line = published.line()
        self.file.seek(self.outside.size)
        self.file.truncate()  # what somebody who was cut off has left
        written = 0
        while written < len(line):
            written += self.file.write(line[written:])
        os.fsync(self.file.fileno())
        self.outside.add(line)


@contextmanager
def appending(path: Path) -> Iterator[Appending]:
    """Lock the file for the one who may write to it; it and its folder are made where missing. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Unbuffered: what could not be written is not tried again at the end.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _sync_folder(path.parent)
        yield Appending(file, read(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
