"""vCards 2.1, 3.0 and 4.0: many in a file, each of them a row, with as many phone columns as the fullest one needs.

The library vobject reads the lines of a card. What is held here: where a card begins and ends, so that one that
cannot be read is a row with a fault and not the end of the file; and which of its lines say what.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from io import TextIOWrapper
from typing import Any

from django.utils.translation import gettext_noop as _
from vobject.base import getLogicalLines, textLineToContentLine
from vobject.vcard import splitFields

from crm.imports.reading.table import SourceRow, Table, UnreadableFile, padded

PROFILE = ("Name", "Given name", "Family name", "Organisation", "E-mail", "Address", "Country", "Language", "Note")
# A card of more is a mistake, or meant to do harm.
MOST_PHONES = 50
_MOST_LINES = 1_000
_MOST_CHARACTERS = 100_000
_ENDLESS = 100_000

_BEGIN = re.compile(r"^\ufeff?begin:\s*vcard\s*$", re.IGNORECASE)
_END = re.compile(r"^end:\s*vcard\s*$", re.IGNORECASE)
_BORDERS = {"B", "b", "E", "e", "\ufeff"}
_AGENT = re.compile(r"^(?:[\w-]+\.)?agent\b", re.IGNORECASE)
_PICTURE = re.compile(r"^(?:[\w-]+\.)?(?:photo|logo|sound|key)[;:]", re.IGNORECASE)
_MORE_OF_PICTURE = re.compile(r"^(?:[ \t].*|[A-Za-z0-9+/=]+)$")
_PHONE = re.compile(r"^(?:[\w-]+\.)?tel[;:]", re.IGNORECASE)
# The library knows the word in capitals alone.
_QUOTED_PRINTABLE = re.compile(r";(encoding=)?quoted-printable(?=[;:])", re.IGNORECASE)
_APPLE_LABEL = re.compile(r"^_\$!<(.*)>!\$_$")
# A line that the library reads at the first attempt. Without a colon after its parameters it tries every way to part
# them, which are more than it could ever try. This takes what it takes, and never goes back ("*+").
_WHOLE = re.compile(
    r"""
    (?: [\w-]++ \. )? [\w-]++ (?: ; (?=[;:]) )?+
    (?: ; [\w-]++ (?: = (?: "[^"]*+" | [^";:,]*+ ) | , (?: "[^"]*+" | [^";:,]*+ ) )*+ )*+ :
    """,
    re.VERBOSE | re.ASCII,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_SAY_NOTHING = {"voice", "pref", "text", "textphone", "video", "msg", "internet", "x-voice", "iphone"}
_NO_PHONE = {"fax", "pager", "modem", "bbs"}
_LABELS = {"cell": "mobile"}


@dataclass(slots=True)
class Card:
    """The lines of a card as they stand, without its pictures and without the cards in it."""

    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0
    passed: int = 0

    def add(self, line: str, *, ours: bool) -> None:
        """Take a line that is no picture's. Raises UnreadableFile for one of far more than anybody's."""
        self.passed += 1
        if self.passed > _ENDLESS:
            raise UnreadableFile(_("The vCard that begins on line %(line)s does not seem to end."), line=self.line)
        if ours and not self.too_long:
            self.lines.append(line)
            self.size += len(line)

    @property
    def too_long(self) -> bool:
        """Whether it has more lines or characters than a person's; then some of them are left out."""
        return len(self.lines) > _MOST_LINES or self.size > _MOST_CHARACTERS


def read(text: TextIOWrapper) -> Table:
    """Read a file of cards, twice: its columns are known at its end. Raises UnreadableFile."""
    start = text.tell()
    phones = max(sum(_PHONE.match(line) is not None for line in card.lines) for card in _cards(text))
    text.seek(start)
    headers = list(PROFILE)
    for at in range(1, min(max(phones, 1), MOST_PHONES) + 1):
        headers += [f"Phone {at}", f"Phone {at} - Label"]
    rows = (_row(card, tuple(headers)) for card in _cards(text))
    return Table("vcard", tuple(headers), rows, encoding=text.encoding)


def _cards(text: TextIOWrapper) -> Iterator[Card]:
    """Yield the cards of a file. Raises UnreadableFile for one without an end, and for what stands between them."""
    card: Card | None = None
    inner, picture, before = 0, False, ""
    for number, line in enumerate(_lines(text), start=1):
        bare = line.rstrip("\r\n")
        picture = picture and _MORE_OF_PICTURE.match(bare) is not None
        # Few lines begin with one of these letters: the others need no closer look.
        border = bare[:1] in _BORDERS
        if card is None:
            if border and _BEGIN.match(bare):
                card = Card(number)
            elif bare.strip():
                raise UnreadableFile(_("Line %(line)s belongs to no vCard."), line=number)
        elif border and _BEGIN.match(bare):
            # An agent of the person, with a card of its own, is somebody else.
            if not _AGENT.match(before):
                raise _no_end(card)
            inner += 1
        elif border and _END.match(bare):
            if not inner:
                yield card
                card = None
            inner = max(inner - 1, 0)
        elif not picture:
            picture = not inner and not card.too_long and _PICTURE.match(bare) is not None
            if not picture:
                card.add(bare, ours=not inner)
        before = bare if bare.strip() else before
    if card is not None:
        raise _no_end(card)


