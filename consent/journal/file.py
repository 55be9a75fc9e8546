"""The file of the journal: one writer at a time, whole lines only, and on the disk before anybody goes on.

A line that was not written whole never counted: whoever writes next cuts it off. What cannot be read in the middle of
the file stays where it is, for `verify` to name.
"""

import fcntl
import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from django.conf import settings

from consent.journal.lines import beginning_of, glance, outcome_of

# So many workers may have committed at once, in another order than they say so.
_REMEMBERED = 64
_WINDOW = 256 * 1024
# The MAC of a line stands in its last bytes.
_KNOWN_BY = 128


class JournalNotWritten(OSError):
    """The journal could not be written, on a full disk for one: nothing may be erased that it does not know of."""


@dataclass(frozen=True, slots=True)
class End:
    """What stands at the end of the file.

    seq and mac: of the last record, 0 and "" where there is none. committed: MACs by seq of those last committed.
    """

    seq: int = 0
    mac: str = ""
    committed: Mapping[int, str] = field(default_factory=dict)


class Tail:
    """The end of the file as this process has read it, to be read on from there."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._inode, self._offset, self._before = 0, 0, b""
        self._seq, self._mac = 0, ""
        self._committed: OrderedDict[int, str] = OrderedDict()

    def refresh(self, fd: int) -> tuple[End, int]:
        """Read what is new in the open file; return what stands at its end, and where its last whole line ends."""
        with self._lock:
            status = os.fstat(fd)
            if status.st_ino != self._inode or self._before != self._read_before(fd):
                self._forget()
                self._inode = status.st_ino
                self._offset = self._begin(fd, status.st_size)
            while new := os.pread(fd, status.st_size - self._offset, self._offset):
                whole = new.rfind(b"\n") + 1
                if not whole:
                    break
                for line in new[:whole].splitlines(keepends=True):
                    self._take(line)
                self._offset += whole
            self._before = self._read_before(fd)
            return End(self._seq, self._mac, dict(self._committed)), self._offset

    def _read_before(self, fd: int) -> bytes:
        """Return the end of what was read: a line that could not be made to last was cut off again."""
        begin = max(0, self._offset - _KNOWN_BY)
        return os.pread(fd, self._offset - begin, begin)

    def _take(self, line: bytes) -> None:
        if record := glance(line):
            self._seq, self._mac = record
        elif beginning := beginning_of(line):
            self._seq, self._mac = beginning[0] - 1, beginning[1]
        elif (outcome := outcome_of(line)) and outcome.committed:
            self._committed[outcome.seq] = outcome.record
            self._committed.move_to_end(outcome.seq)
            while len(self._committed) > _REMEMBERED:
                self._committed.popitem(last=False)

    def _begin(self, fd: int, size: int) -> int:
        """Return where a line begins from which on everything stands that is remembered."""
        window = _WINDOW
        while window < size:
            block = os.pread(fd, window, size - window)
            begin = block.find(b"\n") + 1
            lines = block[begin:].splitlines(keepends=True)
            outcomes = sum(1 for line in lines if outcome_of(line))
            if begin and outcomes >= _REMEMBERED and any(glance(line) for line in lines):
                return size - window + begin
            window *= 4
        return 0


# By path, as tests have a file each.
_tails: dict[Path, Tail] = {}


def end() -> End:
    """Return what stands at the end of the file now, read without its lock; nothing where there is no file."""
    path: Path = settings.JOURNAL_PATH
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return End()
    try:
        return _tail_of(path).refresh(fd)[0]
    finally:
        os.close(fd)


def _tail_of(path: Path) -> Tail:
    return _tails.setdefault(path, Tail())


def lines() -> Iterator[bytes]:
    """Yield the whole lines of the file from its beginning; what was not written whole is none."""
    try:
        with settings.JOURNAL_PATH.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line
    except FileNotFoundError:
        return


class Appending:
    """The open file under its lock, its torn end cut off."""

    def __init__(self, fd: int, tail: Tail) -> None:
        self._fd, self._tail = fd, tail
        self.end, self._size = tail.refresh(fd)
        if os.fstat(fd).st_size > self._size:
            os.ftruncate(fd, self._size)

    def replace(self, new: Iterable[bytes]) -> None:
        """Put a file of these lines in the place of this one, whole or not at all; nothing more is appended here."""
        path: Path = settings.JOURNAL_PATH
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                file.writelines(new)
                file.flush()
                os.fsync(file.fileno())
            # Whoever waits for the lock on this file sees that it is another one now.
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def append(self, line: bytes) -> None:
        """Write a line at the end, and return when it is on the disk. On OSError nothing of it stays."""
        try:
            written = 0
            while written < len(line):
                written += os.write(self._fd, line[written:])
            os.fsync(self._fd)
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self.end, self._size = self._tail.refresh(self._fd)


@contextmanager
def appending() -> Iterator[Appending]:
    """Hold the file for writing, alone among all processes and threads; it is made where there is none.

    Raises JournalNotWritten for whatever goes wrong with the file.
    """
    path: Path = settings.JOURNAL_PATH
    try:
        fd = _locked(path)
        try:
            yield Appending(fd, _tail_of(path))
        finally:
            os.close(fd)
    except JournalNotWritten:
        raise
    except OSError as error:
        raise JournalNotWritten(error.errno, f"the journal of erasures: {error.strerror}") from error


def _locked(path: Path) -> int:
    while True:
        fd = _opened(path)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            # Somebody may have put another file in its place while we waited.
            if path.exists() and os.path.samestat(os.fstat(fd), path.stat()):
                return fd
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        pass
    made = not path.parent.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    # A file whose name is not on the disk is not there after a power cut.
    for folder in (path.parent, *([path.parent.parent] if made else [])):
        _sync_folder(folder)
    return fd


def _sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def unresolved(*, committed: dict[int, str] | None = None) -> dict[int, str]:
    """Return the MACs, by seq, of records of which nothing is said; add to `committed` those that were committed."""
    found: dict[int, str] = {}
    said: set[int] = set()
    known = {} if committed is None else committed
    for line in lines():
        if record := glance(line):
            found[record[0]] = record[1]
        elif outcome := outcome_of(line):
            said.add(outcome.seq)
            if outcome.committed:
                known[outcome.seq] = outcome.record
    return {seq: mac for seq, mac in found.items() if seq not in said}
