"""A mapping is kept for a source and its columns, and offered for the next file that has the same ones."""

import pytest
from django.contrib.auth.models import User

from consent.resources import EvidenceResource
from crm.imports import saved
from crm.models import SavedMapping
from tests import factories
from tests.factories import NOON, number
from tests.files import csv_file, imported, staged

HEADERS = ["Wer", "Wohin", "电话", "Kind"]
MAPPING = {"Wer": "name", "Wohin": "phone", "Kind": "label:Wohin"}


def recalled(source, headers):
    return saved.recall(source, headers, fields=EvidenceResource.FIELDS)


@pytest.mark.django_db
def test_a_mapping_is_recalled_for_the_same_columns_of_the_same_source_alone():
    source, other = factories.source(), factories.source("other")
    saved.remember(source, MAPPING, HEADERS, user_id=None, at=NOON)

    assert recalled(source, HEADERS) == MAPPING
    assert list(recalled(source, HEADERS)) == ["Wer", "Wohin", "Kind"]
    assert recalled(other, HEADERS) is None
    assert recalled(source, HEADERS[::-1]) is None
    assert recalled(source, [*HEADERS, "More"]) is None
    assert recalled(source, ["Wer", "Wohin", "手机", "Kind"]) is None


@pytest.mark.django_db
def test_the_same_columns_written_otherwise_are_named_as_the_file_at_hand_names_them():
    source = factories.source()
    saved.remember(source, MAPPING, HEADERS, user_id=None, at=NOON)

    assert recalled(source, ["WER", "wohin", "电话", "kind."]) == {
        "WER": "name",
        "wohin": "phone",
        "kind.": "label:wohin",
    }


@pytest.mark.django_db
def test_the_next_mapping_takes_the_place_of_the_one_before_with_who_made_it():
    source, clerk = factories.source(), User.objects.create_user("clerk")
    saved.remember(source, MAPPING, HEADERS, user_id=None, at=NOON)
    saved.remember(source, {"Wohin": "phone:work"}, HEADERS, user_id=clerk.pk, at=NOON)

    kept = SavedMapping.objects.get()
    assert (kept.saved_by, kept.saved_at, kept.mapping) == (clerk, NOON, {"Wohin": "phone:work"})


@pytest.mark.django_db
def test_a_kept_mapping_that_no_longer_holds_is_not_offered():
    source = factories.source()
    saved.remember(source, {"Wer": "nickname", "Wohin": "phone"}, HEADERS, user_id=None, at=NOON)

    assert recalled(source, HEADERS) is None


@pytest.mark.django_db
def test_the_next_file_of_the_source_is_read_as_the_last_was_corrected():
    source = factories.source()
    saved.remember(
        source, {"Mobile": "phone:private", "Code": "organisation"}, ["Code", "Mobile"], user_id=None, at=NOON
    )
    batch = imported(csv_file(["code", "MOBILE"], ["Acme", number(0)]), of=source)

    assert batch.mapping == {"code": "organisation", "MOBILE": "phone:private"}
    assert batch.counts["created"] == 1


@pytest.mark.django_db
def test_a_mapping_that_is_told_and_a_preset_come_before_the_kept_one():
    source, file = factories.source(), csv_file(["SMS", "Phone"], [number(0), number(1)])
    saved.remember(source, {"Phone": "phone"}, ["SMS", "Phone"], user_id=None, at=NOON)

    told = staged(file, of=source, columns={"SMS": "phone"})
    brevo = staged(file, of=source, preset="Brevo")

    assert (told.mapping, told.preset) == ({"SMS": "phone"}, "")
    assert (brevo.mapping, brevo.preset) == ({"SMS": "phone:sms", "Phone": "phone"}, "Brevo")
