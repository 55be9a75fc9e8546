"""Searching for all of a contact, and for a sample of the numbers that are held."""

import json
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from consent import retention, withdrawal
from consent.ledger import Proof
from consent.models import Disclosure, Method, SubjectRequest
from crm.models import Contact, ContactPoint, ContactTag, Tag, attributed_to
from crm.traces.contacts import not_blank
from crm.traces.needle import Needle
from crm.traces.unpacking import holds
from tests import capturing, commands, factories
from tests.crm.traces.planted import everywhere

pytestmark = pytest.mark.django_db


def elsewhere(*args: str) -> tuple[int, dict[str, Any], set[tuple[str, str]]]:
    """Return the exit code, the answer, and where in tables, rather than in the files below, something was found."""
    ran = commands.run("find_traces", *args, "--json")
    found = {(trace["table"], trace["column"]) for trace in ran.json["traces"] if trace["place"] == "database"}
    return ran.code, ran.json, found


def erase(contact: Contact) -> Contact:
    retention.erase(contact, reason="request", actor=factories.TESTER, at=factories.NOON)
    contact.refresh_from_db()
    return contact


def test_a_live_contact_is_found_everywhere_but_where_its_numbers_belong() -> None:
    number = factories.number()
    contact = everywhere(number)
    code, data, found = elsewhere("--contact", str(contact.pk))
    assert code == 1
    assert ("crm_phonenumber", "number") not in found
    assert found >= {("crm_contact", "notes"), ("crm_historicalcontact", "notes"), ("consent_evidence", "message")}
    assert not holds(json.dumps(data), Needle.of(number))


def test_a_live_contact_whose_numbers_stand_where_they_belong_is_found_nowhere_else() -> None:
    contact = factories.contact([factories.number(), factories.number()])
    assert elsewhere("--contact", str(contact.pk))[2] == set()


def test_of_an_erased_contact_nothing_personal_is_left() -> None:
    contact = erase(everywhere(factories.number()))
    assert list(not_blank(contact)) == []
    code, data, _found = elsewhere("--contact", str(contact.pk))
    assert (code, data["traces"]) == (0, [])


@pytest.mark.parametrize("action", ["purge", "anonymize"])
def test_after_the_nightly_job_nothing_personal_is_left_of_the_contact(action: str) -> None:
    contact = everywhere(number := factories.number())
    factories.policy(action=action)
    withdrawal.withdraw(number, at=factories.NOON, reason="test", method=Method.STAFF, actor=factories.TESTER)
    retention.run(as_of=factories.NOON, actor=factories.TESTER)
    contact.refresh_from_db()
    assert contact.status == "erased"
    assert list(not_blank(contact)) == []


def test_each_field_that_was_filled_again_is_named() -> None:
    contact = erase(everywhere(factories.number()))
    point = contact.points.get()
    expected = set()

    def told(table: str, column: str, row: Any) -> None:
        expected.add((table, column, row.pk))

    request = SubjectRequest.objects.get(contact=contact)
    SubjectRequest.objects.filter(pk=request.pk).update(answer="told")
    told("consent_subjectrequest", "answer", request)
    disclosure = Disclosure.objects.get(contact=contact)
    Disclosure.objects.filter(pk=disclosure.pk).update(note="told")
    told("consent_disclosure", "note", disclosure)
    challenge = capturing.challenge(point, closed_at=factories.NOON, outcome="ended")
    told("consent_challenge", "code_digest", challenge)
    told("consent_challenge", "token_digest", challenge)
    history = ContactPoint.history.model(
        id=point.pk,
        contact=contact,
        since=factories.NOON,
        created_at=factories.NOON,
        label="office",
        history_type="~",
    )
    with attributed_to(factories.origin()):
        history.save()
    told("crm_historicalcontactpoint", "label", history)
    told("crm_historicalcontactpoint", "history_change_reason", history)
    log = LogEntry.objects.create(
        user=factories.user(),
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(contact.pk),
        object_repr="Ann",
        action_flag=CHANGE,
        change_message="changed",
    )
    told("django_admin_log", "object_repr", log)
    told("django_admin_log", "change_message", log)
    tag = Tag.objects.create(name="Volunteer", slug="volunteer")
    with attributed_to(factories.origin()):
        tagged = ContactTag.objects.create(contact=contact, tag=tag)
    told("crm_contacttag", "contact", tagged)
    told("crm_historicalcontacttag", "contact", ContactTag.history.get())
    found = {(trace.table, trace.column, trace.id) for trace in not_blank(contact)}
    assert found == expected


def test_what_hangs_on_a_line_that_others_share_is_theirs() -> None:
    number = factories.number()
    going, staying = factories.contact([number], given_name="Ann"), factories.contact([number], given_name="Bob")
    line = staying.points.get().line
    capturing.inbound(line, body="we have to stop")
    erase(going)
    assert list(not_blank(going)) == []


def test_of_a_live_contact_what_is_erased_of_it_is_looked_at() -> None:
    contact = factories.contact([factories.number(), factories.number()])
    point = contact.points.first()
    assert point is not None
    factories.entry(point, evidence=Proof(ip="192.0.2.1"))
    ContactPoint.objects.filter(pk=point.pk).update(
        **{**ContactPoint.privacy.personal, "label": ""}, erased_at=factories.NOON
    )
    found = {(trace.table, trace.column) for trace in not_blank(contact)}
    assert ("consent_evidence", "ip") in found
    assert not {table for table, _column in found} & {"crm_contact", "crm_historicalcontact"}


def test_a_sample_stands_where_it_should() -> None:
    for _each in range(5):
        factories.point()
    code, data, found = elsewhere("--sample", "3")
    assert found == set()
    assert data["unread"] == []
    assert code == int(bool(data["traces"]))


def test_a_sample_that_stands_elsewhere_too_is_a_fault() -> None:
    numbers = [factories.point().line.e164 for _each in range(3)]
    contact = factories.contact(given_name="Ann")
    Contact.objects.filter(pk=contact.pk).update(notes=f"rang from {numbers[1]}")
    code, data, found = elsewhere("--sample", "3")
    assert code == 1
    assert found == {("crm_contact", "notes")}
    assert all(not holds(json.dumps(data), Needle.of(number)) for number in numbers)


def test_a_sample_of_many_is_one_search() -> None:
    for _each in range(40):
        factories.point()
    contact = factories.contact([number := factories.number()])
    Contact.objects.filter(pk=contact.pk).update(notes=f"rang from {number[:5]} {number[5:]}")
    assert elsewhere("--sample", "41")[2] == {("crm_contact", "notes")}


def test_where_nobody_is_held_a_sample_finds_nothing() -> None:
    code, data, _found = elsewhere("--sample", "3")
    assert (code, data["found"]) == (0, 0)
