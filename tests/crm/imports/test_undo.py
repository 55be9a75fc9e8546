"""An undo takes back what the import alone brought, leaves what anybody touched since, and says how much of each."""

from datetime import timedelta

import pytest

from crm import erasure, intake
from crm.imports import undo
from crm.models import Contact, ContactPoint, ImportBatch, Origin, PhoneNumber, Provenance, attributed_to
from tests import factories
from tests.factories import NOON, TESTER, number
from tests.files import csv_file, held_numbers, imported, outcomes, rows_of_all_tables, staged

HEADER = ("Name", "Phone")
LATER = NOON + timedelta(days=1)
STAFF = factories.Actor("staff")
Stage = ImportBatch.Stage
pytestmark = pytest.mark.django_db


def people(*indices: int) -> bytes:
    return csv_file(HEADER, *((f"Person{n}", number(n)) for n in indices))


def undone(batch: ImportBatch) -> tuple[dict, dict]:
    done = undo.undo(batch, actor=STAFF, at=LATER)
    return dict(done.reversed), dict(done.kept)


def test_people_whom_it_alone_brought_are_gone_without_a_trace():
    factories.source()
    before = rows_of_all_tables()
    batch = imported(people(0, 1, 2))

    assert undone(batch) == ({"contacts": 3, "points": 3, "lines": 3, "provenances": 3}, {})

    assert rows_of_all_tables() - before == {"crm_importbatch": 1}
    assert (batch.stage, batch.undone_at, batch.undone_as) == (Stage.UNDONE, LATER, "staff")


def test_nobody_is_barred_from_coming_again():
    undone(imported(people(0)))

    assert outcomes(imported(people(0))) == {"created": 1}
    assert held_numbers() == [number(0)]


def test_a_contact_that_was_there_before_stays_with_what_it_had():
    factories.point(number(0), given_name="Ann")
    headers = ("Name", "Phone", "Mobile", "E-mail")
    batch = imported(csv_file(headers, ("Ann Lee", number(0), number(1), "ann@example.com")))

    assert undone(batch) == ({"points": 1, "lines": 1, "provenances": 2, "restored": 1}, {})

    ann = Contact.objects.get()
    assert (ann.given_name, ann.family_name, ann.email) == ("Ann", "", "")
    assert held_numbers() == [number(0)]
    assert Provenance.objects.get().batch is None
    row = ann.history.first()
    assert (row.history_actor, row.history_change_reason) == ("staff", f"undo of import {batch.pk}")


def test_who_was_put_into_a_group_since_stays_with_their_number():
    batch = imported(people(0, 1))
    tagged = Contact.objects.order_by("pk")[0]
    factories.tagged(tagged)

    done, kept = undone(batch)

    assert (done["contacts"], kept) == (1, {"changed_since": 1})
    assert Contact.objects.get() == tagged
    assert tagged.tags.exists()
    assert held_numbers() == [number(0)]


def test_a_group_is_no_reason_to_keep_what_the_import_changed_in_a_profile():
    ann = factories.point(number(0), given_name="Ann").contact
    batch = imported(csv_file(("Name", "Phone", "E-mail"), ("Ann", number(0), "ann@example.com")))
    factories.tagged(ann)

    assert undone(batch)[0]["restored"] == 1

    ann.refresh_from_db()
    assert ann.email == ""
    assert ann.tags.exists()


def test_a_label_that_it_gave_is_taken_back():
    factories.point(number(0), given_name="Ann")

    assert undone(imported(csv_file(("Name", "Work phone"), ("Ann", number(0)))))[0]["restored"] == 1

    assert ContactPoint.objects.get().label == ""


def test_what_another_import_brought_too_stays_with_that_one_as_its_source():
    first, second = imported(people(0, 1)), imported(people(0))

    assert undone(first) == ({"contacts": 1, "points": 1, "lines": 1, "provenances": 2}, {"other_source": 1})

    assert held_numbers() == [number(0)]
    assert Provenance.objects.get().batch == second
    assert undone(second) == ({"contacts": 1, "points": 1, "lines": 1, "provenances": 1}, {})
    assert held_numbers() == []


