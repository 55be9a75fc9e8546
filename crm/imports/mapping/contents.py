"""What a column holds, by its cells, where its header says nothing. It is a guess that people correct.

Its mistakes are not alike: a phone column that is overlooked is seen on the next page, while an id that is taken for
a phone number becomes somebody's. So a number counts only when it is written as nobody writes an id: with its
country code, or in the groups of a national number.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

from crm import phones
from crm.imports.mapping.countries import region_of
from crm.imports.mapping.fields import COUNTRY, PHONE
from crm.phones.text import DATE, digits, plain

# Enough to judge by.
_MOST = 200
_SHARE = 0.8
_INTERNATIONAL = re.compile(r"(?:tel:\s*)?\(?(?:\+|00\s?[1-9])", re.IGNORECASE)
_NATIONAL = re.compile(
    r"\(?0[1-9]\d{0,4}\)?(?:[ ./-]+\d+)+"  # with a trunk zero
    r"|(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}"  # of the North American plan
)
_FEWEST, _MOST_DIGITS = 8, 13
# What is grouped like a national number: postcodes of the United States and of Brazil, tax and insurance numbers.
_NOT_NATIONAL = re.compile(
    rf"{DATE}|\d{{5}}-\d{{3,4}}|\d{{3}}-\d\d-\d{{4}}|\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d", re.IGNORECASE
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")


def held_in(cells: Sequence[str], fields: Mapping[str, frozenset[str]], *, region: str | None = None) -> str:
    """Return the field whose values most of a column's cells are, or nothing. region: of the national numbers."""
    filled = list(islice((cell.strip() for cell in cells if cell.strip()), _MOST))
    if not filled:
        return ""
    enough = _SHARE * len(filled)
    if sum(_EMAIL.fullmatch(cell) is not None for cell in filled) >= enough:
        return "email" if "email" in fields else ""
    if sum(_is_a_number(cell, region) for cell in filled) >= enough:
        return PHONE
    if COUNTRY in fields and _are_countries(filled):
        return COUNTRY
    return ""


def _is_a_number(cell: str, region: str | None) -> bool:
    texts = phones.split(cell.split(" ::: ")[0])
    return all(_is_one_number(plain(text).strip(" '\u2019"), region) for text in texts)


def _is_one_number(text: str, region: str | None) -> bool:
    if not _INTERNATIONAL.match(text):
        grouped = _NATIONAL.fullmatch(text) and not _NOT_NATIONAL.fullmatch(text)
        if not grouped or not _FEWEST <= len(digits(text)) <= _MOST_DIGITS:
            return False
        if region is None:
            return True
    try:
        phones.parse(text, region=region)
    except phones.NotANumber:
        return False
    return True


def _are_countries(filled: Sequence[str]) -> bool:
    """Whether the cells name countries. Codes of two letters may be states or languages: they must all be countries."""
    if not all(map(region_of, filled)):
        return False
    if any(len(cell) > 2 for cell in filled):
        return True
    return all(cell.isupper() for cell in filled) and len(set(filled)) > 1
