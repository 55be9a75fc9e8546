"""A look at a staged file: its first rows, and its cells as they may be shown to people: without numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from crm import phones
from crm.imports import child, mapping, staging
from crm.imports.reading import SourceRow
from crm.logs import mask_text
from crm.models import ImportBatch

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Glance:
    """The columns of a file and its first rows."""

    headers: Sequence[str]
    rows: Sequence[SourceRow] = field(repr=False)


def first_rows(batch: ImportBatch, *, rows: int) -> Glance:
    """Return the first so many rows of a batch's staged file. Raises UnreadableFile, also when it is gone.

    Read in a child process, as the file may be a hostile one.
    """
    with child.running("crm.imports.reading.blocks:blocks", path=str(staging.path_of(batch))) as items:
        _format, _encoding, _delimiter, headers = next(items)
        found = islice(chain.from_iterable(items), rows)
        return Glance(headers, [SourceRow(*values) for values in found])


def shown(cell: str, *, means: str | None, region: str) -> str:
    """Return a cell as a page shows it: shortened, and with every number masked.

    means: the field of its column, or None. A column of phones shows no digit but those that a mask leaves, also
    where a cell is no valid number: it may be one that a spreadsheet has damaged.
    """
    text = " ".join(cell.split())
    if mapping.is_phone(means):
        text = " / ".join(_masked(each, region) for each in phones.split(text)) if text else ""
    else:
        text = mask_text(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _masked(text: str, region: str) -> str:
    try:
        return phones.mask(phones.parse(text, region=region or None).e164)
    except phones.NotANumber:
        return re.sub(r"\d", "•", text)
