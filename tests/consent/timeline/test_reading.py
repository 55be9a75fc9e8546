"""The timeline: everything that happened to a contact, in one list, in few queries."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import access, merging, requests, retention, timeline
from consent.ledger import Proof
from consent.models import AccessRecord, LegalHold, Method, SubjectRequest
from consent.rules.states import Act
from consent.timeline import Event, Kind
from consent.withdrawal import withdraw
from crm import intake
from crm.models import Contact, ContactPoint, PhoneNumber, attributed_to
from tests import capturing, factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db

NUMBER = "+12025550187"


def day(number: int) -> Any:
    """Return a moment so many days after NOON."""
    return NOON + timedelta(days=number)


def edit(contact: Contact, *, at: Any = NOON, **profile: str) -> None:
    """Edit a contact as staff do."""
    row = intake.Row(profile=profile, numbers=[], contact_id=contact.pk)
    intake.store(row, source=factories.source(), actor=factories.TESTER, at=at, reason="told us")


def kinds(contact: Contact, **options: Any) -> list[str]:
    """Return the kinds of a contact's events, the newest first."""
    return [event.kind.value for event in timeline.of(contact, **options).events]


def only(contact: Contact, kind: Kind) -> Event:
    """Return the newest event of a kind."""
    return timeline.of(contact, kinds={kind}).events[0]


def test_every_kind_of_event_is_in_it_the_newest_first() -> None:
    point = factories.point(NUMBER, given_name="Ann", at=day(-100))
    contact: Any = point.contact
    factories.tagged(contact)
    factories.entry(point, at=day(-90), evidence=Proof(shown="?"))
    capturing.challenge(point)
    capturing.outgoing(point.line)
    capturing.inbound(point.line)
    contact.subject_requests.create(kind="access", received_at=NOON, came_by="phone")
    capturing.disclosure(contact=contact)
    point.provenances.update(notice_sent_at=day(-80))
    access.record(
        kind=AccessRecord.Kind.EXPORT, actor=factories.TESTER, at=day(1), reason="for her", masked=True, contacts=1,
        points=1, format="csv", scope={"contacts": [contact.pk]}, left_out={},
    )  # fmt: skip
    withdraw(NUMBER, at=day(2), reason="said so", method=Method.STAFF, actor=factories.TESTER)
    with attributed_to(factories.origin(day(3))):
        LegalHold.objects.create(contact=contact, reason="claim", placed_at=day(3))
    found = timeline.of(contact).events
    assert {event.kind for event in found} == set(Kind) - {Kind.RECEIPT}
    assert [event.at for event in found] == sorted((event.at for event in found), reverse=True)
    assert all(event.at.tzinfo is not None for event in found)


def test_a_change_says_what_who_why_and_from_where() -> None:
    contact = factories.contact(given_name="Ann")
    edit(contact, given_name="Anna")
    event = only(contact, Kind.PROFILE)
    assert [(each.field.name, each.old, each.new) for each in event.changes] == [("given_name", "Ann", "Anna")]
    assert (event.code, event.actor, event.source, event.note) == ("~", "tester", "Web", "told us")
    first = timeline.of(contact, kinds={Kind.PROFILE}).events[-1]
    assert {each.field.name: each.new for each in first.changes}["given_name"] == "Ann"


def test_a_number_is_masked_wherever_it_is_named() -> None:
    point = factories.point(NUMBER)
    intake.replace(point, intake.Number("+12025550188"), actor=factories.TESTER, at=NOON, reason="moved", region="US")
    found = timeline.of(point.contact)
    assert "5550187" not in repr(found.names) + repr(found.points) + repr(found.events)
    assert found.points[point.pk].endswith("0187")
    lines = {found.names[PhoneNumber, line.pk] for line in PhoneNumber.objects.all()}
    assert {text[-4:] for text in lines} == {"0187", "0188"}


def test_an_entry_says_in_which_words_and_when_we_learned_of_it() -> None:
    point = factories.point()
    entry = factories.entry(point, at=day(-90))
    event = only(point.contact, Kind.ENTRY)
    assert (event.code, event.purpose, event.channel, event.notice) == ("given", "News", "sms", "v1 en")
    assert (event.pk, event.point_id, event.at) == (entry.pk, point.pk, day(-90))
    assert event.known_at == entry.recorded_at


def test_it_can_be_narrowed_to_kinds_and_to_a_time() -> None:
    point = factories.point(at=day(-100))
    factories.entry(point, at=day(-90))
    factories.entry(point, Act.WITHDRAWN, at=day(-10))
    assert kinds(point.contact, kinds={Kind.ENTRY}) == ["entry", "entry"]
    assert kinds(point.contact, kinds={Kind.ENTRY}, at=day(-50)) == ["entry"]
    assert kinds(point.contact, kinds={Kind.PROFILE}, at=day(-101)) == []
    assert kinds(point.contact, kinds=()) == []


