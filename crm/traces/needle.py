"""What is looked for: the digits of every spelling of a number, however they are grouped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from crm import phones

# What people put between digits; JSON writes the blanks and dashes beyond ASCII as escapes.
_ASCII_SEPARATORS = r"[ ().\-/\t\r\n]|\\[rnt]"
_UNICODE_SEPARATORS = "\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_SEPARATORS = "|".join(
    [_ASCII_SEPARATORS, *_UNICODE_SEPARATORS, *(rf"\\u{ord(char):04x}" for char in _UNICODE_SEPARATORS)]
)
_GAP = rf"(?:{_SEPARATORS}){{0,5}}"
# Longer than any match can be: chunks of a stream overlap by so much.
OVERLAP = 16 * (1 + 5 * len(r"\u00a0"))
# A timestamp, a UUID and a hash may hold the digits of a number and are none.
_NOISE = re.compile(
    rb"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d[ T][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?"
    rb"|(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])"
    rb"|(?<![0-9a-f])(?=\d*[a-f])[0-9a-f]{32,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the number stands: kind of place, table or file, column (or what stands for it), and row or line."""

    place: str
    table: str
    column: str
    id: int | str


@dataclass(frozen=True, repr=False)
class Needle:
    """What to look for.

    runs: the shortest runs of digits of which every spelling contains one.
    numerals: the number as a column of integers would hold it; a short numeral is as likely to be an id.
    """

    runs: tuple[str, ...]
    numerals: frozenset[int]

    @classmethod
    def of(cls, e164: str) -> "Needle":
        """Return the needle for an E.164 number. Raises ValueError for other text."""
        if not re.fullmatch(r"\+[1-9][0-9]{4,14}", e164):
            raise ValueError("not an E.164 number")
        digits = {re.sub(r"\D", "", spelling) for spelling in phones.spellings(e164)}
        runs = {run for run in digits if len(run) >= 7}
        shortest = sorted(run for run in runs if not any(other in run for other in runs - {run}))
        # A number of five or six digits is looked for with its plus only.
        return cls(tuple(shortest) or (e164,), frozenset(int(run) for run in runs if len(run) >= 9))

    @cached_property
    def expression(self) -> str:
        """A regular expression for Python and for PostgreSQL alike: any of the runs, in any grouping."""
        return "|".join(_GAP.join(re.escape(char) for char in run) for run in self.runs)

    @cached_property
    def guards(self) -> list[str]:
        """LIKE patterns that let nothing through unnoticed, and sort out most texts cheaply: the digits in order."""
        return [f"%{'%'.join(run)}%" for run in self.runs]

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        # Windows' blank that does not break is a byte that UTF-8 never has by itself.
        return re.compile(self.expression.encode().replace(rb"|\\[rnt]", rb"|\\[rnt]|\xa0"))

    def positions(self, data: bytes) -> Iterator[int]:
        """Yield where in `data` (UTF-8, or another encoding with ASCII in it) the number begins."""
        matches = list(self._pattern.finditer(data))
        noise = [found.span() for found in _NOISE.finditer(data)] if matches else []
        for match in matches:
            if not any(start <= match.start() and match.end() <= end for start, end in noise):
                yield match.start()

    def in_bytes(self, data: bytes) -> bool:
        """Whether `data` holds the number; UTF-16 is read without its zero bytes."""
        if next(self.positions(data), None) is not None:
            return True
        return b"\0" in data and next(self.positions(data.replace(b"\0", b"")), None) is not None

    def in_value(self, value: object) -> bool:
        """Whether a value of a database, of whatever type, holds the number."""
        if value is None:
            return False
        if isinstance(value, int | float | Decimal):
            return value in self.numerals
        if isinstance(value, bytes | bytearray | memoryview):
            return self.in_bytes(bytes(value))
        return self.in_bytes(str(value).encode(errors="replace"))
