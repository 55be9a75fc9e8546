"""Every reason that a row can be refused for has a sentence."""

import re
from pathlib import Path

from crm import faults, phones

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_of_phones_has_words() -> None:
    assert set(phones._SENTENCES) <= set(faults.MESSAGES)


def test_every_code_that_is_raised_has_words() -> None:
    raised = {
        code
        for app in ("crm", "consent")
        for path in (ROOT / app).rglob("*.py")
        for code in re.findall(r'Fault\([^()]*?"([a-z_]+)"\)', path.read_text("utf-8"))
    }
    assert {"suppressed", "number_in_text", "unknown_purpose"} <= raised
    assert raised - set(faults.MESSAGES) == set()


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert faults.message("some_new_code") == "This was refused (some_new_code)."
