"""A mapping that somebody gives is checked before anything is read by it."""

import pytest

from consent.resources import EvidenceResource
from crm.imports.mapping import checked
from crm.imports.reading import UnreadableFile
from tests.factories import number

HEADERS = ["Name", "Tel", "Kind", "Ext", "No 1", "No 2", "Blob"]


def check(mapping):
    return checked(mapping, headers=HEADERS, fields=EvidenceResource.FIELDS)


def test_a_good_mapping_comes_back_in_the_order_of_the_file_without_what_is_ignored():
    told = {
        "No 2": "optout:sms",
        "No 1": "optout",
        "Ext": "extension:Tel",
        "Kind": "label:Tel",
        "Tel": "phone:work",
        "Name": "",
        "Blob": "phones_json",
    }

    assert list(check(told).items()) == [
        ("Tel", "phone:work"),
        ("Kind", "label:Tel"),
        ("Ext", "extension:Tel"),
        ("No 1", "optout"),
        ("No 2", "optout:sms"),
        ("Blob", "phones_json"),
    ]


@pytest.mark.parametrize(
    ("mapping", "fault"),
    [
        ({"Telephone": "phone"}, "The file has no column Telephone."),
        ({"": "phone"}, "The file has no column ."),
        ({"Tel": "telephone"}, "The column Tel cannot mean telephone: there is no such field."),
        ({"Tel": "optout:fax"}, "The column Tel cannot mean optout:fax: there is no such field."),
        ({"Tel": 1}, "The field of the column Tel is no text."),
        ({"Tel": ["phone"]}, "The field of the column Tel is no text."),
        ({"Name": "name"}, "No column is said to hold phone numbers."),
        ({}, "No column is said to hold phone numbers."),
        ({"Tel": "phone", "No 1": "email", "No 2": "email"}, "The columns No 1 and No 2 both mean email."),
        ({"Tel": "phone", "No 1": "label:Tel", "No 2": "label:Tel"}, "The columns No 1 and No 2 both mean label:Tel."),
        ({"Tel": "phone", "Kind": "label:Name"}, "The column Kind belongs to Name, which is no phone column."),
        ({"Tel": "phone", "Ext": "extension:No 1"}, "The column Ext belongs to No 1, which is no phone column."),
        ({"Blob": "phones_json", "Kind": "label:Blob"}, "The column Kind belongs to Blob, which is no phone column."),
        ({"Tel": "phone:" + "x" * 61}, "The label of the column Tel is no label."),
        ({"Tel": f"phone:{number(0)}"}, "The label of the column Tel is no label."),
    ],
)
def test_a_bad_mapping_is_refused_by_what_is_wrong_with_it(mapping, fault):
    with pytest.raises(UnreadableFile) as refused:
        check(mapping)

    assert str(refused.value) == fault
