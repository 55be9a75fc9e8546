"""What the cells of a row say under a mapping: its numbers, who says no, and who is said to have agreed."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from crm import phones
from crm.imports.mapping.answers import says_no, says_yes, takes_back
from crm.imports.mapping.fields import CONSENT, EXTENSION, LABEL, OPTOUT, PHONES_JSON, STATUS, is_phone
from crm.imports.mapping.names import means_phone

_SEVERAL = " ::: "
# What programs say of a number at which nobody speaks; a longer label is a person's own words.
_NO_PHONE = re.compile(r"(?:\w+[\s-]*)?(?:fax|pager|beeper)", re.IGNORECASE)


def numbers_of(row: Mapping[str, str], mapping: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield each number that a row's cells hold, with its label and its column's header."""
    labels = {field.removeprefix(LABEL): row[header] for header, field in mapping.items() if field.startswith(LABEL)}
    extensions = {
        field.removeprefix(EXTENSION): row[header] for header, field in mapping.items() if field.startswith(EXTENSION)
    }
    for header, field in mapping.items():
        if not is_phone(field):
            continue
        if field == PHONES_JSON:
            yield from _within_json(row[header], header)
            continue
        _phone, given, label = field.partition(":")
        label = label if given else label_of(header)
        cells, said = row[header].split(_SEVERAL), labels.get(header, "").split(_SEVERAL)
        extension = _digits_of(extensions.get(header, ""))
        for at, cell in enumerate(cells):
            # Google marks the preferred one with a star.
            own = said[at if len(said) == len(cells) else 0].strip().lstrip("* ")
            if cell.strip() and not _NO_PHONE.fullmatch(own):
                # Of two numbers, nobody knows whose extension it is: they stay one text, which is refused as several.
                texts = (f"{row[header].strip()} ext {extension}",) if extension else phones.split(cell)
                for text in texts:
                    yield text, own.casefold()[:60] or label, header
            if extension:
                break


def opted_out(row: Mapping[str, str], mapping: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (channel, cell) of each cell that takes consent back; the channel is empty where it means all of them."""
    for header, field in mapping.items():
        kind, _colon, channel = field.partition(":")
        cell = row[header].strip()
        if (kind == OPTOUT and says_no(cell)) or (kind in (STATUS, CONSENT) and takes_back(cell)):
            yield channel, cell


def claimed(row: Mapping[str, str], mapping: Mapping[str, str]) -> Iterator[str]:
    """Yield the channel of each cell that claims a consent; it is empty where no channel is named."""
    for header, field in mapping.items():
        kind, _colon, channel = field.partition(":")
        if kind == CONSENT and says_yes(row[header]):
            yield channel


def first_of(cell: str) -> str:
    """Return the first of the values that a program has put into one cell."""
    return cell.split(_SEVERAL)[0].strip()


def label_of(header: str) -> str:
    """Return the label that a phone column gives its numbers: "Work phone" says work, "Phone" says nothing."""
    words = re.sub(r"(?i)\b(phone|number|no|telephone|tel|[0-9]+)\b|[^\w ]", " ", header.replace("_", " "))
    return " ".join(words.split()).casefold()[:60]


def _digits_of(cell: str) -> str:
    """Return an extension without the word that says so: "ext. 12" and "x12" are 12; anything else is as it stands."""
    return re.sub(r"(?i)^\s*(?:extension|ext|durchwahl|dw|x|#)?[\s.:]*(\d+)\s*$", r"\1", cell).strip()


def _within_json(cell: str, header: str) -> Iterator[tuple[str, str, str]]:
    """Yield the numbers in an object's members that are named as a phone, such as listmonk's attributes."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return
    for name, value in found.items() if isinstance(found, dict) else ():
        if means_phone(name):
            for one in value if isinstance(value, list) else [value]:
                if text := _text(one):
                    for number in phones.split(text):
                        yield number, label_of(name), header


def _text(value: Any) -> str:
    # True is an int, and says that there is a phone, not which.
    return "" if value is None or isinstance(value, bool | dict | list) else str(value).strip()
