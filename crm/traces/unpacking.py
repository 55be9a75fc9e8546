"""Looking into what is packed: base64, compressed data, zip members, pickles, UTF-16, one in another.

Nothing is executed: of a pickle, the operations are read and their texts and numerals taken. What unpacks to more
than a search can look at is said to be so, by TooMuch.
"""

import binascii
import bz2
import io
import lzma
import pickletools
import re
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from crm.traces.needle import Needle

DEPTH = 6
# What one value, or one part of a file, may unpack to in all.
BUDGET = 256 << 20
_PIECE = 1 << 16
_MAX_OPERATIONS = 100_000
# Longer than any token, cookie or message that somebody keeps in a larger file.
_ALIGNED = 10_000
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
# Whether each byte may be one of base64, as a byte: a run is found far sooner so than by an expression.
_IS_LETTER = bytes(b"."[0] if byte not in _LETTERS else b"A"[0] for byte in range(256))
_SHORTEST = b"A" * 14
# Of a text in lines, as e-mail has it; within JSON the ends of lines are escaped.
_FULL_LINE = 60
_NEXT_LINE = re.compile(rb"(?:\r?\n|\\n|\\r\\n)(?=[A-Za-z0-9+/_-])")
_HEX = re.compile(rb"[0-9a-f]{32,}|[0-9A-F]{32,}|(?:[0-9a-f]{4,12}-){3,}[0-9a-f]+")
_PACKED = re.compile(rb"x[\x01\x5e\x9c\xda]|\x1f\x8b\x08|BZh[1-9]1AY&SY|\xfd7zXZ\0|PK\x03\x04")
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_ESCAPED_DIGIT = re.compile(rb"\\u003([0-9])")
_UTF16_UP_TO = 1 << 20


class TooMuch(ValueError):
    """It unpacks to more than can be searched."""


@dataclass(slots=True)
class _Budget:
    left: int = BUDGET

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise TooMuch("unpacks to too much")


def holds(value: object, needle: Needle) -> bool:
    """Whether a value, of whatever type, holds the number, plain or packed. Raises TooMuch."""
    if value is None:
        return False
    if isinstance(value, int | float) or needle.is_numeral(value):
        return needle.is_numeral(value)
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        return next(needle.numeral_positions(data), None) is not None or _found(data, needle)
    return _found(str(value).encode(errors="replace"), needle)


def positions(data: bytes, needle: Needle) -> Iterator[int]:
    """Yield where in the bytes of a file the number begins, or what it is packed in. Raises TooMuch."""
    yield from needle.numeral_positions(data)
    yield from _positions(data, needle, DEPTH, _Budget())


def _found(data: bytes, needle: Needle) -> bool:
    return next(_positions(data, needle, DEPTH, _Budget()), None) is not None


def _positions(data: bytes, needle: Needle, depth: int, budget: _Budget) -> Iterator[int]:
    yield from needle.positions(data)
    if not depth:
        return
    for start, inner in _layers(data):
        budget.take(len(inner))
        if next(_positions(inner, needle, depth - 1, budget), None) is not None:
            yield start


def _layers(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (where it begins, what is in it) of everything that is packed in `data`."""
    if b"\\u003" in data:
        yield 0, _ESCAPED_DIGIT.sub(rb"\1", data)
    if b"\0" in data and len(data) <= _UTF16_UP_TO:
        for encoding in ("utf-16-le", "utf-16-be"):
            yield 0, data.decode(encoding, errors="ignore").replace("\0", "").encode(errors="ignore")
    for match in _PACKED.finditer(data):
        if inner := _unpacked(data, match.start(), match[0]):
            yield match.start(), inner
    for start, run in _runs(data):
        for inner in _decoded(run):
            yield start, inner
    for match in _PICKLE.finditer(data):
        if inner := _pickled(data, match.start()):
            yield match.start(), inner


def _runs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (where it begins, its letters) of every run that may be base64, lines of one put together."""
    letters = data.translate(_IS_LETTER)
    start = letters.find(_SHORTEST)
    while start >= 0:
        lines, at = [], start
        while True:
            end = letters.find(b".", at)
            end = len(data) if end < 0 else end
            lines.append(data[at:end])
            more = _NEXT_LINE.match(data, end) if end - at >= _FULL_LINE else None
            if not more:
                break
            at = more.end()
        yield start, b"".join(lines)
        start = letters.find(_SHORTEST, end)


def _decoded(run: bytes) -> Iterator[bytes]:
    """Yield what a run of base64 may mean. Where in it the encoding begins, nobody says."""
    if _HEX.fullmatch(run):
        return
    run = run.translate(bytes.maketrans(b"-_", b"+/"))
    for skipped in range(4 if len(run) <= _ALIGNED else 1):
        part = run[skipped:]
        if len(part) % 4 == 1:
            part = part[:-1]
        try:
            yield binascii.a2b_base64(part + b"=" * (-len(part) % 4))
        except binascii.Error:
            continue


def _unpacked(data: bytes, start: int, magic: bytes) -> bytes:
    """Return what is compressed from `start` on, as far as it can be read; b"" when it is no such thing."""
    unpack: Any
    match magic[:1]:
        case b"x":
            unpack = zlib.decompressobj()
        case b"\x1f":
            unpack = zlib.decompressobj(wbits=31)
        case b"B":
            unpack = bz2.BZ2Decompressor()
        case b"\xfd":
            unpack = lzma.LZMADecompressor()
        case _:
            # A member of a zip file: the header before it says where it begins (APPNOTE 4.3.7); 8 is deflate.
            head = data[start : start + 30]
            if len(head) < 30 or head[8:10] != b"\x08\0":
                return b""
            start += 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
            unpack = zlib.decompressobj(wbits=-15)
    return b"".join(_pieces(data, start, unpack.decompress, lambda: unpack.eof))


def _pieces(data: bytes, start: int, decompress: Callable[..., bytes], ended: Callable[[], bool]) -> Iterator[bytes]:
    size = 0
    for at in range(start, len(data), _PIECE):
        try:
            piece = decompress(data[at : at + _PIECE])
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
            return
        size += len(piece)
        if size > BUDGET:
            raise TooMuch("unpacks to too much")
        yield piece
        if ended():
            return


def _pickled(data: bytes, start: int) -> bytes:
    """Return the texts, bytes and numerals of a pickle, a line each, as far as its operations can be read."""
    stream = io.BytesIO(data)
    stream.seek(start)
    found: list[bytes] = []
    # Bytes that are no pickle make it complain of their escapes.
    with warnings.catch_warnings(action="ignore"), suppress(ValueError, MemoryError, OverflowError):
        for _operation, value, _at in islice(pickletools.genops(stream), _MAX_OPERATIONS):
            if isinstance(value, bytes | bytearray):
                found.append(bytes(value))
            elif isinstance(value, str | int | float):
                found.append(str(value).encode(errors="replace"))
    return b"\n".join(found)
