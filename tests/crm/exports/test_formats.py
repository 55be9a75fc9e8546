"""The files themselves: what a spreadsheet and an address book find in them."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import vobject

from crm import intake
from crm.exports import TooMany, xlsx
from tests import factories
from tests.exporting import exported, read_back
from tests.files import staged_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _staging_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Other tests leave uploads that wait."""
    settings.STAGING_DIR = tmp_path / "staging"


@pytest.fixture
def ann() -> Any:
    numbers = [
        intake.Number("+442079460000 ext 12", label="front desk"),
        intake.Number("+12025550100", label="mobile"),
        intake.Number("+493023125000"),
    ]
    profile = {"given_name": "=Ann", "family_name": "Lee", "notes": "one\ntwo", "country": "GB"}
    row = intake.Row(profile=profile, numbers=numbers)
    return intake.store(row, source=factories.source(), actor=factories.TESTER, at=factories.NOON, reason="test")


@pytest.mark.usefixtures("ann")
def test_csv_is_what_excel_reads() -> None:
    content = exported("csv")

    assert content.startswith(b"\xef\xbb\xbfGiven name,Family name,")
    head, row = content.decode("utf-8-sig").split("\r\n", 1)
    assert head.endswith("Phone 3 - Label,Phone 3 - Value")
    assert row == (
        "'=Ann,Lee,,,,GB,,\"one\ntwo\",front desk,'+442079460000;ext=12,mobile,+12025550100,,+493023125000\r\n"
    )


@pytest.mark.usefixtures("ann")
def test_every_cell_of_a_workbook_is_text() -> None:
    sheet: Any = openpyxl.load_workbook(io.BytesIO(exported("xlsx"))).active
    cells = {head.value: cell for head, cell in zip(*sheet.iter_rows(max_row=2), strict=True) if cell.value}

    assert cells["Given name"].value == "'=Ann"
    assert cells["Phone 2 - Value"].value == "+12025550100"
    assert cells["Phone 2 - Value"].number_format == "@"
    assert {cell.data_type for cell in cells.values()} == {"s"}


def test_a_workbook_holds_what_no_xml_can_without_it() -> None:
    factories.point(given_name="A\x0bn\x1fn\ufffe")

    sheet: Any = openpyxl.load_workbook(io.BytesIO(exported("xlsx"))).active
    assert sheet["A2"].value == "Ann"


def test_more_people_than_a_sheet_has_rows_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MOST_ROWS", 1)
    factories.point()
    assert exported("xlsx")
    factories.point()
    with pytest.raises(TooMany):
        exported("xlsx")
    assert staged_files() == []


@pytest.mark.usefixtures("ann")
def test_the_rows_of_a_workbook_stand_in_no_folder_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "there is none"))

    assert exported("xlsx")
    assert staged_files() == []


@pytest.mark.usefixtures("ann")
def test_a_card_has_every_number_with_its_label_and_extension() -> None:
    assert exported("vcard").decode().split("\r\n") == [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "FN:=Ann Lee",
        "N:Lee;=Ann;;;",
        "ADR;CC=GB:;;;;;;",
        "item1.TEL;PREF=1;VALUE=uri:tel:+442079460000;ext=12",
        "item1.X-ABLABEL:front desk",
        "TEL;TYPE=cell;VALUE=uri:tel:+12025550100",
        "TEL;VALUE=uri:tel:+493023125000",
        "NOTE:one\\ntwo",
        "END:VCARD",
        "",
    ]


@pytest.mark.usefixtures("ann")
def test_a_card_is_one_for_the_library_too() -> None:
    card: Any = vobject.readOne(exported("vcard").decode())

    assert (card.fn.value, card.n.value.family, card.note.value) == ("=Ann Lee", "Lee", "one\ntwo")
    assert len(card.contents["tel"]) == 3


def test_long_lines_of_a_card_are_folded() -> None:
    factories.point(given_name="Ann", notes="é" * 200)

    assert max(map(len, exported("vcard").split(b"\r\n"))) <= 75


def test_a_card_of_an_organisation_names_nobody(tmp_path: Path) -> None:
    factories.point("+12025550100", organisation="Acme Ltd")

    content = exported("vcard")
    assert b"KIND:org\r\nFN:Acme Ltd\r\nORG:Acme Ltd\r\n" in content
    assert read_back(content, tmp_path) == [{"Organisation": "Acme Ltd", "Phone 1": "tel:+12025550100"}]


@pytest.mark.usefixtures("ann")
def test_a_masked_number_of_a_card_is_no_uri() -> None:
    assert b"item1.TEL;PREF=1:+44 \xe2\x80\xa2" in exported("vcard", masked=True)
    assert b"ext=" not in exported("vcard", masked=True)
