"""One exported file with one row, and what is expected of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.factories import number

A, B, C, D, FAX = (number(at) for at in range(5))


@dataclass(frozen=True)
class Exported:
    """A file. row: cells by header. phones: (number, label) in order. profile: of the contact.

    optouts: the channels that the row says no to, "" being all of them. external_id: the source's id of the person.
    """

    program: str
    headers: Sequence[str]
    row: Mapping[str, str]
    phones: Sequence[tuple[str, str]]
    profile: Mapping[str, str]
    optouts: Sequence[str] = ()
    external_id: str = ""

    @property
    def cells(self) -> list[str]:
        """The row's cells in the order of the file."""
        unknown = set(self.row) - set(self.headers)
        assert not unknown, unknown
        return [self.row.get(header, "") for header in self.headers]


def columns(line: str) -> list[str]:
    """Return the headers of a header line, parted by semicolons or else by commas."""
    return line.split(";" if ";" in line else ",")


def person(**more: str) -> dict[str, str]:
    """Return the profile of the person whom all the rows are of."""
    return {"given_name": "Ann", "family_name": "Lee", "email": "ann@example.com", **more}
