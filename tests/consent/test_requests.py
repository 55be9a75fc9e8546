"""Requests by people, and who was given their data: GDPR 12(3), 15(1)(c), 19."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent import access, requests, retention
from consent.models import Disclosure, SubjectRequest
from consent.rules.times import NaiveTimestamp
from crm.models import Contact
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db
Kind, State = SubjectRequest.Kind, SubjectRequest.State
NUMBER = "+44 20 7946 0123"


def asked(contact: Contact, kind: SubjectRequest.Kind = Kind.ACCESS, at: datetime = NOON) -> SubjectRequest:
    return requests.open_request(contact=contact, kind=kind, at=at, came_by="letter")


def closed(request: SubjectRequest, **values: Any) -> SubjectRequest:
    said: dict[str, Any] = {"state": State.DONE, "answer": "A copy was sent.", "user": None, "at": NOON}
    return requests.close(request, **said | values)


def disclosed(contact: Contact, recipient: str = "Mailing Ltd", **values: Any) -> Disclosure:
    said: dict[str, Any] = {"purpose": None, "at": NOON, "note": "", "actor": TESTER}
    return requests.disclosed(contact=contact, recipient=recipient, **said | values)


def test_asked_twice_it_is_the_request_that_is_open() -> None:
    contact = factories.contact()
    first = asked(contact)
    assert asked(contact, at=NOON + timedelta(days=1)) == first
    assert (first.received_at, first.came_by, first.state) == (NOON, "letter", "open")


def test_another_kind_another_person_and_what_was_closed_make_a_new_one() -> None:
    contact = factories.contact()
    first = asked(contact)
    assert asked(contact, Kind.ERASURE) != first
    assert asked(factories.contact()) != first
    closed(first)
    assert asked(contact) != first


def test_a_closed_request_says_how_when_and_by_whom() -> None:
    user = factories.user()
    request = closed(asked(factories.contact()), state=State.REFUSED, answer="Not the person.", user=user)
    assert (request.state, request.answer, request.closed_by, request.closed_at) == (
        "refused",
        "Not the person.",
        user,
        NOON,
    )


def test_what_was_closed_stays_as_it_was_closed() -> None:
    request = asked(factories.contact())
    stale = SubjectRequest.objects.get()
    closed(request)
    with pytest.raises(requests.AlreadyClosed):
        closed(stale, state=State.REFUSED, answer="No.")
    request.refresh_from_db()
    assert (request.state, request.answer) == ("done", "A copy was sent.")


def test_an_answer_holds_no_number() -> None:
    request = asked(factories.contact())
    with pytest.raises(requests.NumberInText):
        closed(request, answer=f"Called {NUMBER}.")
    request.refresh_from_db()
    assert request.state == "open"


def test_times_without_a_zone_are_refused() -> None:
    contact = factories.contact()
    with pytest.raises(NaiveTimestamp):
        asked(contact, at=datetime(2026, 3, 2))
    request = asked(contact)
    with pytest.raises(NaiveTimestamp):
        closed(request, at=datetime(2026, 3, 2))
    with pytest.raises(NaiveTimestamp):
        disclosed(contact, at=datetime(2026, 3, 2))


def test_an_answer_is_due_a_month_from_the_receipt() -> None:
    request = asked(factories.contact(), at=datetime(2026, 1, 31, 9, tzinfo=UTC))
    due = requests.due_at(request, holidays={date(2026, 3, 2)})
    assert due.earlier == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert due.rolled == datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_recipients_are_named_the_newest_first() -> None:
    contact, purpose = factories.contact(), factories.purpose()
    older = disclosed(contact, at=NOON - timedelta(days=2), purpose=purpose, note="by post")
    newer = disclosed(contact, " Callers Ltd ")
    disclosed(factories.contact(), "Others Ltd")
    assert requests.recipients_of(contact) == [newer, older]
    assert (newer.recipient, newer.actor_name, newer.access_record) == ("Callers Ltd", "tester", None)
    assert (older.purpose, older.note) == (purpose, "by post")


@pytest.mark.parametrize(
    ("values", "error"),
    [
        pytest.param({"recipient": " "}, access.NoRecipient, id="nobody"),
        pytest.param({"recipient": f"Ann {NUMBER}"}, access.NumberInRecipient, id="a number in the name"),
        pytest.param({"note": f"asked {NUMBER}"}, requests.NumberInText, id="a number in the note"),
    ],
)
def test_a_disclosure_names_somebody_and_holds_no_number(values: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        disclosed(factories.contact(), **values)
    assert not Disclosure.objects.exists()


@pytest.mark.parametrize("numbers", [0, 1], ids=["a profile alone", "with a number"])
def test_erasure_blanks_what_was_answered_and_noted_and_leaves_that_it_was(numbers: int) -> None:
    contact, other = (factories.contact([factories.number() for _each in range(numbers)]) for _person in range(2))
    for each in (contact, other):
        closed(asked(each))
        disclosed(each, note="by post")
    retention.erase(contact, reason="request", actor=TESTER, at=NOON)
    found = [(each.contact, each.answer) for each in SubjectRequest.objects.order_by("pk")]
    assert found == [(contact, ""), (other, "A copy was sent.")]
    assert [each.note for each in Disclosure.objects.order_by("pk")] == ["", "by post"]
    assert {each.recipient for each in Disclosure.objects.all()} == {"Mailing Ltd"}
