"""Which kind of file this is, by what it holds: staged files have no endings, and those that people give lie."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from crm.imports.reading import delimited, ods, vcard, xls, xlsx
from crm.imports.reading.encoding import NotText, open_text
from crm.imports.reading.table import Table, UnreadableFile


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open the file at `path` for reading. Raises UnreadableFile, also while the rows are read."""
    with path.open("rb") as file:
        signature = file.read(len(xls.SIGNATURE))
    if signature == xls.SIGNATURE:
        with xls.read(path) as table:
            yield table
        return
    if zipfile.is_zipfile(path):
        if ods.is_one(path):
            yield ods.read(path)
            return
        with path.open("rb") as file, path.open("rb") as again:
            yield xlsx.read(file, again)
        return
    try:
        with open_text(path) as text:
            yield vcard.read(text) if vcard.is_one(text) else delimited.read(text)
    except (NotText, UnicodeDecodeError):
        raise UnreadableFile(_("The file is neither a workbook nor text in an encoding that we know.")) from None
