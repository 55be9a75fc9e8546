"""Every reason for a refusal has its words, and there are no words without a reason."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from django.db.models import Field
from django.utils import translation

from crm import phones
from crm.faults import MESSAGES, message
from crm.models import Contact
from tests.processes import ROOT

# What Django's own checks of a field of the profile may say.
FIELD_CODES = {
    str(getattr(validator, "code", ""))
    for name in Contact.PROFILE
    for validator in cast("Field", Contact._meta.get_field(name)).validators
}


def constants(node: ast.AST) -> Iterator[str]:
    """Yield the texts that an expression can come to: of "a" if b else "c", both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def calls(path: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    """Yield every call in a file: the name of what is called, without what stands before it, and the arguments."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield name, [*node.args, *(keyword.value for keyword in node.keywords)]


def raised() -> set[str]:
    """Return the codes that the source raises: of faults, of rows that cannot be read, and of phones."""
    codes: set[str] = set(phones.SENTENCES) | FIELD_CODES
    place = {"Fault": 1, "SourceRow": 2, "NotANumber": 0}
    for path in (path for app in ("crm", "consent") for path in (ROOT / app).rglob("*.py")):
        if path.parent.name == "journal":  # whose faults are told to whoever verifies it, by their codes
            continue
        for name, arguments in calls(path):
            if name in place and len(arguments) > place[name]:
                codes |= set(constants(arguments[place[name]])) - {""}
    return codes


def test_every_code_that_is_raised_has_its_words():
    assert raised() - set(MESSAGES) == set()


def test_there_are_no_words_for_a_code_that_nobody_raises():
    assert set(MESSAGES) - raised() == set()


def test_the_walk_finds_what_it_is_to_find():
    assert {"no_number", "opted_out", "too_many_cells", "which_notice", "suppressed", "max_length"} <= raised()


def test_no_code_is_given_words_twice():
    (table,) = (
        node.value
        for node in ast.parse((ROOT / "crm" / "faults.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict)
    )
    keys = [key.value for key in table.keys if isinstance(key, ast.Constant)]

    assert len(keys) == len(set(keys)) == len(MESSAGES)


@pytest.mark.parametrize("code", sorted(phones.SENTENCES))
def test_the_words_for_a_number_begin_as_those_of_phones(code):
    assert message(code).startswith(str(phones.NotANumber(code)).rstrip("."))


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_words_are_sentences_and_codes_fit_their_column(code):
    words = message(code)

    assert words[0].isupper()
    assert words.endswith(".")
    assert code.replace("_", "").islower()
    assert len(code) <= 40


def test_an_unknown_code_is_shown_as_it_is():
    with translation.override("en"):
        assert message("brand_new") == "This was refused (brand_new)."
