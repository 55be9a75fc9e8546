"""What a file is that is no table, said in one sentence, whatever its name."""

import gzip
import io
import json
import zipfile

import pytest

from crm.imports.reading import UnreadableFile
from tests.crm.imports.reading import hostile
from tests.files import csv_file, ods_file, xls_file, xlsx_file

HEADER = ("Name", "Phone")
CSV = csv_file(HEADER, ("Ann", "1"))


def archive(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        for name in names:
            parts.writestr(name, CSV)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"%PDF-1.7\n%\xe2\xe3", "is a PDF document", id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n\0\0", "is a picture", id="PNG"),
        pytest.param(b"\xff\xd8\xff\xe0\0\x10JFIF", "is a picture", id="JPEG"),
        pytest.param(b"GIF89a\1\0", "is a picture", id="GIF"),
        pytest.param(b"RIFF\x1a\0\0\0WEBPVP8", "is a picture", id="WebP"),
        pytest.param(b"\0\0\0\x18ftypheic\0\0", "is a picture", id="HEIC"),
        pytest.param(b"BM\x46\0\0\0\0\0\0\0\x36", "is a picture", id="BMP"),
        pytest.param(archive("people.csv"), "is an archive", id="zip"),
        pytest.param(gzip.compress(CSV), "is an archive", id="gzip"),
        pytest.param(b"7z\xbc\xaf\x27\x1c\0\4", "is an archive", id="7z"),
        pytest.param(b"MZ\x90\0\3\0", "is a program", id="program"),
        pytest.param(b"SQLite format 3\0\x10\0", "is a database", id="database"),
        pytest.param(b"\n<!DOCTYPE html>\n<html>", "is a web page", id="HTML"),
        pytest.param(b"<table><tr><td>Name</td></tr></table>", "is a web page", id="table of a page, named XLS"),
        pytest.param('<?xml version="1.0"?><Workbook/>'.encode("utf-16"), "is XML", id="XML"),
        pytest.param(b'<people xmlns="x"><name/></people>', "is XML", id="XML without a declaration"),
        pytest.param(rb"{\rtf1\ansi Name}", "is a text document", id="RTF"),
        pytest.param(json.dumps([{"phone": "1"}]).encode(), "is JSON", id="JSON"),
        pytest.param(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "is a calendar", id="calendar"),
        pytest.param(archive("[Content_Types].xml", "xl/workbook.bin"), "XLSB", id="XLSB"),
        pytest.param(archive("[Content_Types].xml", "word/document.xml"), "no workbook", id="Word document"),
    ],
)
def test_what_is_no_table_is_named(read, content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(CSV, "csv"), (xlsx_file(HEADER), "xlsx"), (xls_file(HEADER), "xls"), (ods_file(HEADER), "ods")],
)
def test_a_table_is_known_by_what_it_holds(read, content, kind):
    assert read(content).format == kind


@pytest.mark.parametrize("header", ["<Name>;Phone", "[Name],[Phone]", "MZ,Phone", "BM,Phone", "BZ,Phone", "II,Phone"])
def test_a_table_whose_first_letters_are_those_of_something_else_is_a_table(read, header):
    assert len(read(f"{header}\nAnn,1\n".encode()).headers) == 2


def test_what_stands_before_an_archive_makes_no_workbook_of_it(read):
    table = read(CSV + b"Bo,2\n")

    with pytest.raises(UnreadableFile, match="neither a workbook nor text"):
        read(CSV + hostile.XLSX)
    assert len(list(table.rows)) == 2
