"""Searching one file: by lines where it has such, by members where it is zipped, unpacked where it is compressed."""

import bz2
import codecs
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from crm.logs import mask_text
from crm.traces.needle import Needle, Trace
from crm.traces.searching import CHUNK, KEPT, Search
from crm.traces.unpacking import holds, positions

# A workbook that unpacks to more than this is a bomb: reading it to its end would never end.
MAX_UNPACKED = 4 << 30
_PACKED: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}


def folder(place: str, top: Path, search: Search, *, without: frozenset[Path] = frozenset()) -> Iterator[Trace]:
    """Yield what is found in the files under a folder, as of `place`; a folder that is not there holds nothing.

    without: files, and folders with all that is in them, that are left to another search.
    """
    try:
        for path in sorted(top.rglob("*")) if top.exists() else []:
            if path.is_file() and not without.intersection((path, *path.parents)):
                yield from file(place, path, str(path.relative_to(top)), search)
    except OSError:
        search.unread.append(f"{place} folder")


def named_like(place: str, first: Path, search: Search) -> Iterator[Trace]:
    """Yield what is found in a file and in those named after it, such as the older parts of a log."""
    for path in siblings(first):
        yield from file(place, path, path.name, search)


def siblings(first: Path) -> list[Path]:
    """Return the files whose name begins like that of `first`, in its folder."""
    if not first.parent.is_dir():
        return []
    return sorted(path for path in first.parent.iterdir() if path.name.startswith(first.name) and path.is_file())


def file(place: str, path: Path, name: str, search: Search) -> Iterator[Trace]:
    """Yield where in a file the number stands; `name` is searched too, and told masked.

    A file that goes while it is searched (a message taken by its worker) holds nothing any more.
    """
    told = mask_text(name)
    if holds(name, search.needle):
        yield Trace(place, told, "name", "")
    try:
        if path.suffix != ".log" and zipfile.is_zipfile(path):
            yield from _members(place, path, told, search.needle)
        else:
            with _PACKED.get(path.suffix, open)(path, "rb") as stream:
                for line in lines(stream, search.needle):
                    yield Trace(place, told, "line", line)
    except FileNotFoundError:
        return
    # Of zipfile: RuntimeError for an encrypted member, NotImplementedError for a method that it does not know.
    except (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile):
        search.unread.append(f"{place} {told}")


def _members(place: str, path: Path, told: str, needle: Needle) -> Iterator[Trace]:
    """A workbook is a folder of XML, zipped."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise ValueError("unpacks to too much")
        for member in members:
            if holds(member.filename, needle):
                yield Trace(place, told, "name of a member", "")
            with archive.open(member) as stream:
                for line in lines(stream, needle):
                    yield Trace(place, told, mask_text(member.filename), line)


def lines(stream: IO[bytes], needle: Needle) -> Iterator[int]:
    """Yield the number of each line that holds the number, reading in chunks that overlap."""
    line, kept, told = 1, b"", set[int]()
    decoder: Any = None
    first = True
    while True:
        raw = stream.read(CHUNK)
        if first and raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        first = False
        data = kept + (decoder.decode(raw, final=not raw).encode() if decoder else raw)
        found = sorted({line + data.count(b"\n", 0, position) for position in positions(data, needle)} - told)
        told.update(found)
        yield from found
        if not raw:
            return
        kept = data[-KEPT:]
        line += data.count(b"\n", 0, len(data) - len(kept))