def test_it_is_read_a_page_at_a_time_and_no_event_is_lost_between_pages() -> None:
    point = factories.point()
    for number in range(5):
        factories.entry(point, at=day(-number))
    edit(point.contact, given_name="Ann", at=day(-2))
    whole = [(event.kind, event.pk) for event in timeline.of(point.contact).events]
    pages = [timeline.of(point.contact, limit=3, skip=skip) for skip in range(0, len(whole), 3)]
    assert [(event.kind, event.pk) for page in pages for event in page.events] == whole
    assert [page.is_cut for page in pages] == [True] * (len(pages) - 1) + [False]


def test_what_befell_others_is_not_in_it() -> None:
    other = factories.point(NUMBER)
    factories.entry(other)
    capturing.outgoing(other.line)
    before = kinds(mine := factories.contact(given_name="Ann"))
    access.record(
        kind=AccessRecord.Kind.EXPORT, actor=factories.TESTER, at=NOON, reason="x", masked=True, contacts=1, points=1,
        format="csv", scope={"contacts": [other.contact_id]}, left_out={},
    )  # fmt: skip
    assert kinds(mine) == before == ["profile"]


def test_a_text_to_somebody_who_had_the_number_before_is_not_in_it() -> None:
    first = factories.point(NUMBER, at=day(-100))
    line: Any = first.line
    capturing.outgoing(line, created_at=day(-50), not_after=day(-49))
    intake.end(first, actor=factories.TESTER, at=day(-20), reason="moved")
    second = factories.point(NUMBER, at=day(-10))
    assert first.contact_id != second.contact_id
    assert "sent" in kinds(first.contact)
    assert "sent" not in kinds(second.contact)


def test_of_an_erased_contact_the_receipt_is_left_and_no_name() -> None:
    point = factories.point(NUMBER, given_name="Annabel")
    factories.entry(point)
    (receipt,) = retention.erase(point.contact, reason="request", actor=factories.TESTER, at=timezone.now())
    found = timeline.of(Contact.objects.get(pk=point.contact_id))
    assert found.events[0].kind is Kind.RECEIPT
    assert (found.events[0].pk, found.events[0].note) == (receipt.pk, "request")
    assert "Annabel" not in repr([(event, event.note, event.changes) for event in found.events])
    assert not found.points[point.pk].endswith("0187")


def test_a_contact_that_had_no_number_has_its_receipt_too() -> None:
    contact = factories.contact(given_name="Ann")
    retention.erase(contact, reason="request", actor=factories.TESTER, at=timezone.now())
    assert kinds(contact)[0] == "receipt"


def test_a_request_is_in_it_when_it_came_and_when_it_was_closed() -> None:
    contact = factories.contact(given_name="Ann")
    request = requests.open_request(contact=contact, kind=SubjectRequest.Kind.ACCESS, at=day(-9), came_by="phone")
    user = factories.user("ola")
    requests.close(request, state=SubjectRequest.State.DONE, answer="copy sent", user=user, at=day(-2))
    closed, came = timeline.of(contact, kinds={Kind.REQUEST}).events
    assert (came.code, came.note, came.more) == ("received", "access", "phone")
    assert (closed.code, closed.user, closed.more) == ("done", "ola", "copy sent")


@pytest.mark.parametrize("events", [20, 200])
def test_it_takes_six_queries_at_most(events: int) -> None:
    contact = factories.contact([factories.number() for _number in range(3)], given_name="Ann")
    points: list[ContactPoint] = list(contact.points.all())
    for number in range(events // 2):
        factories.entry(points[number % 3], at=day(-number))
        edit(contact, given_name=f"Ann {number}", at=day(-number))
    with CaptureQueriesContext(connection) as asked:
        found = timeline.of(contact, limit=events)
    assert len(found.events) == events
    assert len(asked) <= 6


def test_what_was_merged_into_a_contact_is_its_past() -> None:
    one = factories.contact(["+12025550187"], given_name="Ann")
    other = factories.contact(["+12025550188"], given_name="Anna")
    edit(other, organisation="Fern", at=day(-3))
    other.subject_requests.create(kind="access", received_at=day(-2), came_by="phone")
    before = {(event.kind, event.pk) for event in timeline.of(other).events}
    merging.merge(one, other, actor=factories.TESTER, at=NOON, reason="the same person")
    one.refresh_from_db()
    with CaptureQueriesContext(connection) as asked:
        found = timeline.of(one)
    assert len(asked) <= 6
    assert before <= {(event.kind, event.pk) for event in found.events}
    assert {event.version_of for event in found.events if event.kind is Kind.PROFILE} == {one.pk, other.pk}
