"""Every history row says who, when, why and from where; without that nothing is saved."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, models
from simple_history.utils import bulk_create_with_history

from consent.models import Purpose
from crm.models import PERSON, Actor, Contact, ContactPoint, ContactTag, NoOrigin, Origin, attributed_to
from crm.models.history import HistoryRow
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

HISTORIES = [model for model in apps.get_models() if issubclass(model, HistoryRow)]


def only_row(contact: Contact) -> Any:
    history: Any = contact.history
    return history.get()


def test_saving_without_an_origin_is_refused_and_saves_nothing() -> None:
    with pytest.raises(NoOrigin, match=r"crm\.Contact was changed without saying who, why and from where"):
        Contact.objects.create(given_name="Ann")
    assert not Contact.objects.exists()


def test_a_history_row_of_its_own_is_refused_without_an_origin() -> None:
    history: Any = apps.get_model("crm", "HistoricalContact")
    with pytest.raises(NoOrigin, match=r"crm\.HistoricalContact"):
        history(id=1, history_type="+", created_at=NOON).save()
    assert not history.objects.exists()


def test_changing_and_deleting_without_an_origin_is_refused() -> None:
    with attributed_to(factories.origin()):
        contact = Contact.objects.create(given_name="Ann")
    with pytest.raises(NoOrigin):
        contact.save()
    with pytest.raises(NoOrigin):
        contact.delete()


def test_a_row_says_who_when_why_and_from_where() -> None:
    user = User.objects.create_user("officer")
    batch = factories.batch(factories.source("list", kind="third_party"))
    origin = Origin(Actor.staff(user), NOON, "asked to", source=batch.source, batch=batch, channel="third_party")
    with attributed_to(origin):
        contact = Contact.objects.create(given_name="Ann")
    row = only_row(contact)
    assert row.given_name == "Ann"
    assert row.history_type == "+"
    assert row.history_actor == "staff"
    assert row.history_user == user
    assert row.history_date == NOON
    assert row.history_change_reason == "asked to"
    assert row.history_source == batch.source
    assert row.history_batch == batch
    assert row.history_channel == "third_party"


def test_what_an_origin_does_not_say_is_empty() -> None:
    with attributed_to(Origin(PERSON, NOON, "")):
        contact = Contact.objects.create()
    row = only_row(contact)
    assert (row.history_user, row.history_source, row.history_batch) == (None, None, None)
    assert (row.history_actor, row.history_channel, row.history_change_reason) == ("person", "", "")


def test_a_reason_may_be_long_and_does_not_stick_to_later_saves() -> None:
    with attributed_to(Origin(PERSON, NOON, "because " * 100)):
        contact = Contact.objects.create()
    with attributed_to(Origin(PERSON, NOON + timedelta(days=1), "")):
        contact.save()
    history: Any = contact.history
    assert list(history.order_by("history_id").values_list("history_change_reason", flat=True)) == [
        "because " * 100,
        "",
    ]


def test_of_nested_origins_the_inner_one_counts_and_then_the_outer_again() -> None:
    with attributed_to(Origin(Actor.command("purge"), NOON, "outer")):
        first = Contact.objects.create()
        with attributed_to(Origin(PERSON, NOON, "inner")):
            second = Contact.objects.create()
        third = Contact.objects.create()
    reasons = [only_row(contact).history_change_reason for contact in (first, second, third)]
    assert reasons == ["outer", "inner", "outer"]
    assert only_row(third).history_actor == "command purge"


def test_an_origin_ends_with_its_block_also_when_that_fails() -> None:
    with pytest.raises(ZeroDivisionError), attributed_to(factories.origin()):
        1 / 0  # noqa: B018
    with pytest.raises(NoOrigin):
        Contact.objects.create()


def test_two_requests_at_once_do_not_see_each_others_origin() -> None:
    seen: list[str] = []

    async def one(name: str) -> None:
        with attributed_to(Origin(Actor(name), NOON, name)):
            await asyncio.sleep(0)
            row = Contact.history.model()
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(models.Model, "save", lambda self, *args, **kwargs: None)
                row.save()
            await asyncio.sleep(0)
            seen.append(row.history_actor)

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())
    assert sorted(seen) == ["a", "b"]


def test_an_account_that_is_signed_in_is_never_guessed_as_the_author() -> None:
    with attributed_to(factories.origin()):
        contact = Contact(given_name="Ann")
        contact._history_user = User.objects.create_user("bystander")  # type: ignore[attr-defined]
        contact.save()
    assert only_row(contact).history_user is None


def test_the_librarys_bulk_helper_which_knows_no_origin_is_refused() -> None:
    with pytest.raises(IntegrityError), attributed_to(factories.origin()):
        bulk_create_with_history([Contact(given_name="Ann")], Contact)


@pytest.mark.parametrize("model", HISTORIES, ids=lambda model: model._meta.label)
def test_the_table_has_only_the_lean_indexes(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    indexes = {
        tuple(each["columns"]) for each in found.values() if each["index"] or each["unique"] or each["primary_key"]
    }
    more = {
        Contact.history.model: {("id",)},
        ContactPoint.history.model: {("superseded_by_id",)},
        ContactTag.history.model: {("contact_id",)},
    }
    assert indexes == {("history_id",), ("id", "history_date")} | more.get(model, set())


@pytest.mark.parametrize("model", HISTORIES, ids=lambda model: model._meta.label)
def test_its_key_is_of_64_bits(model: type[models.Model]) -> None:
    assert isinstance(model._meta.pk, models.BigAutoField)


def test_every_history_is_found_by_these_tests() -> None:
    assert {model._meta.object_name for model in HISTORIES} >= {
        "HistoricalContact",
        "HistoricalContactPoint",
        "HistoricalSource",
        "HistoricalPurpose",
        "HistoricalConsent",
        "HistoricalRetentionPolicy",
        "HistoricalLegalHold",
    }
    assert hasattr(Purpose, "history")
