"""Files as they are exported, for the tests."""

import csv
import io
from pathlib import Path
from typing import Any

from crm import exports
from crm.imports.reading import open_table


def exported(kind: str = "csv", *, masked: bool = False, refused: Any = None, **selection: Any) -> bytes:
    """Return the file of everybody, or of a selection, in a format."""
    file = io.BytesIO()
    exports.write(exports.Selection(**selection), to=file, format=exports.FORMATS[kind], masked=masked, refused=refused)
    return file.getvalue()


def table(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a CSV file by header, without what is empty."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [{header: cell for header, cell in row.items() if cell} for row in rows]


def read_back(content: bytes, folder: Path) -> list[dict[str, str]]:
    """Return the rows of a file as our importer reads it, by header, without what is empty."""
    path = folder / "exported"
    path.write_bytes(content)
    with open_table(path) as found:
        return [
            {header: cell for header, cell in zip(found.headers, row.cells, strict=True) if cell} for row in found.rows
        ]
