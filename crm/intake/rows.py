"""A row of people as somebody brings it, and what is wrong with it before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError

from crm import phones
from crm.models import Contact


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
    contact_id: the contact that is meant, where that is known; else it is matched by line and e-mail.
    line: the row's line in its file. collected_at: when the source collected it (aware).
    """

    profile: Mapping[str, str] = field(repr=False)
    numbers: Sequence[Number] = ()
    contact_id: int | None = None
    line: int | None = None
    collected_at: datetime | None = None


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


def read(row: Row, *, region: str) -> list[tuple[phones.Parsed, str]]:
    """Return the row's numbers, parsed, with their labels. Raises Rejected with every fault of the row."""
    faults = [fault for name, value in row.profile.items() if (fault := _fault_of(name, value, region=region))]
    parsed: dict[tuple[str, str], tuple[phones.Parsed, str]] = {}
    for number in row.numbers:
        if phones.mentions_number(number.label, region=region or None):
            faults.append(Fault(number.column, "number_in_text"))
        try:
            found = phones.parse(number.text, region=region or None)
        except phones.NotANumber as error:
            faults.append(Fault(number.column, error.code))
        else:
            parsed.setdefault((found.e164, found.extension), (found, number.label))
    if faults:
        raise Rejected(*faults)
    return list(parsed.values())


def _fault_of(name: str, value: str, *, region: str) -> Fault | None:
    if name not in Contact.PROFILE:
        raise KeyError(f"{name} is not a field of the profile")
    model_field = Contact._meta.get_field(name)
    try:
        model_field.clean(value, None)  # type: ignore[union-attr]
    except ValidationError as error:
        return Fault(name, str(error.error_list[0].code))
    if model_field.max_length and len(value) > model_field.max_length:  # type: ignore[union-attr]
        return Fault(name, "max_length")
    if "\x00" in value:
        return Fault(name, "null_character")
    # A number in a text would stand in a second place, which no erasure of the line would reach.
    if name != "email" and phones.mentions_number(value, region=region or None):
        return Fault(name, "number_in_text")
    return None
