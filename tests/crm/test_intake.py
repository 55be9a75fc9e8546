"""The only way in for people and numbers: whom a row means, what it changes, and when it is refused whole."""

import pytest

from crm import intake
from crm.models import (
    Actor,
    Contact,
    ContactPoint,
    Outcome,
    PhoneNumber,
    Provenance,
    current_fingerprint,
)
from tests import factories
from tests.crm.intaking import SUPPLIER, refused, store
from tests.factories import NOON, TESTER, batch, number, source
from tests.files import rows_of_all_tables

pytestmark = pytest.mark.django_db


def test_a_new_person_is_a_contact_a_line_a_point_and_where_they_came_from():
    stored = store("+1 (202) 555-0100 ext 7", given_name="Ann", email="ann@example.com")

    ann = Contact.objects.get()
    point = ann.points.get()
    assert stored == intake.Stored(Outcome.CREATED, ann.pk, (point.pk,))
    assert (ann.given_name, ann.email, ann.status, ann.last_interaction_at) == ("Ann", "ann@example.com", "live", NOON)
    line = PhoneNumber.objects.get()
    assert (line.e164, line.region, line.line_type) == ("+12025550100", "US", "fixed_line_or_mobile")
    assert (line.key_id, line.number_key) == current_fingerprint("+12025550100")
    assert (point.line, point.extension, point.is_primary, point.since, point.until) == (line, "7", True, NOON, None)
    provenance = Provenance.objects.get()
    assert (provenance.point, provenance.source, provenance.obtained_at) == (point, source(), NOON)


def test_every_history_row_says_who_when_why_and_from_where():
    of = batch(source("list", **SUPPLIER))
    staff = Actor("staff", factories.user().pk)
    row = intake.Row(profile={"given_name": "Ann"}, numbers=[intake.Number(number(0))], line=2)

    intake.store(row, source=of.source, batch=of, actor=staff, at=NOON, reason="import 9")

    for history in (Contact.history.get(), ContactPoint.history.get()):
        assert history.history_date == NOON
        assert (history.history_actor, history.history_user_id) == ("staff", staff.user_id)
        assert history.history_change_reason == "import 9"
        assert (history.history_source, history.history_batch) == (of.source, of)
        assert history.history_channel == "third_party"


def test_said_again_it_changes_nothing_and_leaves_no_history():
    store(number(0), given_name="Ann", email="ann@example.com")
    before = rows_of_all_tables()

    assert store(number(0), given_name="Ann", email="ann@example.com").outcome is Outcome.UNCHANGED
    assert store("(202) 555-0100", region="US").outcome is Outcome.UNCHANGED
    assert rows_of_all_tables() == before


def test_a_text_whose_lines_end_otherwise_is_the_same_text():
    store(number(0), given_name="Ann", notes="rings\r\ntwice")

    assert store(number(0), given_name="Ann", notes="rings\ntwice").outcome is Outcome.UNCHANGED
    assert Contact.objects.get().notes == "rings\r\ntwice"


@pytest.mark.parametrize(
    ("of", "profile", "outcome", "held"),
    [
        ("web", {"organisation": "Beta"}, Outcome.UPDATED, ("Beta", "")),
        ("web", {"email": "a@example.com"}, Outcome.UPDATED, ("Acme", "a@example.com")),
        ("list", {"organisation": "Beta"}, Outcome.UNCHANGED, ("Acme", "")),
        ("list", {"organisation": "Beta", "email": "a@example.com"}, Outcome.UPDATED, ("Acme", "a@example.com")),
    ],
)
def test_a_person_may_change_what_they_said_and_a_third_party_only_fills_blanks(of, profile, outcome, held):
    store(number(0), given_name="Ann", organisation="Acme")
    sources = {"web": source(), "list": source("list", **SUPPLIER)}

    assert store(number(0), of=sources[of], **profile).outcome is outcome

    ann = Contact.objects.get()
    assert (ann.organisation, ann.email) == held


@pytest.mark.parametrize(
    ("profile", "same"),
    [
        ({"given_name": "Ann", "family_name": "Lee"}, True),
        ({"given_name": "ANN"}, True),
        ({"family_name": "Lee"}, True),
        ({}, True),
        ({"given_name": "Bo"}, False),
        ({"given_name": "Ann", "family_name": "Day"}, False),
    ],
)
def test_a_row_means_whoever_is_at_the_line_unless_the_names_contradict_each_other(profile, same):
    first = store(number(0), given_name="Ann", family_name="Lee")

    assert (store(number(0), **profile).contact_id == first.contact_id) is same


