"""What the tests of intake share: a row stored, and a row refused without a trace."""

import pytest

from crm import intake
from tests.factories import NOON, TESTER, source
from tests.files import rows_of_all_tables

SUPPLIER = {"kind": "third_party"}


def store(*numbers: str, of=None, contact_id=None, region="", by=None, **profile: str) -> intake.Stored:
    row = intake.Row(
        profile=profile,
        numbers=[intake.Number(text) for text in numbers],
        contact_id=contact_id,
        line=2 if by else None,
    )
    return intake.store(row, source=of or source(), actor=TESTER, at=NOON, reason="test", batch=by, region=region)


def refused(call, *faults: tuple[str, str]) -> None:
    """Check that the call is refused with these faults, and leaves every table as it was."""
    before = rows_of_all_tables()
    with pytest.raises(intake.Rejected) as rejected:
        call()
    assert [(fault.column, fault.code) for fault in rejected.value.faults] == list(faults)
    assert rows_of_all_tables() == before
