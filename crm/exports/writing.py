"""Writing an export: the one verb of this package."""

from typing import IO

from crm.exports.formats import Format
from crm.exports.selecting import Refused, Selection, Tally, most_numbers, people


def write(
    selection: Selection, *, to: IO[bytes], format: Format, masked: bool, refused: Refused | None = None
) -> Tally:
    """Write the people of a selection to an open file and return what was taken and what was left out.

    masked: numbers are shown as staff see them in lists, and cannot be imported again. refused: which numbers may not
    be taken, asked chunk by chunk. Raises TooMany.
    """
    tally = Tally()
    taken = people(selection, masked=masked, refused=refused, tally=tally)
    format.write(taken, to, numbers=most_numbers(selection))
    return tally
