"""The columns of an exported table: named so that our own importer knows them again (`crm.imports.mapping`)."""

from crm.exports.selecting import Number, Person

PROFILE = {
    "given_name": "Given name",
    "family_name": "Family name",
    "organisation": "Organisation",
    "email": "E-mail",
    "address": "Address",
    "country": "Country",
    "language": "Language",
    "notes": "Notes",
}


def headers(numbers: int) -> list[str]:
    """Return the headers of a table in which a person has up to so many numbers."""
    of_numbers = [(f"Phone {at} - Label", f"Phone {at} - Value") for at in range(1, numbers + 1)]
    return [*PROFILE.values(), *(header for pair in of_numbers for header in pair)]


def cells(person: Person, *, numbers: int) -> list[str]:
    """Return a person's cells under those headers. One who was given a number meanwhile has more than they are."""
    found = [person.profile[name] for name in PROFILE]
    for number in person.numbers:
        found += [number.label, spelled(number)]
    return found + [""] * (len(PROFILE) + 2 * numbers - len(found))


def is_number(column: int) -> bool:
    """Whether the column at this place, counted from 0, holds numbers."""
    return column >= len(PROFILE) and (column - len(PROFILE)) % 2 == 1


def spelled(number: Number) -> str:
    """Return a number with its extension, as RFC 3966 writes it."""
    return f"{number.text};ext={number.extension}" if number.extension else number.text
