"""Whom an export takes, and whom it leaves out and counts."""

import io
from collections import Counter
from typing import Any

import pytest

from crm import exports, intake
from crm.exports import selecting
from crm.models import Contact, ContactPoint
from tests import factories
from tests.exporting import exported, table
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def taken(**how: Any) -> tuple[list[str], exports.Tally]:
    """Return the names of those who are taken, and the tally."""
    selection = exports.Selection(**{name: how.pop(name) for name in ("contact_ids", "source") if name in how})
    tally = exports.Tally()
    found = selecting.people(selection, masked=False, refused=how.pop("refused", None), tally=tally)
    return [person.profile["given_name"] for person in found], tally


def test_everybody_is_taken_also_who_has_no_number() -> None:
    factories.contact([factories.number(), factories.number()], given_name="Ann")
    factories.contact(given_name="Bo")

    names, tally = taken()
    assert (names, tally.contacts, tally.points, dict(tally.left_out)) == (["Ann", "Bo"], 2, 2, {})


def test_a_restricted_contact_is_left_out_and_counted() -> None:
    """GDPR 18(2): with a restriction the data is stored and nothing else."""
    contact = factories.contact([factories.number()], given_name="Ann")
    intake.restrict(contact, on=True, actor=TESTER, at=NOON, reason="asked")

    assert taken() == ([], exports.Tally(left_out=Counter(contact_restricted=1)))


def test_an_erased_contact_is_not_even_counted() -> None:
    contact = factories.contact(given_name="Ann")
    Contact.objects.filter(pk=contact.pk).update(status="erased", erased_at=NOON, **Contact.privacy.personal)

    assert taken() == ([], exports.Tally())


def test_a_number_that_has_ended_or_is_erased_is_none() -> None:
    contact = factories.contact([factories.number(60), factories.number(61), factories.number(62)], given_name="Ann")
    ended, erased, kept = contact.points.order_by("pk")
    intake.end(ended, actor=TESTER, at=NOON, reason="moved")
    ContactPoint.objects.filter(pk=erased.pk).update(erased_at=NOON, line=None, is_primary=False)

    (row,) = table(exported())
    assert row == {"Given name": "Ann", "Phone 1 - Value": kept.line.e164}


def test_chosen_contacts_alone_are_taken_in_order_and_once() -> None:
    ids = [factories.contact([factories.number()], given_name=name).pk for name in ("Ann", "Bo", "Cy")]

    assert taken(contact_ids=[ids[2], ids[0], ids[0], 10**9])[0] == ["Ann", "Cy"]
    assert taken(contact_ids=[])[0] == []


def test_of_a_source_only_its_people_and_its_numbers_are_taken() -> None:
    web, shop = factories.source("web"), factories.source("shop", kind="point_of_sale")
    both = factories.point(factories.number(70), of=web, given_name="Ann").contact
    row = intake.Row(profile={}, numbers=[intake.Number(factories.number(71))], contact_id=both.pk)
    intake.store(row, source=shop, actor=TESTER, at=NOON, reason="test")
    factories.point(factories.number(72), of=web, given_name="Bo")

    names, tally = taken(source=shop)
    assert (names, tally.points) == (["Ann"], 1)
    assert table(exported(source=shop))[0]["Phone 1 - Value"] == factories.number(71)
    assert taken(source=shop, contact_ids=[both.pk])[0] == ["Ann"]


def test_what_is_refused_is_left_out_by_code_and_nobody_is_taken_without_a_number() -> None:
    ann = factories.contact([factories.number(), factories.number()], given_name="Ann")
    factories.contact([factories.number()], given_name="Bo")
    factories.contact(given_name="Cy")
    kept = ann.points.order_by("pk").first().pk

    names, tally = taken(refused=lambda ids: {pk: "withdrawn" for pk in ids if pk != kept})
    assert (names, tally.contacts, tally.points, dict(tally.left_out)) == (["Ann"], 1, 1, {"withdrawn": 2})


def test_queries_do_not_grow_with_the_people_of_a_chunk(django_assert_num_queries: Any) -> None:
    for _each in range(5):
        factories.contact([factories.number(), factories.number()])
    with django_assert_num_queries(4):
        exported()  # the most numbers, contacts, points, and that there is no next chunk


def test_the_chunks_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [factories.contact([factories.number()], given_name=f"P{at}").given_name for at in range(5)]
    ids = list(Contact.objects.values_list("pk", flat=True))
    monkeypatch.setattr(selecting, "CHUNK", 2)

    assert taken()[0] == names
    assert taken(contact_ids=ids)[0] == names


def test_what_goes_out_shows_no_number_by_its_repr() -> None:
    factories.point("+12025550100", given_name="Ann")
    (person,) = selecting.people(exports.Selection(), masked=False, refused=None, tally=exports.Tally())

    assert "5550100" not in repr(person)
    assert "Ann" not in repr(person)


def test_the_file_stays_open_for_whoever_asked_for_it() -> None:
    for kind in exports.FORMATS.values():
        file = io.BytesIO()
        exports.write(exports.Selection(), to=file, format=kind, masked=False)
        assert not file.closed