def touch_the_contact(point: ContactPoint) -> None:
    with attributed_to(Origin(TESTER, NOON, "by hand")):
        point.contact.notes = "Met at the fair."
        point.contact.save()


def touch_the_point(point: ContactPoint) -> None:
    intake.end(point, actor=TESTER, at=NOON, reason="moved")


@pytest.mark.parametrize("touch", [touch_the_contact, touch_the_point])
def test_whoever_was_touched_since_stays_and_still_says_where_from(touch):
    batch = imported(people(0, 1))
    point = ContactPoint.objects.get(line__number=number(0))
    touch(point)

    reversed_, kept = undone(batch)

    assert reversed_ == {"contacts": 1, "points": 1, "lines": 1, "provenances": 1}
    assert set(kept) == {"changed_since"}
    assert held_numbers() == [number(0)]
    assert Provenance.objects.get().batch == batch


def test_a_change_on_top_of_its_own_is_not_taken_back():
    point = factories.point(number(0), given_name="Ann")
    batch = imported(csv_file((*HEADER, "E-mail"), ("Ann", number(0), "ann@example.com")))
    point.refresh_from_db()
    touch_the_contact(ContactPoint.objects.get())

    assert undone(batch) == ({"provenances": 1}, {"changed_since": 1})
    assert Contact.objects.get().email == "ann@example.com"


def test_a_line_that_somebody_else_is_reached_at_stays():
    factories.point(number(0), given_name="Bo")
    batch = imported(people(0))

    assert undone(batch)[0] == {"contacts": 1, "points": 1, "provenances": 1}
    assert held_numbers() == [number(0)]
    assert PhoneNumber.objects.get().number is not None


def test_who_was_erased_since_stays_erased():
    batch = imported(people(0, 1))
    origin = Origin(TESTER, NOON, "request")
    points = erasure.lock(ContactPoint.objects.filter(line__number=number(0)).values_list("pk", flat=True))
    erasure.erase(points, keep_counts=False, profiles_of=[points[0].pk], origin=origin)

    assert undone(batch)[0] == {"contacts": 1, "points": 1, "lines": 1, "provenances": 1}
    assert PhoneNumber.objects.get().number is None
    assert outcomes(imported(people(0))) == {"suppressed": 1}


@pytest.mark.parametrize("stage", [each for each in Stage if each not in (Stage.COMMITTED, Stage.UNDOING)])
def test_what_was_not_committed_or_was_undone_before_is_not_undone(stage):
    batch = staged(people(0)) if stage != Stage.UNDONE else imported(people(0))
    if stage == Stage.UNDONE:
        undone(batch)
    else:
        ImportBatch.objects.filter(pk=batch.pk).update(stage=stage)
    before = rows_of_all_tables()

    with pytest.raises(undo.NotUndone, match=f"Import {batch.pk} was not committed, or was undone before"):
        undone(batch)

    batch.refresh_from_db()
    assert batch.stage == stage
    assert rows_of_all_tables() == before


def test_an_undo_that_is_killed_between_two_chunks_is_taken_up_where_it_stopped(settings):
    settings.IMPORT_CHUNK_ROWS = 2
    batch = imported(people(*range(5)))

    class Killed(BaseException):
        pass

    class Dying(undo.Beyond):
        chunks = 0

        def keeps(self, points):
            type(self).chunks += 1
            if self.chunks == 2:
                raise Killed
            return {}

    with pytest.raises(Killed):
        undo.undo(batch, actor=STAFF, at=LATER, beyond=Dying)

    batch.refresh_from_db()
    assert (batch.stage, batch.undone["reversed"]["contacts"], Contact.objects.count()) == (Stage.UNDOING, 2, 3)

    done = undo.undo(batch, actor=TESTER, at=LATER + timedelta(days=1))

    assert done.reversed == {"contacts": 5, "points": 5, "lines": 5, "provenances": 5}
    assert (batch.stage, batch.undone_at, batch.undone_as) == (Stage.UNDONE, LATER, "staff")
    assert held_numbers() == []


def test_going_on_with_what_is_not_being_undone_does_nothing():
    batch = imported(people(0))

    undo.carry_on(batch, beyond=undo.Beyond)

    assert (batch.stage, held_numbers()) == (Stage.COMMITTED, [number(0)])
