"""A number comes back while somebody else has to do with it: whoever comes second finds what the first has done."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import connection

from consent import retention
from consent.models import (
    CollectionPoint,
    Consent,
    ConsentEvent,
    Method,
    Purpose,
    Suppression,
)
from consent.rules.permission import Reason
from consent.withdrawal import withdraw
from crm.models import Contact, ContactPoint, PhoneNumber
from tests import factories
from tests.consent.coming_back import MINUTE, NOW, NUMBER, erased, given, import_of_a_third_party, in_force, reasons
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def news() -> Purpose:
    return factories.purpose("news")


@pytest.fixture
def survey() -> Purpose:
    return factories.purpose("survey", needs_confirmation=True)


@pytest.fixture
def place(news: Purpose, survey: Purpose) -> CollectionPoint:
    return factories.place(asks=[news, survey])


def in_threads(*calls: Callable[[], object]) -> None:
    """Do all of it at once, and see that nothing failed."""
    together, errors = Barrier(len(calls)), list[str]()

    def work(call: Callable[[], object]) -> None:
        try:
            together.wait(timeout=20)
            call()
        except Exception as error:
            errors.append(repr(error))
        finally:
            connection.close()

    threads = [Thread(target=work, args=[call], daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    """Each is tried a dozen times: whoever comes second finds what the first has done."""

    @pytest.mark.parametrize("turn", range(12))
    def test_two_who_give_it_back_open_one_line_and_lift_one_hold(self, place, news, turn) -> None:
        old = erased()
        in_threads(*(partial(given, place, news) for _ in range(3)))
        assert PhoneNumber.objects.for_numbers([NUMBER]).count() == 1
        assert (PhoneNumber.objects.count(), Contact.objects.count()) == (2, 2)
        assert ConsentEvent.objects.count() == 3
        assert Suppression.objects.get().lifted_by is not None
        old.refresh_from_db()
        assert old.reopened_as == in_force()

    @pytest.mark.parametrize("turn", range(12))
    def test_a_grant_and_an_erasure(self, place, news, turn) -> None:
        """The grant is of before the erasure, or of after: what is held at the end is held by a line in force."""
        erased()
        given(place, news)
        person = ContactPoint.objects.get(erased_at=None).contact
        later = partial(given, place, news, at=NOW + MINUTE)
        with time_machine.travel(NOW + MINUTE, tick=False):
            in_threads(later, partial(retention.erase, person, reason="request", actor=TESTER, at=NOW))
        held = ContactPoint.objects.filter(erased_at=None)
        assert (
            held.count() == Consent.objects.filter(point__erased_at=None).count() == int(in_force().number is not None)
        )
        holds = Suppression.objects.filter(extent="hold", lifted_at=None)
        assert [hold.line for hold in holds] == ([] if in_force().number else [in_force()])

    @pytest.mark.parametrize("turn", range(12))
    def test_a_grant_and_a_stop(self, place, news, turn) -> None:
        """Whichever comes first: the stop stands, at the line that speaks for the number."""
        erased()
        in_threads(
            partial(given, place, news, at=NOW),
            partial(withdraw, NUMBER, at=NOW, reason="stop", method=Method.SMS, actor=TESTER),
        )
        assert in_force().e164 == NUMBER
        assert in_force().suppressions.get(extent="contact").lifted_at is None
        assert reasons(news) == {Reason.SUPPRESSED}

    @pytest.mark.parametrize("turn", range(12))
    def test_a_grant_and_a_supplier_s_file(self, place, news, turn) -> None:
        """The file comes first, and is refused; or after, and finds who is there. It never comes alone."""
        erased()
        in_threads(partial(given, place, news), import_of_a_third_party)
        point = ContactPoint.objects.get(erased_at=None)
        assert place.source in {each.source for each in point.provenances.all()}
        assert PhoneNumber.objects.count() == 2
