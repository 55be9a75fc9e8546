"""Files that are made to do harm, or that only look it: workbooks by the parts that they are zipped from."""

import io
import struct
import zipfile
from collections.abc import Iterable

import xlwt

from tests.files import ods_file, xlsx_file

HEADER = ("Name", "Phone")
XLSX, ODS = xlsx_file(HEADER, ("Ann", "1")), ods_file(HEADER, ("Ann", "1"))
SHEET, STRINGS, STYLES, TYPES = (
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/styles.xml",
    "[Content_Types].xml",
)
OFFICE = "application/vnd.openxmlformats-officedocument"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
FIRST = '<row r="1"><c r="A1" t="inlineStr"><is><t>Name</t></is></c><c r="B1" t="str"><v>Phone</v></c></row>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    + "<!ENTITY elsewhere SYSTEM 'file:///etc/hostname'>]>"
)


def part(archive: bytes, name: str) -> str:
    """Return the text of a part of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as parts:
        return parts.read(name).decode()


def with_part(archive: bytes, name: str, blocks: Iterable[str], *, packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with one of its parts replaced, or added at its end."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for other in old.namelist():
            if other != name:
                new.writestr(other, old.read(other))
        info = zipfile.ZipInfo(name)
        info.compress_type = packed
        with new.open(info, "w", force_zip64=True) as out:
            for block in blocks:
                out.write(block.encode())
    return file.getvalue()


def sheet(rows: Iterable[str], *, before: str = "", after: str = "") -> bytes:
    """Return an XLSX workbook with these rows, as XML, below its header."""
    return with_part(
        XLSX, SHEET, [before, f"<worksheet {MAIN}><sheetData>", FIRST, *rows, "</sheetData>", after, "</worksheet>"]
    )


def shared(blocks: Iterable[str]) -> bytes:
    """Return an XLSX workbook with a table of texts, as XML, whose first text is its first cell."""
    override = (
        f'<Override PartName="/{STRINGS}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml'
    )
    types = part(XLSX, TYPES).replace("</Types>", f'{override}.sharedStrings+xml"/></Types>')
    book = with_part(sheet(['<row r="2"><c r="A2" t="s"><v>0</v></c></row>']), TYPES, [types])
    return with_part(book, STRINGS, blocks)


def content(rows: Iterable[str], *, before: str = "") -> bytes:
    """Return an ODS workbook with these rows, as XML, below its header and Ann."""
    head, tail = part(ODS, "content.xml").split("</table:table>")
    start, rest = head.split("?>", 1)
    return with_part(ODS, "content.xml", [start, "?>", before, rest, *rows, "</table:table>", tail])


def lying(archive: bytes, name: str, *, size: int) -> bytes:
    """Return an archive whose directory says of a part that it unpacks to `size` bytes."""
    changed = bytearray(archive)
    entry = archive.rfind(b"PK\x01\x02", 0, archive.rfind(name.encode()))
    struct.pack_into("<I", changed, entry + 24, size)
    return bytes(changed)


def encrypted(archive: bytes) -> bytes:
    """Return an archive whose directory says of its first part that it is encrypted."""
    changed = bytearray(archive)
    changed[archive.find(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def xls(*cells: tuple[int, int, object]) -> bytes:
    """Return an XLS workbook with these cells (row, column, value) below its header."""
    book, file = xlwt.Workbook(), io.BytesIO()
    page = book.add_sheet("People")
    for row, column, value in [(0, 0, "Name"), (0, 1, "Phone"), *cells]:
        page.write(row, column, value)
    book.save(file)
    return file.getvalue()


def xls_with_password() -> bytes:
    """Return an XLS workbook that says it is encrypted: by the record FILEPASS (MS-XLS 2.4.117), in another's place."""
    return xls((1, 0, "Ann")).replace(b"\xe1\x00\x02\x00", b"\x2f\x00\x02\x00", 1)


def ole(stream: str) -> bytes:
    """Return the container of XLS and of locked workbooks with a single stream of this name (MS-CFB 2.2, 2.6)."""
    sector = 512
    head = struct.pack("<8s16xHHHHH6xII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, 1)
    head += struct.pack("<IIIIIII", 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = b""
    for name, kind, below in (("Root Entry", 5, 1), (stream, 2, 0xFFFFFFFF)):
        raw = name.encode("utf-16-le")
        entry = struct.pack("<64sHBBIII", raw, len(raw) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, below)
        entries += entry + bytes(36) + struct.pack("<II4x", 0xFFFFFFFE, 0)
    return head + table + entries.ljust(sector, b"\0")
