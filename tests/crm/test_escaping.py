"""Cells that a spreadsheet would compute are escaped, and come back as they were."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.escaping import escaped, unescaped


@pytest.mark.parametrize(
    "cell", ["=1+1", "==1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "+1 202 555 0100"]
)
def test_what_a_spreadsheet_would_compute_is_escaped(cell: str) -> None:
    assert escaped(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Ann", "+12025550100", "'s Hertog", "a=1", "1-2", "ann@example.com", "''"])
def test_other_cells_and_numbers_in_e164_stay_as_they_are(cell: str) -> None:
    assert escaped(cell) == cell == unescaped(cell)


@settings(derandomize=True, max_examples=200)
@given(st.text(alphabet="'=+-@\t\r\n aé;1＝", max_size=6))
@example("'+12025550100")
@example("''=1")
def test_every_cell_comes_back_as_it_was(cell: str) -> None:
    assert unescaped(escaped(cell)) == cell
