"""A cell that holds several numbers, taken apart where nobody could read it as one.

A wrong cut makes somebody else's number: of "+49 30 23125000 / 23125001" the second half is a number of another
town. So a cell is cut only where every piece is written out in full, in the way that people write a whole number;
any other cell stays in one piece, and `parse` refuses it as several.
"""

import re
from itertools import pairwise

from crm.phones.text import digits, plain

# Between these nothing but another number can stand. Not ";ext=", which belongs to the number before it.
_PARTS = re.compile(
    r"\s*(?:;(?!\s*ext\b)|,|\||&|:::|\b(?:or|and|oder|und|ou|et|o|y)\b)\s*|\s*[/\s]\s*(?=\(?\+)", re.IGNORECASE
)
# These stand within a number too: "030/23125000", or a line that was broken.
_MAY_PART = re.compile(r"\s*/\s*|\s*[\r\n]\s*|\s{2,}")
_TAIL = r"(?:(?:;ext=|[\s,.]*(?:extension|ext|durchwahl|dw|x|#)[\s.:]*)\d{1,7})?"
_NUMBER = re.compile(rf"(?:tel:\s*)?(?P<start>\(?\+|0|\(|\d)[\d()./ -]*{_TAIL}", re.IGNORECASE)
# A country code, a trunk zero or an area code in brackets: what so begins is written in full.
_SAYS_SO = frozenset({"+", "(+", "0", "("})
# The fewest digits of a number written in full, and the most of one: "00" and the fifteen of E.164.
_SHORTEST, _LONGEST = 7, 17


def split(text: str) -> tuple[str, ...]:
    """Return the texts of a cell's numbers: several only where each of them is written in full, else the cell.

    They are not checked to be numbers: that is for `parse`.
    """
    cell = re.sub(r"^['\u2019]\s*", "", plain(text).strip())
    pieces = _in_full([piece.strip() for piece in _PARTS.split(cell) if piece.strip()])
    return tuple(dict.fromkeys(pieces)) if len(pieces) > 1 else (text,)


def _in_full(parts: list[str]) -> list[str]:
    """Return the parts, each cut further where it is too long for one number; nothing if any of it is a fragment."""
    pieces = [piece for part in parts for piece in _cut(part)]
    starts = []
    for piece in pieces:
        found = _NUMBER.fullmatch(piece)
        if not found or len(digits(piece)) < _SHORTEST:
            return []
        starts.append(found["start"])
    bare = [
        len(digits(piece)) for piece, start in zip(pieces, starts, strict=True) if start.isdecimal() and start > "0"
    ]
    # "555 0101" after a whole number is short for one in the same town; two of one length are two of a kind.
    alike = len(bare) == len(pieces) and len(set(bare)) == 1
    return pieces if not bare or alike else []


def _cut(part: str) -> list[str]:
    pieces = [piece for piece in _MAY_PART.split(part) if piece]
    # What would do for one number is one: a German number may have any length.
    too_long = all(len(digits(one + other)) > _LONGEST for one, other in pairwise(pieces))
    return pieces if len(pieces) > 1 and too_long else [part]
