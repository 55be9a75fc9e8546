"""Files to import, and what their import came to."""

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlwt
from django.apps import apps
from django.conf import settings
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from consent.resources import EvidenceResource
from crm.imports import run, upload
from crm.models import ContactPoint, ImportBatch, Source
from tests import factories

EVIDENCE = ("Name", "Phone", "Purpose", "Given at", "Wording version", "Consent IP")


def csv_file(*rows: Sequence[object], delimiter: str = ",") -> bytes:
    """Return rows, the first being the header, as a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode()


def xlsx_file(*rows: Sequence[object]) -> bytes:
    """Return rows as the first sheet of a workbook."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


def xls_file(*rows: Sequence[object]) -> bytes:
    """Return rows as the first sheet of a workbook of Excel 97 to 2003."""
    book, file = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("People")
    for down, row in enumerate(rows):
        for across, value in enumerate(row):
            date = isinstance(value, datetime)
            sheet.write(
                down,
                across,
                value,
                xlwt.easyxf(num_format_str="yyyy-mm-dd hh:mm") if date else xlwt.Style.default_style,
            )
    book.save(file)
    return file.getvalue()


def ods_file(*rows: Sequence[object]) -> bytes:
    """Return rows as the first sheet of an OpenDocument workbook."""
    file = io.BytesIO()
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="People")
    for row in rows:
        line = TableRow()
        for value in row:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            kind: dict[str, Any] = {"valuetype": "float", "value": value} if number else {"valuetype": "string"}
            cell = TableCell(**kind) if value is not None else TableCell()
            if value is not None:
                cell.addElement(P(text=str(value)))
            line.addElement(cell)
        sheet.addElement(line)
    document.spreadsheet.addElement(sheet)
    document.save(file)
    return file.getvalue()


def patched(archive: bytes, part: str, change: Callable[[str], str]) -> bytes:
    """Return a zip archive with the text of one of its parts changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            changed = change(text.decode()).encode() if name == part else text
            assert name != part or changed != text, "the change changed nothing"
            new.writestr(name, changed)
    return file.getvalue()


def staged(
    content: bytes, *, name: str = "people.csv", of: Source | None = None, at: datetime = factories.NOON, **how: Any
) -> ImportBatch:
    """Stage a file from a source, a web form unless another is given."""
    how.setdefault("actor", factories.TESTER)
    how.setdefault("resource", EvidenceResource)
    return upload.stage([content], file_name=name, source=of or factories.source(), at=at, **how)


def confirmed(content: bytes, **how: Any) -> ImportBatch:
    """Stage and confirm a file."""
    batch = staged(content, **how)
    run.confirm(batch, actor=factories.TESTER, at=batch.created_at)
    return batch


def imported(content: bytes, **how: Any) -> ImportBatch:
    """Stage, confirm and commit a file."""
    batch = confirmed(content, **how)
    run.commit(batch, resource=EvidenceResource, at=batch.created_at)
    return batch


def outcomes(batch: ImportBatch) -> dict[str, int]:
    """Return the counts that are not zero."""
    return {outcome: number for outcome, number in batch.counts.items() if number}


def faults(batch: ImportBatch) -> list[tuple[int, str, str]]:
    """Return (line, column, code) of every fault."""
    return list(batch.faults.values_list("line", "column", "code"))


def held_numbers() -> list[str]:
    """Return the numbers at which somebody is reachable, in E.164, in order."""
    points = ContactPoint.objects.filter(erased_at=None).select_related("line")
    return sorted(point.line.e164 for point in points if point.line)


def rows_of_all_tables() -> Counter[str]:
    """Return how many rows each table of ours has."""
    models: Iterable[Any] = [
        model for app in ("crm", "consent") for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    return Counter({model._meta.db_table: model._base_manager.count() for model in models})


def staged_files() -> list[Path]:
    """Return the files in the staging directory."""
    folder = Path(settings.STAGING_DIR)
    return sorted(folder.iterdir()) if folder.exists() else []
