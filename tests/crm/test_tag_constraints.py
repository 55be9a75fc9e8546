"""What the database refuses of tags, whoever asks: every constraint is tried by raw SQL."""

import pytest
from django.db import IntegrityError, transaction

from tests import factories
from tests.raw import Attempt, Attempts, copy, update

pytestmark = pytest.mark.django_db

# Tried here; test_constraints.py sees that none is left out.
attempts = Attempts("crm")


@attempts.at("crm_tag.slug")
def _() -> None:
    copy(factories.tag())


@attempts.at("contact_tag_once")
def _() -> None:
    copy(factories.tagged(factories.contact()))


@attempts.at("crm_contacttag_history_has_an_author")
def _() -> None:
    update(factories.tagged(factories.contact()).history.get(), history_actor="")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_tag_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(factories.tag(), slug="other")
    copy(factories.tagged(factories.contact()), contact_id=factories.contact().pk)
