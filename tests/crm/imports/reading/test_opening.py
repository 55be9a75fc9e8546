"""Files as people bring them: which kind they are, and what is refused in one clear sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.imports.reading import UnreadableFile, open_table
from tests.files import csv_file, ods_file, patched, xls_file, xlsx_file

SHEET = "xl/worksheets/sheet1.xml"
HEADER = ("Name", "Phone")


@pytest.mark.parametrize("make", [csv_file, xlsx_file, xls_file, ods_file])
def test_headers_and_cells_are_read_as_they_stand(read, make):
    table = read(make(HEADER, ("Ann", "+1 202 555 0100"), ("Bo", "x")))

    assert table.headers == HEADER
    assert [(row.line, list(row.cells), row.fault) for row in table.rows] == [
        (2, ["Ann", "+1 202 555 0100"], ""),
        (3, ["Bo", "x"], ""),
    ]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "file"
    path.write_bytes(content)

    try:
        with open_table(path) as table:
            widths = {len(row.cells) for row in table.rows}
    except UnreadableFile:
        return
    assert widths <= {len(table.headers)}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\n\nName,Phone\n", "no header row", id="blank first line"),
        pytest.param(b",,\nAnn,1\n", "no header row", id="nameless columns"),
        pytest.param(csv_file(("Phone", "Name", "Phone"), ("1", "Ann", "2")), "column Phone stands", id="twice"),
        pytest.param(b'Name,Phone\nAnn,1\n"Bo,2\nCy,3\n', "Line 3, column Name: a quotation", id="unclosed quote"),
        pytest.param(b'Name,Phone\nAnn,"1"2\n', "Line 2, column Phone: a quotation", id="text after a quote"),
        pytest.param(b'"Name,Phone\nAnn,1\n', "Line 1, column #1: a quotation", id="unclosed quote in the header"),
        pytest.param(b"Na\x00me,Phone\nAnn,1\n", "neither a workbook nor text", id="NUL in the header"),
        pytest.param("Name,Phone\nAnn,1\n".encode("utf-32"), "neither a workbook nor text", id="UTF-32"),
        pytest.param("Name,Phone\nAnn,1\n".encode("utf-16") + b"\n", "neither a workbook", id="UTF-16, half a sign"),
        pytest.param(b"Name,Phone\nZo\xeb,\x04\x01\n", "neither a workbook nor text", id="control characters"),
        pytest.param(b"Name,Phone\nZo\xeb,\x8d\n", "neither a workbook nor text", id="no encoding's text"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "damaged workbook", id="no XLS within its container"),
        pytest.param(xlsx_file(), "no header row", id="empty sheet"),
        pytest.param(xls_file(), "no header row", id="empty sheet of an XLS"),
        pytest.param(ods_file(), "no header row", id="empty sheet of an ODS"),
        pytest.param(xls_file(HEADER, ("Ann", 1))[:-3000], "damaged", id="cut-off XLS"),
        pytest.param(
            patched(ods_file(HEADER, ("Ann", 1)), "content.xml", lambda xml: xml[: len(xml) // 2]),
            "damaged workbook",
            id="broken XML of an ODS",
        ),
        pytest.param(
            patched(
                ods_file(HEADER, ("Ann", 1)),
                "content.xml",
                lambda xml: xml.replace("?>", '?><!DOCTYPE x [<!ENTITY a "b">]>', 1).replace("Ann", "&a;"),
            ),
            "damaged workbook",
            id="entities in an ODS",
        ),
        pytest.param(
            patched(
                ods_file(HEADER),
                "META-INF/manifest.xml",
                lambda xml: xml.replace("</manifest:manifest>", "<!-- encryption-data --></manifest:manifest>"),
            ),
            "locked with a password",
            id="locked ODS",
        ),
        pytest.param(xlsx_file(HEADER, ("Ann", 1))[:-400], "damaged workbook", id="cut-off workbook"),
        pytest.param(
            patched(xlsx_file(HEADER, ("Ann", 1)), SHEET, lambda xml: xml[: len(xml) // 2]),
            "damaged workbook",
            id="broken XML",
        ),
        pytest.param(
            patched(xlsx_file(HEADER, ("Ann", 1)), SHEET, lambda xml: xml.replace('t="n"><v>1', 't="s"><v>9')),
            "damaged workbook",
            id="text that is not there",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence_that_says_why(read, content, words):
    with pytest.raises(UnreadableFile, match=words):
        read(content)


def test_a_file_that_another_worker_has_deleted_is_said_to_be_gone(tmp_path):
    with pytest.raises(UnreadableFile, match="is gone"), open_table(tmp_path / "gone.csv"):
        pass
