"""The encoding of a file of text: proved where it can be, and else the likelier of the few that offices write.

A mark at the beginning says it. Strict UTF-8 proves itself, as text in another encoding hardly ever fits it. What
is left are the two worlds of old spreadsheets, Shift_JIS and Western Europe, told apart by how their letters stand
together; charset-normalizer is asked where that says too little.
"""

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from itertools import takewhile
from pathlib import Path

from charset_normalizer import from_bytes

_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_BLOCK = 1 << 20
_SAMPLE = 1 << 16
# What Windows calls Shift_JIS has a few more characters than the standard.
_JAPANESE, _WESTERN, _LATIN_1 = "cp932", "cp1252", "iso-8859-1"
# Japanese stands in words of several wide characters. Read as Shift_JIS, an accent and the letter after it make a
# single one, and capitals with accents make half-width katakana.
_WORD = re.compile(r"[\u3005\u3040-\u30ff\u4e00-\u9fff]{2,}")
_STRAY = re.compile(r"[^\x00-\x7f\u3000-\u30ff\u4e00-\u9fff\uff01-\uff60]")
_LONE = re.compile(r"(?<![^\x00-\x7f])[\u3005\u3040-\u30ff\u4e00-\u9fff](?![^\x00-\x7f])")
_CONTROL = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")


class NotText(ValueError):
    """The file is no text, or in an encoding that nobody here knows."""


@contextmanager
def open_text(path: Path) -> Iterator[TextIOWrapper]:
    """Open a file of text in its encoding, after its mark, with its line ends as they are. Raises NotText."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as text:
        if text.read(1) != "\ufeff":
            text.seek(0)
        yield text


def encoding_of(path: Path) -> str:
    """Return the encoding, as Python names it. Raises NotText."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return _fitting(path, encoding)
    wide = _wide(head)
    if wide and _fits(path, wide):
        return wide
    if _fits(path, "utf-8"):
        return "utf-8"
    if b"\x00" in head or _CONTROL.search(head):
        # Every byte means something in the old encodings: a picture would be read as words.
        raise NotText
    return _old(path)


def _wide(head: bytes) -> str:
    """Return the UTF-16 in which every second byte of digits, signs and Latin letters is zero, if it is one."""
    pairs = len(head) // 2
    high, low = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if low > high * 10 and low * 100 > pairs * 15:
        return "utf-16-le"
    if high > low * 10 and high * 100 > pairs * 15:
        return "utf-16-be"
    return ""


def _old(path: Path) -> str:
    """Return which encoding of a single byte, or of Japan, a file is in. Raises NotText."""
    sample = _telling(path)
    western = _WESTERN if re.search(rb"[\x80-\x9f]", sample) else _LATIN_1
    fitting = [encoding for encoding in (_JAPANESE, western) if _fits(path, encoding)]
    if not fitting:
        raise NotText
    if len(fitting) == 1:
        return fitting[0]
    text = sample.decode(_JAPANESE, errors="ignore")
    japanese = sum(map(len, _WORD.findall(text)))
    other = len(_STRAY.findall(text)) + len(_LONE.findall(text))
    if japanese > other * 2:
        return _JAPANESE
    if other > japanese * 2:
        return western
    hint = from_bytes(sample, cp_isolation=[_JAPANESE, _WESTERN]).best()
    return _JAPANESE if hint and hint.encoding == _JAPANESE else western


def _telling(path: Path) -> bytes:
    """Return the lines that have more in them than ASCII, up to a sample's length: the others fit any encoding."""
    found, size = list[bytes](), 0
    with path.open("rb") as file:
        for line in iter(lambda: file.readline(_SAMPLE), b""):
            if not line.isascii():
                found.append(line)
                size += len(line)
            if size >= _SAMPLE:
                break
    return b"".join(found)


def _fits(path: Path, encoding: str) -> bool:
    """Whether the whole file can be read in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            for block in takewhile(bool, iter(lambda: file.read(_BLOCK), None)):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _fitting(path: Path, encoding: str) -> str:
    if not _fits(path, encoding):
        raise NotText
    return encoding
