"""Zip archives, which is what workbooks are: opened when their directory is one that a workbook has.

A directory may lie, but to no end: zipfile takes from a part what the directory says and no more, and a part whose
bytes are not the ones that were promised fails its checksum.
"""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.conf import settings
from django.utils.translation import gettext_noop as _

from crm.imports.reading.damage import damaged, locked
from crm.imports.reading.table import UnreadableFile, unpacks_too_large

# A part of fewer bytes is no bomb, whatever its ratio: a column of equal cells shrinks to nothing.
_SMALL = 10 * 1024 * 1024
_BLOCK = 1 << 16
_ENCRYPTED = 0x1


def open_archive(path: Path) -> ZipFile:
    """Open an archive that unpacks to no more than IMPORT_MAX_UNPACKED_BYTES, no part past IMPORT_MAX_RATIO.

    Raises UnreadableFile, and BadZipFile for what is no archive.
    """
    archive = ZipFile(path)
    try:
        _check(archive, size=path.stat().st_size)
    except BaseException:
        archive.close()
        raise
    return archive


def _check(archive: ZipFile, *, size: int) -> None:
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > settings.IMPORT_MAX_UNPACKED_BYTES:
        raise unpacks_too_large()
    for part in parts:
        if part.flag_bits & _ENCRYPTED:
            raise locked()
        # Others unpack their input in one piece, however large that is.
        if part.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise damaged()
        packed = min(part.compress_size, size)
        if part.file_size > max(packed * settings.IMPORT_MAX_RATIO, _SMALL):
            raise UnreadableFile(
                _("A part of the workbook unpacks to more than %(limit)s times its size."),
                limit=settings.IMPORT_MAX_RATIO,
            )


def content(archive: ZipFile, name: str) -> Iterator[bytes]:
    """Yield a part of an archive, block by block. Raises KeyError when there is none of this name."""
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            yield block
