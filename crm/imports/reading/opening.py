"""Which kind of file this is, by what it holds: staged files have no endings, and those that people give lie."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from django.utils.translation import gettext_noop as _

from crm.imports.reading.damage import damage_told
from crm.imports.reading.encoding import NotText, open_text
from crm.imports.reading.kinds import refuse_archive, refuse_bytes, refuse_text
from crm.imports.reading.table import Table, UnreadableFile, limited

# The container of XLS, and of every workbook that is locked with a password.
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_HEAD = 1024
_CARD = re.compile(r"\s*begin:\s*vcard", re.IGNORECASE)


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open the file at `path` for reading. Raises UnreadableFile, also while the rows are read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        refuse_bytes(head)
        with _workbook(path, head) if head.startswith((_OLE, *_ZIP)) else _text(path) as table:
            yield replace(table, rows=limited(table.rows))
    except FileNotFoundError:
        # Another worker has come to its end, and deleted it.
        raise UnreadableFile(_("The file is gone.")) from None


def _workbook(path: Path, head: bytes) -> AbstractContextManager[Table]:
    # A reader is loaded when there is something for it: most files are text, and half of a child's life is its start.
    if head.startswith(_OLE):
        from crm.imports.reading import xls

        return xls.read(path)
    with damage_told(), zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    from crm.imports.reading import ods

    if ods.is_one(path):
        return ods.read(path)
    refuse_archive(names)
    from crm.imports.reading import xlsx

    return xlsx.read(path)


@contextmanager
def _text(path: Path) -> Iterator[Table]:
    try:
        with open_text(path) as text:
            start = text.tell()
            head = text.read(_HEAD)
            text.seek(start)
            refuse_text(head)
            if _CARD.match(head):
                from crm.imports.reading import vcard

                yield vcard.read(text)
            else:
                from crm.imports.reading import delimited

                yield delimited.read(text)
    except (NotText, UnicodeDecodeError):
        raise UnreadableFile(_("The file is neither a workbook nor text in an encoding that we know.")) from None
