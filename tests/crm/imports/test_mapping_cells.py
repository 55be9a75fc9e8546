"""The numbers of a row under a mapping: labels, extensions, JSON, and who is no phone."""

import json

import pytest

from crm.imports.mapping import numbers_of
from tests.factories import number

A, B = number(0), number(1)


def read(row, columns):
    return [(text, label) for text, label, _header in numbers_of(row, columns)]


def test_a_number_whose_label_says_fax_or_pager_is_left_out():
    columns = {"Phone": "phone:", "Kind": "label:Phone"}

    assert read({"Phone": f"{A} ::: {B}", "Kind": "Work Fax ::: Mobile"}, columns) == [(B, "mobile")]
    assert read({"Phone": A, "Kind": "Pager"}, columns) == []


@pytest.mark.parametrize("cell", ["12", "x12", "ext. 12", "Ext 12", "#12", " 12 "])
def test_an_extension_in_its_own_column_joins_its_number(cell):
    columns = {"Phone": "phone", "Ext": "extension:Phone", "Mobile": "phone"}

    assert read({"Phone": A, "Ext": cell, "Mobile": B}, columns) == [(f"{A} ext 12", ""), (B, "mobile")]


def test_an_empty_extension_changes_nothing_and_one_without_a_number_is_none():
    columns = {"Phone": "phone", "Ext": "extension:Phone"}

    assert read({"Phone": A, "Ext": " "}, columns) == [(A, "")]
    assert read({"Phone": "", "Ext": "12"}, columns) == []


def test_the_extension_of_two_numbers_leaves_them_one_text_that_is_refused():
    assert read({"Phone": f"{A} ::: {B}", "Ext": "12"}, {"Phone": "phone", "Ext": "extension:Phone"}) == [
        (f"{A} ::: {B} ext 12", "")
    ]


def test_numbers_within_json_are_those_of_members_named_as_a_phone():
    attributes = {
        "phone": A,
        "Work phone": [B, None],
        "mobile": int(A[1:]),
        "fax": A,
        "phone_verified": True,
        "telephone": {"number": B},
        "age": 41,
    }

    assert read({"attributes": json.dumps(attributes)}, {"attributes": "phones_json"}) == [
        (A, ""),
        (B, "work"),
        (A[1:], "mobile"),
    ]


@pytest.mark.parametrize("cell", ["", "{}", "[]", "null", A, "{broken", "[" * 50_000, '"text"'])
def test_json_that_holds_no_object_or_is_none_holds_no_number(cell):
    assert read({"attributes": cell}, {"attributes": "phones_json"}) == []
