"""The only way in for people and numbers: whom a row means, what it changes, and when it is refused whole."""

from threading import Barrier, Thread

import pytest
from django.db import connection

from consent import retention
from crm import intake
from crm.models import (
    Actor,
    Contact,
    ContactPoint,
    Outcome,
    PhoneNumber,
    Provenance,
    Source,
    current_fingerprint,
)
from tests import factories
from tests.factories import NOON, TESTER, batch, contact, number, source
from tests.files import rows_of_all_tables

pytestmark = pytest.mark.django_db

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


def test_a_new_person_is_a_contact_a_line_a_point_and_where_they_came_from():
    stored = store("+1 (202) 555-0100 ext 7", given_name="Ann", email="ann@example.com")

    ann = Contact.objects.get(pk=stored.contact_id)
    point = ann.points.get()
    assert (stored.outcome, stored.point_ids) == (Outcome.CREATED, (point.pk,))
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


@pytest.mark.parametrize("kind", ["third_party", "web_form"])
def test_an_erased_number_is_suppressed_whoever_brings_it_and_nothing_is_stored(kind):
    ann = contact([number(0)], given_name="Ann")
    retention.erase(ann, reason="request", actor=TESTER, at=NOON)
    of = source("again", kind=kind)
    before = rows_of_all_tables()

    stored = store(number(0), number(1), of=of, given_name="Ann")

    assert stored == intake.Stored(Outcome.SUPPRESSED)
    assert rows_of_all_tables() == before
    assert not PhoneNumber.objects.filter(number__isnull=False).exists()


def test_a_restricted_contact_is_not_changed_by_a_row_and_one_that_is_lifted_is():
    ann = contact([number(0)], given_name="Ann")
    intake.restrict(ann, on=True, actor=TESTER, at=NOON, reason="request")
    refused(lambda: store(number(0), given_name="Ann", email="ann@example.com"), ("contact", "restricted"))

    intake.restrict(ann, on=False, actor=TESTER, at=NOON, reason="settled")

    assert store(number(0), given_name="Ann", email="ann@example.com").outcome is Outcome.UPDATED
    assert [row.status for row in ann.history.order_by("history_id")] == ["live", "restricted", "live", "live"]


def test_an_erased_contact_is_neither_changed_nor_restricted():
    ann = contact([number(0)], given_name="Ann")
    retention.erase(ann, reason="request", actor=TESTER, at=NOON)

    refused(lambda: store(contact_id=ann.pk, given_name="Ann"), ("contact", "erased"))
    refused(lambda: intake.restrict(ann, on=True, actor=TESTER, at=NOON, reason="late"), ("status", "erased"))


def test_a_number_that_is_replaced_ends_and_points_to_its_successor():
    ann = contact([number(0)], given_name="Ann")
    old = ann.points.get()

    stored = intake.replace(old, intake.Number(number(1)), actor=TESTER, at=NOON, reason="moved")

    old.refresh_from_db()
    new = ContactPoint.objects.get(pk=stored.point_ids[0])
    assert (old.until, old.is_primary, old.superseded_by) == (NOON, False, new)
    assert (new.contact, new.line.e164 if new.line else "", new.is_primary) == (ann, number(1), True)
    assert Provenance.objects.get(point=new).source.slug == "staff"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("nonsense", ("phone", "letters")),
        (number(0), ("phone", "same_number")),
        (number(9), ("phone", "suppressed")),
    ],
)
def test_a_replacement_that_is_none_leaves_the_number_as_it_was(text, fault):
    retention.erase(contact([number(9)]), reason="request", actor=TESTER, at=NOON)
    old = contact([number(0)]).points.get()
    Source.objects.for_staff()

    refused(lambda: intake.replace(old, intake.Number(text), actor=TESTER, at=NOON, reason="moved"), fault)

    old.refresh_from_db()
    assert (old.until, old.is_primary, old.superseded_by) == (None, True, None)


def test_what_has_ended_does_not_end_again():
    point = contact([number(0)]).points.get()
    intake.end(point, actor=TESTER, at=NOON, reason="gone")

    refused(lambda: intake.end(point, actor=TESTER, at=NOON, reason="gone"), ("point", "already_ended"))


@pytest.mark.django_db(transaction=True)
def test_many_at_once_bring_one_number_and_it_stands_in_one_row():
    source()
    together, outcomes, errors = Barrier(6), [], []

    def work(name: str) -> None:
        try:
            together.wait(timeout=20)
            outcomes.append(store(number(0), given_name=name).outcome)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work, args=[f"Person{n}"]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert errors == []
    assert outcomes == [Outcome.CREATED] * 6
    assert PhoneNumber.objects.count() == 1
    assert ContactPoint.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_an_import_that_races_an_erasure_never_leaves_an_erased_number_held():
    of = source("list", **SUPPLIER)
    for round_ in range(8):
        ann, e164 = contact([number(round_)], given_name="Ann"), number(round_)
        together = Barrier(2)

        def race(call, together=together) -> None:
            together.wait(timeout=20)
            try:
                call()
            finally:
                connection.close()

        threads = [
            Thread(
                target=race,
                args=[lambda ann=ann: retention.erase(ann, reason="request", actor=TESTER, at=NOON)],
            ),
            Thread(target=race, args=[lambda e164=e164: store(e164, of=of, given_name="Ann")]),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)

        line = PhoneNumber.objects.for_numbers([e164]).get()
        assert line.number is None
        assert not ContactPoint.objects.filter(line=line, erased_at=None).exists()
