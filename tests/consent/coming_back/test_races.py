"""A number comes back while somebody else has to do with it: whoever comes second finds what the first has done."""

from functools import partial

import pytest
import time_machine

from consent import retention
from consent.models import (
    Consent,
    Method,
    Suppression,
)
from consent.rules.permission import Reason
from consent.withdrawal import withdraw
from crm.models import ContactPoint
from tests import factories
from tests.consent.coming_back import MINUTE, NOW, erased, given, import_of_a_third_party, in_force, reasons
from tests.factories import TESTER
from tests.racing import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


def numbers() -> list[str]:
    """Return a dozen numbers: what is tried once may go well by chance."""
    return [factories.number() for _ in range(12)]


def test_two_who_give_it_back_open_one_line_and_lift_one_hold(place, news) -> None:
    for number in numbers():
        old = erased(number)
        in_threads(*(partial(given, place, news, number=number) for _ in range(3)))
        new = in_force(number)
        old.refresh_from_db()
        assert (new.e164, old.reopened_as) == (number, new)
        assert ContactPoint.objects.get(line=new).entries.count() == 3
        assert Suppression.objects.get(line=old).lifted_by is not None


def test_a_grant_and_an_erasure(place, news) -> None:
    """The grant is of before the erasure, or of after: what is held at the end is held by the line in force."""
    for number in numbers():
        old = erased(number)
        given(place, news, number=number)
        person = ContactPoint.objects.get(line=in_force(number)).contact
        with time_machine.travel(NOW + MINUTE, tick=False):
            in_threads(
                partial(given, place, news, number=number, at=NOW + MINUTE),
                partial(retention.erase, person, reason="request", actor=TESTER, at=NOW),
            )
        line = in_force(number)
        held = ContactPoint.objects.filter(line=line, erased_at=None)
        assert held.count() == Consent.objects.filter(point__in=held).count() == int(line.number is not None)
        holds = Suppression.objects.filter(line=line, extent="hold", lifted_at=None)
        assert holds.exists() is (line.number is None)
        assert not Suppression.objects.filter(line=old, lifted_at=None).exists()


def test_a_grant_and_a_stop(place, news) -> None:
    """Whichever comes first: the stop stands, at the line that speaks for the number."""
    for number in numbers():
        erased(number)
        in_threads(
            partial(given, place, news, number=number),
            partial(withdraw, number, at=NOW, reason="stop", method=Method.SMS, actor=TESTER),
        )
        assert in_force(number).e164 == number
        assert in_force(number).suppressions.get(extent="contact").lifted_at is None
        assert reasons(news, number=number) == {Reason.SUPPRESSED}


def test_a_grant_and_a_supplier_s_file(place, news) -> None:
    """The file comes first, and is refused; or after, and finds who is there. It never comes alone."""
    for number in numbers():
        erased(number)
        in_threads(partial(given, place, news, number=number), partial(import_of_a_third_party, number))
        point = ContactPoint.objects.get(line=in_force(number))
        assert place.source in {each.source for each in point.provenances.all()}
