"""How a number is erased: every blank that a model names is written, over the row and over its history."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction

from crm import erasure, intake
from crm.models import AnonymousCount, Contact, ContactPoint, PhoneNumber, Provenance
from crm.models.history import HistoryRow
from tests import factories
from tests.factories import NOON, TESTER, contact, number, point

pytestmark = pytest.mark.django_db


def erase(*points: ContactPoint, keep: bool = False, profiles: bool = True) -> list[erasure.Erased]:
    ids = [each.pk for each in points]
    with transaction.atomic():
        return erasure.erase(
            erasure.lock(ids), keep_counts=keep, profiles_of=ids if profiles else [], origin=factories.origin()
        )


def blank(row: models.Model, personal: Any) -> bool:
    return all(
        getattr(row, field.attname) == personal[field.name] for field in row._meta.fields if field.name in personal
    )


def full() -> ContactPoint:
    """A contact with a value in each field, at a line with one in each of its own."""
    profile = dict.fromkeys(Contact.PROFILE, "Ann") | {"email": "ann@example.com", "country": "GB", "language": "en"}
    row = intake.Row(profile=profile, numbers=[intake.Number(number() + " ext. 12", label="kitchen")], line=None)
    stored = intake.store(row, source=factories.source(), actor=TESTER, at=NOON, reason="Ann said so")
    Provenance.objects.update(notice_exempt="Ann knows")
    PhoneNumber.objects.update(verified_at=NOON)
    return ContactPoint.objects.get(pk=stored.point_ids[0])


@pytest.mark.parametrize("keep", [True, False], ids=["anonymized", "purged"])
def test_every_field_that_is_personal_is_blank_afterwards(keep: bool) -> None:
    at = full()
    line = at.line
    assert line is not None
    assert not blank(at, {"line": None, "label": "", "extension": ""})
    key = line.number_key
    erase(at, keep=keep)
    for row in (at, line, at.contact):
        row.refresh_from_db()
        assert blank(row, row.privacy.personal)
        assert row.erased_at == NOON
    assert line.number_key == key
    assert at.contact.status == "erased"
    for model in (Contact, ContactPoint):
        rows = list(model.history.all())
        assert len(rows) == (1 if keep else 0)
        for row in rows:
            assert blank(row, model.privacy.personal)
            assert blank(row, HistoryRow.privacy.personal)
            # Who acted, when and from where is no secret of the person's.
            assert (row.history_actor, row.history_source) == ("tester", factories.source())
    assert [blank(row, Provenance.privacy.personal) for row in Provenance.objects.all()] == ([True] if keep else [])


def test_what_was_done_is_counted_by_table() -> None:
    at, kept = full(), point()
    (done,) = erase(at)
    assert (done.point_id, done.contact_id, done.line_erased, done.profile_erased) == (
        at.pk,
        at.contact_id,
        True,
        True,
    )
    assert done.counts == {"history": 1, "provenance": 1, "admin_log": 0, "profile_history": 1, "profile_log": 0}
    assert ContactPoint.history.filter(id=kept.pk).count() == 1
    assert Contact.history.filter(id=kept.contact_id).count() == 1


def test_the_admin_s_log_keeps_that_somebody_acted_and_nothing_else() -> None:
    at, kept = point(given_name="Ann"), point(given_name="Bob")
    officer = User.objects.create_user("officer")
    things: list[Any] = [at, at.line, at.contact, kept.contact]
    for thing in things:
        LogEntry.objects.create(
            user=officer,
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr=str(thing),
            change_message="said",
            action_flag=2,
        )
    (done,) = erase(at)
    said = list(LogEntry.objects.order_by("pk").values_list("object_repr", "change_message"))
    assert said == [("erased", "")] * 3 + [("Bob", "said")]
    assert (done.counts["admin_log"], done.counts["profile_log"]) == (1, 1)


def test_nothing_leads_from_an_erased_point_to_another() -> None:
    first = point()
    intake.replace(first, intake.Number(number()), actor=TESTER, at=NOON, reason="corrected")
    first.refresh_from_db()
    second = first.superseded_by
    assert second is not None
    erase(second, keep=True)
    first.refresh_from_db()
    assert first.superseded_by is None
    assert not ContactPoint.history.filter(superseded_by=second.pk).exists()
    assert first.line is not None


def test_a_line_stays_while_anybody_is_at_it_also_at_an_end_of_theirs() -> None:
    e164 = number()
    leaving, ended = point(e164, given_name="Ann"), point(e164, given_name="Bob")
    intake.end(ended, actor=TESTER, at=NOON, reason="moved")
    assert not erase(leaving)[0].line_erased
    assert erase(ended)[0].line_erased


def test_a_profile_stays_while_a_number_of_it_does_or_when_it_was_not_asked_for() -> None:
    person = contact([number(), number()], given_name="Ann")
    first, second = person.points.order_by("pk")
    assert not erase(first)[0].profile_erased
    assert not erase(second, profiles=False)[0].profile_erased
    person.refresh_from_db()
    assert (person.given_name, person.status) == ("Ann", "live")


def test_a_contact_without_numbers_is_erased_by_its_profile() -> None:
    person = contact(given_name="Ann")
    with transaction.atomic():
        assert erasure.erase_profile(person, origin=factories.origin()) == {"profile_history": 1, "profile_log": 0}
    person.refresh_from_db()
    assert blank(person, Contact.privacy.personal)


@pytest.mark.django_db(transaction=True)
def test_erasing_outside_the_transaction_of_the_locks_is_refused() -> None:
    at = point()
    with pytest.raises(transaction.TransactionManagementError):
        erasure.erase(
            erasure.read(ContactPoint.objects.all()), keep_counts=False, profiles_of=[], origin=factories.origin()
        )
    with pytest.raises(transaction.TransactionManagementError):
        erasure.erase_profile(at.contact, origin=factories.origin())


def test_locking_leaves_out_what_is_erased_and_returns_the_rest_in_order() -> None:
    points = [point() for _ in range(3)]
    erase(points[1])
    with transaction.atomic():
        locked = erasure.lock(reversed([each.pk for each in points]))
    assert [each.pk for each in locked] == [points[0].pk, points[2].pk]


def test_counts_are_of_the_first_source_and_month_and_of_nothing_finer() -> None:
    at = point(at=NOON - timedelta(days=60), of=factories.source("shop", kind="point_of_sale"))
    row = intake.Row(profile={}, numbers=[intake.Number(at.line.e164 if at.line else "")], contact_id=at.contact_id)
    intake.store(row, source=factories.source("web"), actor=TESTER, at=NOON, reason="test")
    erase(at, keep=True)
    (count,) = AnonymousCount.objects.values("region", "line_type", "month", "source_kind", "count")
    assert count == {
        "region": "US",
        "line_type": "fixed_line_or_mobile",
        "month": (NOON - timedelta(days=60)).date().replace(day=1),
        "source_kind": "point_of_sale",
        "count": 1,
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="the write-ahead log of SQLite")
def test_what_the_write_ahead_log_still_held_is_gone() -> None:
    at = point()
    digits = (at.line.e164 if at.line else "").encode()
    log = f"{connection.settings_dict['NAME']}-wal"
    erase(at)
    with open(log, "rb") as file:
        assert digits in file.read()
    erasure.flush_residue()
    with open(log, "rb") as file:
        assert digits not in file.read()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's pages")
def test_what_erasure_writes_over_has_room_beside_it_in_its_page() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE reloptions @> '{fillfactor=55}' ORDER BY relname")
        tables = [name for (name,) in cursor.fetchall()]
    written = (ContactPoint.history.model, Contact.history.model, PhoneNumber, Provenance)
    assert tables == sorted(model._meta.db_table for model in written)
