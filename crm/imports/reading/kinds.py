"""What a file is that is no table, by how it begins: the sentence that says so helps more than a row of faults."""

import re
from collections.abc import Collection

from crm.imports.reading.table import UnreadableFile


def _(text: str) -> str:
    """Mark a text for translation. Django's mark asks for settings, which a child has not when it loads this."""
    return text


_PICTURE = _("The file is a picture. Import a CSV file, a workbook or vCards.")
_PACKED = _("The file is an archive. Unpack it, and import what is in it.")
_PDF = _("The file is a PDF document. Import a CSV file, a workbook or vCards.")
_PROGRAM = _("The file is a program. Import a CSV file, a workbook or vCards.")
_DATABASE = _("The file is a database. Import a CSV file, a workbook or vCards.")
_PAGE = _("The file is a web page, whatever its name says: open it in a spreadsheet and save it as XLSX or CSV.")
_XML = _("The file is XML: open it in the program that wrote it and save it as XLSX or CSV.")
_DOCUMENT = _("The file is a text document. Import a CSV file, a workbook or vCards.")
_JSON = _("The file is JSON. Import a CSV file, a workbook or vCards.")
_CALENDAR = _("The file is a calendar. Import a CSV file, a workbook or vCards.")
_XLSB = _("The file is a binary workbook (XLSB): save it as XLSX.")

_BYTES = {
    b"%PDF-": _PDF,
    b"\x89PNG\r\n": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"GIF87a": _PICTURE,
    b"GIF89a": _PICTURE,
    b"II*\x00": _PICTURE,
    b"MM\x00*": _PICTURE,
    b"\x1f\x8b": _PACKED,
    b"BZh": _PACKED,
    b"\xfd7zXZ\x00": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    b"7z\xbc\xaf\x27\x1c": _PACKED,
    b"Rar!\x1a\x07": _PACKED,
    b"\x7fELF": _PROGRAM,
    b"SQLite format 3\x00": _DATABASE,
}
# Files of these kinds have a length before their name, or one in the middle of it.
_LATER = {
    re.compile(rb"....ftyp(?:heic|heix|mif1|avif)", re.DOTALL): _PICTURE,
    re.compile(rb"RIFF....WEBP", re.DOTALL): _PICTURE,
    # A table may begin with "MZ" or "BM", and has no zero bytes there.
    re.compile(rb"MZ.\x00", re.DOTALL): _PROGRAM,
    re.compile(rb"BM....\x00\x00\x00\x00", re.DOTALL): _PICTURE,
}
_TEXT = {
    re.compile(r"<!doctype html|<(?:html|head|body|table|meta)\b", re.IGNORECASE): _PAGE,
    re.compile(r"<\?xml|<!doctype|<[\w:-]+(?:\s+[\w:-]+\s*=|>\s*<)", re.IGNORECASE): _XML,
    re.compile(r"\{\\rtf"): _DOCUMENT,
    re.compile(r"\{|\[\s*[\[{]"): _JSON,
    re.compile(r"begin:vcalendar", re.IGNORECASE): _CALENDAR,
}


def refuse_bytes(head: bytes) -> None:
    """Raise UnreadableFile for the beginning of a file that is known, and neither text nor a workbook."""
    for signature, sentence in _BYTES.items():
        if head.startswith(signature):
            raise UnreadableFile(sentence)
    for pattern, sentence in _LATER.items():
        if pattern.match(head):
            raise UnreadableFile(sentence)


def refuse_archive(names: Collection[str]) -> None:
    """Raise UnreadableFile for a zip archive with parts of these names that is no XLSX workbook."""
    if "xl/workbook.bin" in names:
        raise UnreadableFile(_XLSB)
    if names and "[Content_Types].xml" not in names:
        raise UnreadableFile(_PACKED)


def refuse_text(head: str) -> None:
    """Raise UnreadableFile for the beginning of a text that is no table."""
    head = head.lstrip()
    for pattern, sentence in _TEXT.items():
        if pattern.match(head):
            raise UnreadableFile(sentence)
