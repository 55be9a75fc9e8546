"""Hostile files: each ends soon, in one sentence or in faults of its rows.

What nothing but the limits of a process ends is read in a child, as imports do; the rest would end in any process.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.imports.child import running
from crm.imports.reading import UnreadableFile
from tests.crm.imports.reading import hostile
from tests.crm.imports.reading.hostile import HEADER, LAUGHS, MAIN, content, shared, sheet, with_part
from tests.files import csv_file, ods_file, patched, xls_file, xlsx_file

DAMAGED, BOMB = "damaged workbook", "unpacks to more than"
CARD, END = b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\n", b"END:VCARD\n"


@pytest.fixture
def apart(settings):
    """Read a file in a child, from the staging directory, and see that nothing else is in there afterwards."""
    settings.IMPORT_STALL_SECONDS = 5

    def of(made: bytes) -> list[tuple[int, list[str], str, str]]:
        path = Path(settings.STAGING_DIR) / "staged"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made)
        try:
            with running("crm.imports.reading.blocks:blocks", path=str(path)) as items:
                next(items)
                return [row for block in items for row in block]
        finally:
            assert list(path.parent.iterdir()) == [path]

    return of


def many(count: int, form: str) -> Iterator[str]:
    """Yield an element again and again with another number in it, which no zip archive shrinks to nothing."""
    for start in range(0, count, 1000):
        yield "".join(form.replace("*", f"{number:x}") for number in range(start, start + 1000))


SPACES = [" " * (1 << 20)] * 12
REPEATED = "<table:table-row {}><table:table-cell {}><text:p>{}</text:p></table:table-cell></table:table-row>"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param(lambda: sheet([], before=LAUGHS), DAMAGED, id="billion laughs in a sheet"),
        pytest.param(
            lambda: shared([LAUGHS, f"<sst {MAIN}><si><t>&a9;</t></si></sst>"]), DAMAGED, id="in its shared texts"
        ),
        pytest.param(
            lambda: with_part(hostile.XLSX, hostile.STYLES, [LAUGHS, f"<styleSheet {MAIN}>&a9;</styleSheet>"]),
            DAMAGED,
            id="in its styles",
        ),
        pytest.param(lambda: content([], before=LAUGHS), DAMAGED, id="in an ODS"),
        pytest.param(
            lambda: sheet(["<row><c><v>&elsewhere;</v></c></row>"], before=LAUGHS),
            DAMAGED,
            id="external",
        ),
        pytest.param(lambda: sheet(SPACES), f"{BOMB} 200 times", id="zip bomb in a sheet"),
        pytest.param(lambda: shared(SPACES), f"{BOMB} 200 times", id="zip bomb in shared texts"),
        pytest.param(lambda: content(SPACES), f"{BOMB} 200 times", id="zip bomb in an ODS"),
        pytest.param(
            lambda: hostile.lying(hostile.XLSX, hostile.SHEET, size=2_000_000_000),
            f"{BOMB} 1024 MB",
            id="said to be vast",
        ),
        pytest.param(
            lambda: hostile.lying(sheet(SPACES), hostile.SHEET, size=500), DAMAGED, id="bomb that says it is none"
        ),
        pytest.param(
            lambda: with_part(hostile.XLSX, hostile.SHEET, [" "], packed=zipfile.ZIP_LZMA),
            DAMAGED,
            id="packed oddly",
        ),
        pytest.param(lambda: sheet(many(50_000, "<a>")), DAMAGED, id="nested deeply"),
        pytest.param(lambda: content(many(50_000, "<text:span>")), DAMAGED, id="nested deeply in an ODS"),
        pytest.param(
            lambda: content([REPEATED.format("table:number-rows-repeated='1000000000'", "", "1")]),
            "more than 1000000 rows",
            id="ODS with a billion equal rows",
        ),
        pytest.param(
            lambda: content([REPEATED.format("", "table:number-columns-repeated='1000000000'", "1")]),
            DAMAGED,
            id="ODS with a billion equal cells",
        ),
        pytest.param(
            lambda: content([REPEATED.format("table:number-rows-repeated='900000'", "", "x" * 9_000)]),
            f"{BOMB} 10 MB",
            id="ODS with a long row that stands there often",
        ),
        pytest.param(lambda: ods_file(["c"] * 501), "more than 500 columns", id="ODS with too many columns"),
        pytest.param(lambda: xlsx_file(["c"] * 501), "more than 500 columns", id="XLSX with too many columns"),
        pytest.param(lambda: csv_file(["c"] * 501), "more than 500 columns", id="CSV with too many columns"),
        pytest.param(lambda: csv_file(["c" * 10_001]), "name of column 1 is longer than 10000", id="long header"),
        pytest.param(lambda: hostile.encrypted(hostile.XLSX), "locked with a password", id="zip with a password"),
        pytest.param(lambda: hostile.ole("EncryptedPackage"), "locked with a password", id="XLSX with a password"),
        pytest.param(hostile.xls_with_password, "locked with a password", id="XLS with a password"),
        pytest.param(lambda: hostile.ole("WordDocument"), DAMAGED, id="another document in an XLS's container"),
        pytest.param(lambda: hostile.XLSX[:2000], DAMAGED, id="first half of an XLSX"),
        pytest.param(lambda: hostile.ODS[:800], DAMAGED, id="first half of an ODS"),
    ],
)
def test_a_hostile_workbook_ends_in_one_sentence(rows, settings, made, words):
    if "10 MB" in words:
        settings.IMPORT_MAX_UNPACKED_BYTES = 10 * 1024 * 1024

    with pytest.raises(UnreadableFile, match=words):
        rows(made())


@pytest.mark.parametrize(
    "made",
    [
        lambda: sheet(many(400_000, "<a*/>")),
        lambda: shared([f"<sst {MAIN}>", *many(500_000, "<si><t>*</t></si>")]),
    ],
    ids=["XML of ever other names", "many texts"],
)
def test_a_workbook_that_needs_more_memory_than_there_is_ends_in_one_sentence(apart, settings, made):
    settings.IMPORT_MEMORY_BYTES = 80 * 1024 * 1024

    with pytest.raises(UnreadableFile, match="needs more than 80 MB of memory"):
        apart(made())


def test_a_line_that_a_library_would_try_to_read_for_ever_is_a_fault(apart):
    bad, good = apart(CARD + b"TEL;A" + b"=x" * 500 + b"\n" + END + CARD + b"TEL:2\n" + END)

    assert (bad[2], good[2], good[1][-2]) == ("unreadable_card", "", "2")


@pytest.mark.parametrize(
    "made",
    [
        lambda: sheet(['<row r="2"><c r="A2" t="str"><v>Ann</v></c></row>']),
        lambda: shared([f"<sst {MAIN}><si><r><t>An</t></r><r><t>n</t></r><rPh><t>AN</t></rPh></si></sst>"]),
        lambda: hostile.xls((1, 0, "Ann")),
        lambda: patched(
            sheet(['<row r="2"><c r="A2" t="str"><v>Ann</v></c></row>']),
            hostile.TYPES,
            lambda types: types.replace(
                f"{hostile.OFFICE}.spreadsheetml.sheet.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
            ),
        ),
    ],
    ids=["XLSX", "shared texts", "XLS", "XLSM: macros are not run"],
)
def test_a_workbook_made_in_the_same_way_and_of_no_harm_is_read(rows, made):
    (row,) = rows(made())

    assert (row.line, row.cells[0], row.fault) == (2, "Ann", "")


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        pytest.param(
            lambda: sheet(['<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>']),
            (1_048_576, "too_many_cells", "#3"),
            id="last cell of an XLSX",
        ),
        pytest.param(
            lambda: hostile.xls((65_535, 255, "x")), (65_536, "too_many_cells", "#3"), id="last cell of an XLS"
        ),
        pytest.param(
            lambda: content([REPEATED.format("", "", "<text:s text:c='2000000000'/>x" * 100)]),
            (3, "cell_too_long", "Name"),
            id="ODS with endless blanks",
        ),
        pytest.param(
            lambda: content([REPEATED.format("", "table:number-columns-repeated='16384'", "1")]),
            (3, "too_many_cells", "#3"),
            id="ODS with a row of the widest sheet",
        ),
        pytest.param(
            lambda: xlsx_file(HEADER, ("Ann", "x" * 10_001)), (2, "cell_too_long", "Phone"), id="long cell of an XLSX"
        ),
        pytest.param(
            lambda: shared([f"<sst {MAIN}><si><t>", "x" * 3_000_000, "</t></si></sst>"]),
            (2, "cell_too_long", "Name"),
            id="long shared text",
        ),
        pytest.param(
            lambda: xls_file(HEADER, ("Ann", "x" * 10_001)), (2, "cell_too_long", "Phone"), id="long cell of an XLS"
        ),
        pytest.param(
            lambda: csv_file(HEADER, ("Ann", "x" * 10_001)), (2, "cell_too_long", "Phone"), id="long cell of a CSV"
        ),
        pytest.param(
            lambda: csv_file(HEADER, ("x\n" * 400_000, "1")), (2, "cell_too_long", "Name"), id="many lines in a cell"
        ),
        pytest.param(lambda: csv_file(HEADER, ("Ann", "1\0")), (2, "null_character", "Phone"), id="NUL in a CSV"),
        pytest.param(lambda: csv_file(HEADER, ("\0" * 2_000_000, "1")), (2, "null_character", "Name"), id="many NULs"),
        pytest.param(lambda: b"Name,Phone\n" + b"," * 3_000_000 + b"x", (2, "too_many_cells", "#3"), id="many commas"),
    ],
)
def test_a_row_that_goes_too_far_is_a_fault_and_what_goes_too_far_is_left_out(rows, made, fault):
    *others, row = rows(made())

    assert (row.line, row.fault, row.column) == fault
    assert len(row.cells) == 2
    assert all(len(cell) <= 10_000 and "\0" not in cell for cell in row.cells)
    assert not any(other.fault for other in others)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        pytest.param(b"Name,Phone\n" + b"x" * 6_000_000, "Line 2 is longer than a row can be", id="endless line"),
        pytest.param(b"x," * 3_000_000, "Line 1 is longer than a row can be", id="endless header"),
        pytest.param(
            b'Name,Phone\nAnn,1\nBo,"' + b"2\nCy,3\n" * 1_000_000,
            "Line 3, column Phone: a quotation mark opens here and is not closed",
            id="quotation mark that swallows the file",
        ),
        pytest.param(
            b'Name,Phone\nBo,"' + b'""' * 3_000_000,
            "Line 2, column Phone: a quotation mark opens here and is not closed",
            id="many quotation marks",
        ),
        pytest.param(
            b'"' + b'a""' * 1_500_000, "Line 1, column #1: a quotation mark opens here", id="many in the header"
        ),
        pytest.param(
            b'Name,Phone\n"Ann\nLee","1\n2"\n"Bo\nDay","2\n"Cy",3\n',
            "Line 6, column Phone: a quotation mark opens here",
            id="quotation mark in the middle of a record",
        ),
        pytest.param(CARD + b"NOTE:x\n" + b" y\n" * 200_000 + END, "begins on line 1 does not seem to end", id="folds"),
        pytest.param(
            CARD + b"AGENT:\nBEGIN:VCARD\n" * 100_000, "begins on line 1 does not seem to end", id="cards in cards"
        ),
    ],
)
def test_a_hostile_text_ends_in_one_sentence(rows, made, words):
    with pytest.raises(UnreadableFile, match=words):
        rows(made)


@pytest.mark.parametrize(
    ("lines", "faults"),
    [
        pytest.param(b"TEL;A" + b"=x,y" * 2000 + b":1\n", ["", ""], id="many parameters"),
        pytest.param(b"NOTE;QUOTED-PRINTABLE:x=\n" + b"y=\n" * 900 + b"z\n", ["", ""], id="soft line breaks"),
        pytest.param(b"NOTE;QUOTED-PRINTABLE:x=\n" + b"y=\n" * 9_000 + b"z\n", ["unreadable_card", ""], id="more"),
        pytest.param(b"NOTE:x\n" + b" y\n" * 50_000, ["unreadable_card", ""], id="folds"),
        pytest.param(b"PHOTO;ENCODING=b:" + b"A" * 5_000_000 + b"\r\n", ["", ""], id="picture in one line"),
        pytest.param(b"PHOTO:" + b"A" * 99_995 + b"\r\n", ["", ""], id="line end in two pieces"),
        pytest.param(b"PHOTO:A\n" + (b" " + b"A" * 74 + b"\n") * 60_000, ["", ""], id="picture in many"),
        pytest.param(b"NOTE:" + b"x" * 10_001 + b"\n", ["cell_too_long", ""], id="long note"),
        pytest.param(b"NOTE:x\0\n", ["null_character", ""], id="NUL"),
    ],
)
def test_a_card_that_goes_too_far_is_a_fault_and_the_next_one_is_read(rows, lines, faults):
    first, last = rows(CARD + lines + b"TEL:1\n" + END + CARD + b"TEL:2\n" + END)

    assert [first.fault, last.fault] == faults
    assert "2" in last.cells
    assert last.line == 5 + lines.count(b"\n") + 1
