"""What is looked for: the digits of every spelling of a number, however grouped, and its bytes as a numeral."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from crm import phones
from crm.traces.encodings import binary_forms

# What people and query strings put between digits; JSON writes the blanks and dashes beyond ASCII as escapes.
_ASCII_SEPARATORS = r"[ ().\-/+\t\r\n]|\\[rnt]|%2[089bdfBDF]"
_UNICODE_SEPARATORS = "\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2212"
_SEPARATORS = "|".join(
    [_ASCII_SEPARATORS, *_UNICODE_SEPARATORS, *(rf"\\u{ord(char):04x}" for char in _UNICODE_SEPARATORS)]
)
_GAP = rf"(?:{_SEPARATORS}){{0,5}}"
# In bytes there are zeros between the characters of UTF-16, and Windows' blank that does not break.
_GAP_IN_BYTES = _GAP.replace("{0,5}", "{0,11}").encode().replace(rb"|\\[rnt]", rb"|\\[rnt]|\xa0|\0")
# Longer than any match can be: chunks of a stream overlap by so much.
OVERLAP = 16 * (1 + 11 * len(r"\u00a0"))
# All that can stand between digits, letter by letter: without it, digits of a spelling stand side by side.
_FILLERS = bytes({*b" ().-/+\t\r\n\\rnt\0\xa0", *"".join(_UNICODE_SEPARATORS).encode()})
_ESCAPES = tuple(
    [f"%2{digit}".encode() for digit in "089bdfBDF"] + [f"\\u{ord(char):04x}".encode() for char in _UNICODE_SEPARATORS]
)
# A timestamp, a UUID and a hash may hold the digits of a number and are none.
_NOISE = re.compile(
    rb"(?<!\d)(?:19|20)\d\d-[01]\d-[0-3]\d[ T][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?"
    rb"|(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])"
    rb"|(?<![0-9a-f])(?=\d*[a-f])[0-9a-f]{32,}",
    re.IGNORECASE,
)
_AROUND = 160
# A run so short stands within other people's numbers too: it counts only where nothing but a prefix is before it.
_SHORT = 9
_REVERSED = 10
_MANY = 12


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
    backwards: the digits of whole spellings, last one first.
    prefixes: what may stand before a short run: a country code, or what is dialled in its place.
    numerals: the number as a column of integers would hold it; a short numeral is as likely to be an id.
    """

    runs: tuple[str, ...]
    backwards: tuple[str, ...]
    prefixes: frozenset[str]
    numerals: frozenset[int]

    @classmethod
    def of(cls, *e164: str) -> "Needle":
        """Return the needle for one E.164 number, or for any of several. Raises ValueError for other text."""
        if not e164 or not all(re.fullmatch(r"\+[1-9][0-9]{4,14}", number) for number in e164):
            raise ValueError("not an E.164 number")
        runs, backwards, prefixes, numerals = set(), set(), {"", "0"}, set()
        for number in e164:
            digits = {re.sub(r"\D", "", spelling) for spelling in phones.spellings(number)}
            long_enough = {run for run in digits if len(run) >= 7}
            shortest = {run for run in long_enough if not any(other in run for other in long_enough - {run})}
            # A number of five or six digits is looked for with its plus only.
            runs |= shortest or {number}
            backwards |= {run[::-1] for run in digits if len(run) >= _REVERSED and run[::-1] not in runs}
            codes = {run.removesuffix(short) for run in digits for short in shortest if run.endswith(short)}
            prefixes |= {before + code for code in codes for before in ("", "00", "011")}
            numerals |= {int(run) for run in long_enough if len(run) >= 9}
        return cls(tuple(sorted(runs)), tuple(sorted(backwards)), frozenset(prefixes), frozenset(numerals))

    @cached_property
    def expression(self) -> str:
        """A regular expression for PostgreSQL: any of the runs, in any grouping."""
        return "|".join(_GAP.join(re.escape(char) for char in run) for run in (*self.runs, *self.backwards))

    @cached_property
    def sieve(self) -> str:
        """A regular expression for PostgreSQL that lets through whatever holds the number, and little else."""
        return r"([0-9][^0-9]{0,6}){6}[0-9]" if len(self.runs) > _MANY else self.expression

    @cached_property
    def guards(self) -> list[str]:
        """LIKE patterns that let nothing through unnoticed, and sort out most texts cheaply: the digits in order."""
        if len(self.runs) > _MANY:
            return ["%_______%"]
        return [f"%{'%'.join(run)}%" for run in (*self.runs, *self.backwards)]

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        joined = (_GAP_IN_BYTES.join(re.escape(char).encode() for char in run) for run in self.runs)
        # A number backwards may be another one, which is no find: it stands alone, and has no plus.
        backwards = (_GAP_IN_BYTES.join(char.encode() for char in run) for run in self.backwards)
        turned = b"|".join(backwards)
        alone = rb"|(?<![\d+])(?<!\+\0)(?:" + turned + rb")(?!\0?\d)" if turned else b""
        return re.compile(b"|".join(joined) + alone)

    @cached_property
    def _bare(self) -> tuple[bytes, ...]:
        return tuple(run.strip("+").encode() for run in (*self.runs, *self.backwards))

    @cached_property
    def _binary(self) -> frozenset[bytes]:
        return frozenset(form for number in self.numerals for form in binary_forms(number))

    def positions(self, data: bytes) -> Iterator[int]:
        """Yield where in `data` (UTF-8, UTF-16, or another encoding with ASCII in it) the number begins."""
        if not self._may_be_in(data):
            return
        for match in self._pattern.finditer(data):
            if not self._is_noise(data, match.start(), match.end()):
                yield match.start()

    def numeral_positions(self, data: bytes) -> Iterator[int]:
        """Yield where in `data` the number stands as an integer, a double or a decimal of a database."""
        for form in self._binary:
            at = data.find(form)
            while at >= 0:
                yield at
                at = data.find(form, at + 1)

    def is_numeral(self, value: object) -> bool:
        """Whether the value is the number itself, as an integer, a float or a decimal."""
        return isinstance(value, int | float | Decimal) and value in self.numerals

    def _may_be_in(self, data: bytes) -> bool:
        """Whether the digits stand in `data` at all, side by side once all that may part them is gone: fast."""
        if b"\\u" in data or b"%2" in data:
            for escape in _ESCAPES:
                data = data.replace(escape, b"")
        bare = data.translate(None, _FILLERS)
        return any(run in bare for run in self._bare)

    def _is_noise(self, data: bytes, start: int, end: int) -> bool:
        from_, to = max(0, start - _AROUND), end + _AROUND
        around = data[from_:to].replace(b"\0", b" ")
        if any(found.start() + from_ <= start and end <= found.end() + from_ for found in _NOISE.finditer(around)):
            return True
        if sum(char in b"0123456789" for char in data[start:end]) >= _SHORT or data[start : start + 1] == b"+":
            return False
        before = re.search(rb"\d*\Z", data[from_:start].replace(b"\0", b""))
        return (before is not None and before[0].decode() not in self.prefixes) or data[end : end + 1].isdigit()
