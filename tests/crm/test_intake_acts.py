"""What may not come in, what ends and what is replaced; and what happens when two do it at once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from consent import retention
from crm import intake
from crm.models import (
    ContactPoint,
    Outcome,
    PhoneNumber,
    Provenance,
    Source,
)
from tests.crm.intaking import SUPPLIER, refused, store
from tests.factories import NOON, TESTER, contact, number, source
from tests.files import rows_of_all_tables

pytestmark = pytest.mark.django_db


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


def test_a_line_is_reassigned_and_the_latest_date_counts():
    contact([number(0)])
    line = PhoneNumber.objects.get()
    for at in (NOON, NOON - timedelta(days=1)):
        intake.reassign(line, at=at)

    line.refresh_from_db()
    assert line.reassigned_at == NOON


def test_a_line_whose_number_is_not_held_is_nobody_s_to_reassign():
    ann = contact([number(0)])
    line = PhoneNumber.objects.get()
    retention.erase(ann, reason="request", actor=TESTER, at=NOON)

    with pytest.raises(intake.Rejected):
        intake.reassign(line, at=NOON)
