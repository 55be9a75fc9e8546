"""Damaged files, told of in one way: the libraries raise whatever their parsers stumble over."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils.translation import gettext_noop as _

from crm.imports.reading.table import UnreadableFile


@contextmanager
def damage_told() -> Iterator[None]:
    """Turn what a library raises over a workbook into UnreadableFile, but for a want of memory."""
    try:
        yield
    except (UnreadableFile, MemoryError):
        raise
    except Exception:
        raise damaged() from None


def damaged() -> UnreadableFile:
    """Return what to say of a workbook that breaks off, or holds what no program wrote."""
    return UnreadableFile(_("The file is a damaged workbook, or no workbook."))


def locked() -> UnreadableFile:
    """Return what to say of a workbook that nobody can read without its password."""
    return UnreadableFile(_("The workbook is locked with a password: save it without one."))
