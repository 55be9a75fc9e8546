"""What is looked for: the digits of every spelling of a number, however they are grouped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from crm import phones

# What people put between digits: also blanks and dashes of UTF-8, and as JSON escapes them.
SEPARATORS = " ().-/\t\r\n\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_ESCAPED = "|".join(rf"\\u{ord(char):04x}" for char in SEPARATORS if not char.isascii())
_ENCODED = "|".join(re.escape(char) for char in SEPARATORS if not char.isascii())
# At most five: a column of amounts is no number.
_GAP = rf"(?:[ ().\-/\t\r\n]|\\[rnt]|{_ENCODED}|{_ESCAPED}){{0,5}}"
# Longer than any match can be: chunks of a stream overlap by so much.
OVERLAP = 16 * (1 + 5 * 6)
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


@dataclass(frozen=True)
class Needle:
    """The shortest runs of digits (one may start with a plus) of which every spelling contains one."""

    runs: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Needle of {len(self.runs)}>"

    @classmethod
    def of(cls, e164: str) -> "Needle":
        """Return the needle for an E.164 number. Raises ValueError for other text."""
        if not re.fullmatch(r"\+[1-9]\d{4,14}", e164):
            raise ValueError("not an E.164 number")
        runs = {re.sub(r"\D", "", spelling) for spelling in phones.spellings(e164)}
        if all(len(run) < 7 for run in runs):
            return cls((e164,))
        runs = {run for run in runs if len(run) >= 7}
        return cls(tuple(sorted(run for run in runs if not any(o in run for o in runs - {run}))))

    @cached_property
    def numerals(self) -> frozenset[int]:
        """The number as somebody's integer column would hold it; short ones are as likely to be ids."""
        return frozenset(int(run) for run in self.whole_runs if len(run) >= 9)

    @property
    def whole_runs(self) -> tuple[str, ...]:
        """The runs as they may stand alone."""
        return tuple(run.removeprefix("+") for run in self.runs)

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        runs = (_GAP.join(map(re.escape, run)) for run in self.runs)
        return re.compile("|".join(runs).encode(), re.IGNORECASE)

    def positions(self, data: bytes) -> Iterator[int]:
        """Yield where in `data` (UTF-8, or any encoding that has ASCII in it) the number begins."""
        matches = list(self._pattern.finditer(data))
        if not matches:
            return
        noise = [found.span() for found in _NOISE.finditer(data)]
        for match in matches:
            if not any(start <= match.start() and match.end() <= end for start, end in noise):
                yield match.start()

    def in_value(self, value: object) -> bool:
        """Whether a value from a database, of whatever type, holds the number."""
        if value is None or isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return value in self.numerals
        data = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode(errors="replace")
        return any(self.positions(data)) or self._in_utf16(data)

    def _in_utf16(self, data: bytes) -> bool:
        return b"\0" in data and any(self.positions(data.replace(b"\0", b"")))
