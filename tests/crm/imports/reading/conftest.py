"""Reading files in tests."""

from dataclasses import replace

import pytest

from crm.imports.reading import Table, open_table


@pytest.fixture
def read(tmp_path):
    """Read a whole file; the name has no ending, as staged files have none."""

    def of(content: bytes) -> Table:
        path = tmp_path / "staged"
        path.write_bytes(content)
        with open_table(path) as table:
            return replace(table, rows=iter(list(table.rows)))

    return of


@pytest.fixture
def rows(read):
    return lambda content: list(read(content).rows)
