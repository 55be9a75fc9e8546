"""vCards, version 4.0 (RFC 6350): the first whose numbers are URIs, so that an extension has a place of its own, and
which is UTF-8 by definition. Older programs read its lines as those of 3.0.
"""

import io
import re
import sys
from collections.abc import Iterable, Iterator
from typing import IO, Any

from vobject.base import ContentLine
from vobject.vcard import backslashEscape, serializeFields

from crm.escaping import unescaped
from crm.exports.columns import spelled
from crm.exports.selecting import Number, Person

# What RFC 6350, 6.4.1 has a type for and our importer reads as the label; any other label is a line of its own.
_TYPES = {"mobile": "cell", "home": "home", "work": "work"}
# Lines are folded at so many bytes (3.2), but not where a fold would hold nothing but blanks: programs, and vobject is
# one, take that for the end of the line.
_LONGEST_LINE = 75
_BLANKS = re.compile(r"\s{20}")


def write(people: Iterable[Person], to: IO[bytes], *, numbers: int) -> None:
    """Write the people to an open file, a card each; a card has as many numbers as its person."""
    text = io.TextIOWrapper(to, encoding="utf-8", newline="")
    for person in people:
        for line in _card(person):
            longest = sys.maxsize if _BLANKS.search(line.value) else _LONGEST_LINE
            text.write(line.serialize(lineLength=longest, validate=False))
    text.detach()


def _card(person: Person) -> Iterator[Any]:
    profile = {name: _kept(value) for name, value in person.profile.items()}
    given, family, organisation = (profile[name] for name in ("given_name", "family_name", "organisation"))
    name = f"{given} {family}".strip()
    yield _line("BEGIN", "VCARD")
    yield _line("VERSION", "4.0")
    # The name to show is required (6.2.1). That of an organisation would be taken for a person's without its kind.
    if not name and organisation:
        yield _line("KIND", "org")
    yield _line("FN", backslashEscape(name or organisation))
    if name:
        yield _line("N", serializeFields([family, given, "", "", ""]))
    if organisation:
        yield _line("ORG", serializeFields([organisation]))
    if profile["email"]:
        yield _line("EMAIL", backslashEscape(profile["email"]))
    if profile["address"] or profile["country"]:
        # The country as two letters is a parameter (RFC 8605); the address has a place for its name in words only.
        country = [["CC", profile["country"]]] if profile["country"].isalpha() else []
        yield _line("ADR", serializeFields(["", "", profile["address"], "", "", "", ""]), country)
    if profile["language"]:
        yield _line("LANG", backslashEscape(profile["language"]))
    for at, number in enumerate(person.numbers, start=1):
        yield from _number(number, at)
    if profile["notes"]:
        yield _line("NOTE", backslashEscape(profile["notes"]))
    yield _line("END", "VCARD")


def _number(number: Number, at: int) -> Iterator[Any]:
    kind = _TYPES.get(number.label)
    params = [["TYPE", kind]] if kind else []
    # The first is the primary one. A masked number is no URI.
    params += [["PREF", "1"]] if at == 1 else []
    params += [] if number.masked else [["VALUE", "uri"]]
    group = f"item{at}" if number.label and not kind else None
    yield _line("TEL", number.text if number.masked else f"tel:{spelled(number)}", params, group)
    if group:
        yield _line("X-ABLABEL", backslashEscape(number.label), (), group)


def _kept(value: str) -> str:
    """Return a value as the importer will give it back: it takes an apostrophe before a formula for an escape."""
    return value if unescaped(value) == value else f"'{value}"


def _line(name: str, value: str, params: Iterable[Any] = (), group: str | None = None) -> Any:
    return ContentLine(name, params, value, group, encoded=True)
