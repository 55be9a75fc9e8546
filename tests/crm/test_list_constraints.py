"""What the database refuses of saved views and of searches for a number, tried with raw SQL."""

import pytest
from django.db import IntegrityError, connection, transaction

from crm.models import NumberSearch, SavedView
from tests import factories
from tests.factories import NOON
from tests.raw import POSTGRES, Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db
attempts = Attempts("crm")


def view() -> SavedView:
    return SavedView.objects.create(user=factories.user(), name="ours", filters={"held": "1"}, made_at=NOON)


@attempts.at("saved_view_once_per_name")
def _two_of_a_name() -> None:
    copy(view())


@attempts.at("saved_view_has_a_name")
def _no_name() -> None:
    update(view(), name="")


@attempts.at("crm_numbersearch.token")
def _two_of_a_token() -> None:
    copy(NumberSearch.objects.create(user=factories.user(), lines=[1], made_at=NOON))


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(view(), name="theirs")
    copy(NumberSearch.objects.create(user=factories.user(), lines=[1], made_at=NOON), token="another")


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own")
def test_what_the_list_is_searched_by_has_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        names = {name for (name,) in cursor.fetchall()}
    assert {f"crm_contact_{each}_begins" for each in ("given_name", "family_name", "organisation", "email")} <= names
    assert {"line_by_last_four", "line_by_type", "consent_purpose_status"} <= names


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's own")
def test_the_planner_keeps_no_samples_of_the_last_digits() -> None:
    for _each in range(20):
        factories.point()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE crm_phonenumber")
        cursor.execute("SELECT count(*) FROM pg_statistic WHERE starelid = 'line_by_last_four'::regclass")
        assert cursor.fetchone() == (0,)
