"""A number that is held is found wherever it stands; after its erasure there is nothing."""

import pytest

from consent import withdrawal
from consent.models import Method
from consent.retention import erase, run
from crm.traces import find
from tests import factories
from tests.crm.traces.planted import everywhere, places

pytestmark = pytest.mark.django_db


def test_a_held_number_is_found_wherever_it_stands() -> None:
    number = factories.number()
    everywhere(number)
    assert places(number) == {
        ("database", "crm_phonenumber", "number"),
        ("database", "crm_contact", "notes"),
        ("database", "crm_historicalcontact", "notes"),
        ("database", "crm_contactpoint", "label"),
        ("database", "crm_historicalcontactpoint", "label"),
        ("database", "crm_provenance", "notice_exempt"),
        ("database", "consent_evidence", "message"),
        ("database", "consent_inboundmessage", "body"),
        ("database", "consent_subjectrequest", "answer"),
        ("database", "consent_disclosure", "note"),
        ("database", "django_admin_log", "object_repr"),
        ("database", "django_admin_log", "change_message"),
    }


def test_after_an_erasure_on_request_nothing_is_found() -> None:
    number = factories.number()
    contact = everywhere(number)
    erase(contact, reason="request", actor=factories.TESTER, at=factories.NOON)
    assert list(find(number)) == []


def test_after_an_anonymization_nothing_is_found() -> None:
    number = factories.number()
    everywhere(number)
    factories.policy(action="anonymize")
    withdrawal.withdraw(number, at=factories.NOON, reason="test", method=Method.STAFF, actor=factories.TESTER)
    run(as_of=factories.NOON, actor=factories.TESTER)
    assert list(find(number)) == []
