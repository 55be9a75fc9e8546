"""Damaged files, told of in one way: the libraries raise whatever their parsers stumble over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext as _

from crm.imports.reading.table import UnreadableFile


@contextmanager
def damage_told() -> Iterator[None]:
    """Turn what a library raises over a workbook into UnreadableFile."""
    try:
        yield
    except UnreadableFile:
        raise
    except Exception:
        raise UnreadableFile(_("The file is a damaged workbook, or no workbook.")) from None
