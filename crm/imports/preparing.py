"""Preparing rows: what a file's cells say, in our fields, with the numbers parsed; pure, and without a database.

This is the part of an import that takes the processor's time and that a hostile file is aimed at, so it runs in a
process of its own, and what it finds crosses to the worker as plain values.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import phonenumbers

from crm.escaping import unescaped
from crm.imports.mapping import (
    EXTERNAL_ID,
    NAME,
    PHONE,
    claimed,
    first_of,
    is_phone,
    may_repeat,
    numbers_of,
    opted_out,
    region_of,
)
from crm.imports.reading import SourceRow, open_table
from crm.imports.reading.blocks import gathered
from crm.rows import LIMITS, Fault, Number, ReadNumber, fault_of, read_numbers

# The column that a field was made of, or a contact was found by, where the field has none of its own.
_COMES_FROM = {"given_name": NAME, "family_name": NAME, "contact": PHONE}


class Prepared(NamedTuple):
    """A row of a file, read as far as it can be without looking at what is held.

    profile, said: by field, what the cells say of the person, and of anything else. numbers: the valid ones, as
    the values of ReadNumber. optouts: (channel or "", cell) of each column that takes consent back. claims: the
    channel, or "", of each that claims it. faults: (column, code) of what makes the row unusable.
    """

    line: int
    profile: dict[str, str]
    numbers: Sequence[tuple[str, ...]]
    said: dict[str, str]
    external_id: str
    optouts: Sequence[tuple[str, str]]
    claims: Sequence[str]
    faults: Sequence[tuple[str, str]]


def prepared(*, path: str, columns: Mapping[str, str], region: str, skip: int = 0) -> Iterator[Any]:
    """Yield of a file first its columns in their order, field by header, then the rows after the first `skip`.

    These come in blocks of Prepared's values. Raises UnreadableFile.
    """
    # Python's regex cache thrashes over all regions' patterns: a tenfold difference per number.
    phonenumbers.enable_pattern_cache()
    with open_table(Path(path)) as table:
        rows = islice(table.rows, skip, None)
        # What came from the database has its columns in an order of its own.
        known = {header: columns[header] for header in table.headers if header in columns}
        yield known
        yield from gathered(rows, lambda row: tuple(prepare(row, table.headers, known, region=region)))


def prepare(row: SourceRow, headers: Sequence[str], columns: Mapping[str, str], *, region: str) -> Prepared:
    """Return what one row says. columns: field by header, in the order of the file."""
    if row.fault:
        return Prepared(row.line, {}, (), {}, "", (), (), ((row.column, row.fault),))
    cells = dict(zip(headers, row.cells, strict=False))
    # A field that several columns may mean is asked for by itself.
    said = {
        field: unescaped(value)
        for header, field in columns.items()
        if not may_repeat(field) and ":" not in field and (value := cells[header].strip())
    }
    profile = _profile(said)
    country = region_of(said["country"]) if "country" in said else ""
    numbers, faults = read_numbers(
        [Number(text, label, header) for text, label, header in numbers_of(cells, columns)], region=country or region
    )
    if "country" in said:
        profile["country"] = country
        if not country:
            faults.insert(0, Fault("country", "unknown_country"))
    wrong = [fault for name, value in profile.items() if (fault := fault_of(name, value, region=country or region))]
    return Prepared(
        row.line,
        profile,
        tuple(_values(number) for number in numbers),
        {field: value for field, value in said.items() if field not in LIMITS},
        said.pop(EXTERNAL_ID, ""),
        tuple(opted_out(cells, columns)),
        tuple(claimed(cells, columns)),
        tuple(named(fault, columns) for fault in (*wrong, *faults)),
    )


def named(fault: Fault, columns: Mapping[str, str]) -> tuple[str, str]:
    """Return (column, code) of a fault, with its column named as the file does."""
    if is_phone(columns.get(fault.column)):
        return fault.column, fault.code
    for field in (fault.column, _COMES_FROM.get(fault.column)):
        for header, meaning in columns.items():
            if meaning == field or (field == PHONE and is_phone(meaning)):
                return header, fault.code
    return fault.column, fault.code


def _profile(said: Mapping[str, str]) -> dict[str, str]:
    profile = {name: said[name] for name in LIMITS if name in said}
    if "email" in profile:
        profile["email"] = first_of(profile["email"])
    if NAME in said and not {"given_name", "family_name"} & set(profile):
        given, _space, family = " ".join(said[NAME].split()).rpartition(" ")
        # A single word is the name that the person goes by.
        profile |= {"given_name": given, "family_name": family} if given else {"given_name": family}
    return profile


def _values(number: ReadNumber) -> tuple[str, ...]:
    return (number.e164, number.extension, number.region, number.line_type, number.label, number.column)
