"""The id that a person has at a source finds them in the next file of that source, and goes with them."""

import pytest
from django.db import transaction

from consent import retention
from crm import erasure, intake, phones
from crm.models import Contact, ContactPoint, Provenance, fingerprint_keys
from tests import factories
from tests.factories import NOON, TESTER, number, source
from tests.files import csv_file, imported, outcomes

pytestmark = pytest.mark.django_db

HEADER = ("Id", "Name", "Phone", "E-mail")
ANN = ("0035g-7", "Ann", number(0), "ann@example.com")
MOVED = ("0035g-7", "Ann", number(1), "ann@example.net")


def keys() -> set[str]:
    return set(Provenance.objects.values_list("external_key", flat=True))


def test_the_next_file_of_the_source_finds_a_person_whose_number_and_address_are_new():
    imported(csv_file(HEADER, ANN))

    assert outcomes(imported(csv_file(HEADER, MOVED))) == {"updated": 1}
    ann = Contact.objects.get()
    assert ann.email == "ann@example.net"
    assert sorted(point.line.e164 for point in ann.points.all() if point.line) == [number(0), number(1)]


def test_the_same_id_at_another_source_is_somebody_else():
    imported(csv_file(HEADER, ANN))

    assert outcomes(imported(csv_file(HEADER, MOVED), of=source("shop"))) == {"created": 1}


def test_an_id_does_not_make_two_people_one_whose_names_contradict_each_other():
    imported(csv_file(HEADER, ANN))

    assert outcomes(imported(csv_file(HEADER, (MOVED[0], "Bo", *MOVED[2:])))) == {"created": 1}
    assert Contact.objects.count() == 2


def test_ids_differ_by_case_and_the_number_counts_more_than_the_id():
    imported(csv_file(HEADER, ANN, ("8", "", number(5), "")))

    batch = imported(csv_file(HEADER, ("0035G-7", "Ann", number(2), ""), ("8", "", number(0), "")))

    assert outcomes(batch) == {"created": 1, "unchanged": 1}


def test_a_row_without_an_id_matches_nobody_by_it():
    imported(csv_file(HEADER, ("", "Ann", number(0), "")))

    assert outcomes(imported(csv_file(HEADER, ("", "Ann", number(1), "")))) == {"created": 1}


@pytest.mark.parametrize("size", [1, 5])
def test_within_a_file_an_id_is_that_of_the_first_row_that_brings_the_number(settings, size):
    settings.IMPORT_CHUNK_ROWS = size
    first, second = ("7", "Ann", number(0), ""), ("8", "Ann", number(0), "")

    batch = imported(csv_file(HEADER, first, second, ("7", "Ann", number(1), ""), ("8", "Ann", number(2), "")))

    assert outcomes(batch) == {"created": 2, "unchanged": 1, "updated": 1}


def test_what_is_kept_is_a_keyed_fingerprint_and_neither_the_id_nor_that_of_a_number():
    imported(csv_file(("Id", "Phone"), ("12025550100", number(0))))

    (key,) = keys()
    assert len(key) == 64
    assert key not in {phones.fingerprint("+12025550100", key=secret) for secret in fingerprint_keys().values()}


def test_an_id_of_any_length_or_alphabet_is_as_good_as_another():
    long = "☎" + "7" * 5000
    imported(csv_file(HEADER, (long, *ANN[1:])))

    assert outcomes(imported(csv_file(HEADER, (long, *MOVED[1:])))) == {"updated": 1}


@pytest.mark.parametrize("action", ["purge", "anonymize"])
def test_erasure_leaves_nothing_by_which_the_id_would_find_anybody(action):
    imported(csv_file(HEADER, ANN))
    point = ContactPoint.objects.get()
    if action == "purge":
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
    else:
        with transaction.atomic():
            points = erasure.lock([point.pk])
            erasure.erase(points, keep_counts=True, profiles_of=[point.pk], origin=factories.origin())

    assert keys() <= {""}
    assert outcomes(imported(csv_file(HEADER, MOVED))) == {"created": 1}


def test_a_form_may_say_an_id_too():
    row = intake.Row(profile={}, numbers=[intake.Number(number(0))], external_id="7")
    intake.store(row, source=source(), actor=TESTER, at=NOON, reason="test")

    assert outcomes(imported(csv_file(("Id", "Phone"), ("7", number(1))))) == {"updated": 1}