def _lines(text: TextIOWrapper) -> Iterator[str]:
    """Yield the lines of a file; of one that is longer than a card may be, only as much as shows it."""
    longest = _MOST_CHARACTERS + 2
    rest = half = False
    for part in iter(partial(text.readline, longest), ""):
        # A line end of two characters may be cut in two as well.
        if not rest and not (half and part == "\n"):
            yield part
        half = len(part) == longest and part.endswith("\r")
        rest = not part.endswith(("\r", "\n"))


def _no_end(card: Card) -> UnreadableFile:
    return UnreadableFile(_("The vCard that begins on line %(line)s has no end."), line=card.line)


def _row(card: Card, headers: tuple[str, ...]) -> SourceRow:
    width = len(headers)
    if card.too_long:
        return SourceRow(card.line, [""] * width, "unreadable_card")
    text = "\n".join(_QUOTED_PRINTABLE.sub(lambda found: found.group().upper(), line) for line in card.lines)
    try:
        logical = list(getLogicalLines(io.StringIO(text), allowQP=True))
        if not all(_WHOLE.match(line) for line, _at in logical):
            return SourceRow(card.line, [""] * width, "unreadable_card")
        lines = [textLineToContentLine(line, at) for line, at in logical]
        cells = _profile(lines) + _phones(lines)
    except MemoryError:
        raise
    except Exception:
        # The library raises whatever its decoders do: unknown character sets, lines without a colon.
        return SourceRow(card.line, [""] * width, "unreadable_card")
    if len(cells) > width:
        return SourceRow(card.line, cells[:width], "too_many_cells", f"Phone {MOST_PHONES + 1}")
    return padded(card.line, cells, headers)


def _profile(lines: list[Any]) -> list[str]:
    name, address = _parts(_first(lines, "N")), _first(lines, "ADR")
    shown, organisation = _plain(_first(lines, "FN")), _parts(_first(lines, "ORG"))[0]
    if _plain(_first(lines, "KIND")).casefold() == "org":
        # What is shown of an organisation is its own name, and nobody's.
        shown, organisation = "", organisation or shown
    return [
        shown,
        name[1] if len(name) > 1 else "",
        name[0],
        organisation,
        _plain(_first(lines, "EMAIL")).removeprefix("mailto:"),
        ", ".join(part for part in _parts(address) if part),
        # RFC 8605: the two letters; in words it is a part of the address.
        (address.params.get("CC") or [""])[0] if address else "",
        _plain(_first(lines, "LANG")),
        _plain(_first(lines, "NOTE")),
    ]


def _phones(lines: list[Any]) -> list[str]:
    """Return the numbers, each before its label, the preferred ones first. What only faxes and pages is none."""
    labels = {line.group.casefold(): _plain(line) for line in lines if line.group and line.name == "X-ABLABEL"}
    found = []
    for line in _preferred(line for line in lines if line.name == "TEL"):
        types = _types(line)
        number = _plain(line)
        if not number or (types & _NO_PHONE and not types & {"voice", "cell"}):
            continue
        own = _APPLE_LABEL.sub(r"\1", labels.get((line.group or "").casefold(), "")).strip()
        given = " ".join(_LABELS.get(kind, kind) for kind in sorted(types - _SAY_NOTHING, reverse=True))
        found += [number, own or given]
    return found


def _first(lines: list[Any], name: str) -> Any:
    return next(iter(_preferred(line for line in lines if line.name == name and line.value.strip())), None)


def _preferred(lines: Iterator[Any]) -> list[Any]:
    return sorted(lines, key=_rank)


def _rank(line: Any) -> int:
    """Return how far behind a line stands: PREF=1 is the first in 4.0, and TYPE=pref before that."""
    (rank, *_more) = line.params.get("PREF") or [""]
    if rank.isascii() and rank.isdigit():
        return int(rank)
    return 1 if "pref" in _types(line) else 101


def _types(line: Any) -> set[str]:
    values = [*line.params.get("TYPE", []), *line.singletonparams]
    return {kind.strip().casefold() for value in values for kind in value.split(",") if kind.strip()}


def _plain(line: Any) -> str:
    """Return the text of a line: a backslash before a sign means the sign, and before an n the end of a line."""
    if line is None:
        return ""
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) in "nN" else found.group(1), line.value).strip()


def _parts(line: Any) -> list[str]:
    """Return the parts of a name or an address; of a part with several words, all of them."""
    if line is None:
        return [""]
    parts = splitFields(line.value)
    return [" ".join(part) if isinstance(part, list) else part for part in parts] or [""]