def test_two_people_share_a_line_and_each_is_found_there_again():
    ann, bo = (store(number(0), given_name=name).contact_id for name in ("Ann", "Bo"))

    assert PhoneNumber.objects.count() == 1
    assert ContactPoint.objects.filter(line__points__contact=ann).count() == 2
    assert [store(number(0), given_name=name).contact_id for name in ("Bo", "Ann")] == [bo, ann]


def test_an_address_of_any_case_finds_the_person_and_a_new_number_joins_the_old_one():
    first = store(number(0), given_name="Ann", email="Ann@Example.com")
    second = store(number(1), email="ann@example.COM")

    assert (second.outcome, second.contact_id) == (Outcome.UPDATED, first.contact_id)
    primary = {point.line.e164: point.is_primary for point in ContactPoint.objects.all() if point.line}
    assert primary == {number(0): True, number(1): False}


def test_an_address_beyond_ascii_finds_the_person_too():
    first = store(number(0), given_name="Ann", email="ann@bücher.example")

    assert store(number(1), email="Ann@bücher.example").contact_id == first.contact_id


def test_a_shared_address_does_not_make_two_people_one():
    first = store(number(0), given_name="Ann", email="home@example.com")

    assert store(number(1), given_name="Bo", email="home@example.com").contact_id != first.contact_id


def test_a_label_is_filled_in_and_then_stays():
    def labelled(label: str) -> Outcome:
        row = intake.Row(profile={}, numbers=[intake.Number(number(0), label=label)])
        return intake.store(row, source=source(), actor=TESTER, at=NOON, reason="test").outcome

    assert [labelled(label) for label in ("", "work", "home")] == [
        Outcome.CREATED,
        Outcome.UPDATED,
        Outcome.UNCHANGED,
    ]
    assert ContactPoint.objects.get().label == "work"


def test_each_batch_leaves_its_provenance_once():
    first, second = batch(), batch()
    for of in (first, first, second, None):
        store(number(0), by=of, given_name="Ann")

    assert [each.batch for each in Provenance.objects.order_by("pk")] == [first, second, None]


@pytest.mark.parametrize(
    ("numbers", "profile", "faults"),
    [
        (["call me"], {}, [("phone", "letters")]),
        ([number(0), ""], {}, [("phone", "empty")]),
        ([number(0)], {"email": "nowhere"}, [("email", "invalid")]),
        ([number(0)], {"given_name": "x" * 101}, [("given_name", "max_length")]),
        ([number(0)], {"address": "x" * 1001}, [("address", "max_length")]),
        ([number(0)], {"notes": "x" * 10_001}, [("notes", "max_length")]),
        ([number(0)], {"country": "GBR"}, [("country", "max_length")]),
        ([number(0)], {"notes": "a\x00b"}, [("notes", "null_character")]),
        ([number(0)], {"email": "a\x00@example.com"}, [("email", "invalid")]),
        ([number(0)], {"notes": "or ring (202) 555-0101"}, [("notes", "number_in_text")]),
        ([number(0)], {"family_name": "+12025550101"}, [("family_name", "number_in_text")]),
        (["=1", "1e9"], {"email": "x"}, [("email", "invalid"), ("phone", "formula"), ("phone", "scientific")]),
    ],
)
def test_a_row_is_refused_with_all_its_faults_and_nothing_of_it_is_stored(numbers, profile, faults):
    source()
    refused(lambda: store(*numbers, region="US", **profile), *faults)


def test_a_label_that_holds_a_number_is_refused():
    source()
    row = intake.Row(profile={}, numbers=[intake.Number(number(0), label="or +12025550101", column="Mobile")])

    refused(
        lambda: intake.store(row, source=source(), actor=TESTER, at=NOON, reason="test"), ("Mobile", "number_in_text")
    )


def test_what_is_no_field_of_the_profile_is_a_mistake_of_ours():
    with pytest.raises(KeyError, match="status is not a field of the profile"):
        store(number(0), status="erased")


def test_a_person_in_a_file_needs_a_number_and_one_at_the_desk_does_not():
    of = batch()
    refused(lambda: store(by=of, given_name="Ann"), ("phone", "no_number"))

    assert store(given_name="Ann").outcome is Outcome.CREATED


def test_no_representation_shows_what_a_row_holds():
    row = intake.Row(profile={"given_name": "Annabel"}, numbers=[intake.Number("+12025550100")])

    assert "Annabel" not in repr(row)
    assert "555" not in repr(row)
