"""Rejected rows come out as they went in, with the reason, and as nothing that a spreadsheet computes."""

import csv
import io

import pytest

from crm.faults import MESSAGES
from crm.imports import rejected
from crm.models import ImportFault
from tests.files import csv_file, faults, imported, staged, staged_files

ANN = "+12025550100"


def written(content: bytes, tmp_path, *found: tuple[int, str, str]) -> list[list[str]]:
    """Return the rows of the file that is written of `content` and its faults: (line, column, code)."""
    file, out = tmp_path / "people.csv", io.StringIO()
    file.write_bytes(content)
    rows = rejected.write(
        out, of=file, faults=[ImportFault(line=line, column=column, code=code) for line, column, code in found]
    )
    lines = list(csv.reader(io.StringIO(out.getvalue())))
    assert rows == len(lines) - 1
    return lines


def test_only_rejected_rows_are_written_with_every_reason_of_each(tmp_path):
    content = csv_file(("Name", "Phone", "Country"), ("Ann", ANN, "GB"), ("=Bo", "call me", "Germany"), ("Cy", "", ""))

    assert written(content, tmp_path, (3, "Phone", "letters"), (3, "Country", "max_length")) == [
        ["Name", "Phone", "Country", "Reason"],
        ["'=Bo", "call me", "Germany", f"Phone: {MESSAGES['letters']} Country: {MESSAGES['max_length']}"],
    ]


def test_what_came_escaped_goes_out_as_it_came(tmp_path):
    content = csv_file(("Name", "Phone"), ("'=Bo", "call me"))

    assert written(content, tmp_path, (2, "Phone", "letters"))[1][:2] == ["'=Bo", "call me"]


def test_a_file_without_rejected_rows_has_its_header_alone(tmp_path):
    assert written(csv_file(("Name", "Phone"), ("Ann", ANN)), tmp_path) == [["Name", "Phone", "Reason"]]


def test_an_old_reason_gives_way_to_the_new_one(tmp_path):
    content = csv_file(("Name", "Reason", "Phone"), ("Bo", "before", "call me"))

    assert written(content, tmp_path, (2, "Phone", "letters")) == [
        ["Name", "Phone", "Reason"],
        ["Bo", "call me", f"Phone: {MESSAGES['letters']}"],
    ]


@pytest.mark.django_db
def test_a_file_of_rejected_rows_can_be_mended_and_imported(tmp_path):
    batch = imported(csv_file(("Name", "Phone"), ("Bo", "call me"), ("Cy", "+1 202 555 0199 0")))
    content = csv_file(("Name", "Phone"), ("Bo", "call me"), ("Cy", "+1 202 555 0199 0"))

    lines = written(content, tmp_path, *faults(batch))
    assert [line[1] for line in lines[1:]] == ["call me", "'+1 202 555 0199 0"]
    mended = [lines[0], ["Bo", ANN, ""], ["Cy", "'+1 202 555 0199", ""]]

    assert imported(csv_file(*mended), name="mended.csv").counts["created"] == 2


@pytest.mark.django_db
def test_writing_touches_no_staged_file(tmp_path):
    batch = staged(csv_file(("Name", "Phone"), ("Bo", "call me")))

    written(csv_file(("Name", "Phone"), ("Bo", "call me")), tmp_path, (2, "Phone", "letters"))

    assert [path.name for path in staged_files()] == [batch.staged_name]
