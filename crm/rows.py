"""A row of people as somebody brings it, and what is wrong with it in itself: pure, no database.

What is held, and whether the row may be stored, is another question: that of `crm.intake`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from crm import phones

# The most characters that a field of a profile holds, in the order of the fields.
LIMITS: Mapping[str, int] = {
    "given_name": 100,
    "family_name": 100,
    "organisation": 200,
    "email": 254,
    "address": 1000,
    "country": 2,
    "language": 10,
    "notes": 10_000,
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as somebody wrote it, and the column it stood in. Its repr shows neither."""

    text: str = field(repr=False)
    label: str = ""
    column: str = "phone"


@dataclass(frozen=True, slots=True)
class Row:
    """A person as somebody describes them.

    profile: a value for each field of Contact.PROFILE that is to be set; what is not named stays as it is.
    contact_id: the contact that is meant, where that is known; else it is matched by line, e-mail and external id.
    line: the row's line in its file. collected_at: when the source collected it (aware). external_id: the id that
    the person has at the source.
    """

    profile: Mapping[str, str] = field(repr=False)
    numbers: Sequence[Number] = ()
    contact_id: int | None = None
    line: int | None = None
    collected_at: datetime | None = None
    external_id: str = field(default="", repr=False)


class ReadNumber(NamedTuple):
    """A valid number, as `phones.parse` gives it, with its label and the column it stood in. Its repr hides it."""

    e164: str
    extension: str
    region: str
    line_type: str
    label: str
    column: str

    def __repr__(self) -> str:
        return f"ReadNumber({phones.mask(self.e164)}, column={self.column!r})"


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row with nothing wrong in itself: its numbers are parsed, each of them once."""

    profile: Mapping[str, str] = field(repr=False)
    numbers: Sequence[ReadNumber] = ()
    contact_id: int | None = None
    line: int | None = None
    collected_at: datetime | None = None
    external_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was refused: the column and a stable reason code, never the cell."""

    column: str
    code: str


class Rejected(ValueError):
    """The row was refused as a whole and nothing of it was stored; `faults` says why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.column}: {fault.code}" for fault in faults))
        self.faults = faults


def read(row: Row, *, region: str) -> ReadRow:
    """Return the row with its numbers parsed as of `region`. Raises Rejected with every fault of the row."""
    faults = [fault for name, value in row.profile.items() if (fault := fault_of(name, value, region=region))]
    numbers, number_faults = read_numbers(row.numbers, region=region)
    if faults or number_faults:
        raise Rejected(*faults, *number_faults)
    return ReadRow(row.profile, numbers, row.contact_id, row.line, row.collected_at, row.external_id)


def read_numbers(numbers: Sequence[Number], *, region: str) -> tuple[list[ReadNumber], list[Fault]]:
    """Return the valid ones of the numbers, each line and extension once, and the faults of the others."""
    found: dict[tuple[str, str], ReadNumber] = {}
    faults = []
    for number in numbers:
        if phones.mentions_number(number.label, region=region or None):
            faults.append(Fault(number.column, "number_in_text"))
        try:
            parsed = phones.parse(number.text, region=region or None)
        except phones.NotANumber as error:
            faults.append(Fault(number.column, error.code))
        else:
            read_number = ReadNumber(
                parsed.e164, parsed.extension, parsed.region, parsed.line_type.value, number.label, number.column
            )
            found.setdefault((parsed.e164, parsed.extension), read_number)
    return list(found.values()), faults


def fault_of(name: str, value: str, *, region: str) -> Fault | None:
    """Return what is wrong with a value of the profile, or None. Raises KeyError for what is no field of it."""
    if name not in LIMITS:
        raise KeyError(f"{name} is not a field of the profile")
    if name == "email" and value:
        try:
            validate_email(value)
        except ValidationError:
            return Fault(name, "invalid")
    if len(value) > LIMITS[name]:
        return Fault(name, "max_length")
    if "\x00" in value:
        return Fault(name, "null_character")
    # A number in a text would stand in a second place, which no erasure of the line would reach.
    if name != "email" and phones.mentions_number(value, region=region or None):
        return Fault(name, "number_in_text")
    return None
