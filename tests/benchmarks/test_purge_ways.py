"""The ways that the benchmark of the purge compares leave the same behind: none is quicker by leaving something out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from consent import retention
from consent.ledger import Proof
from consent.models import Evidence, Receipt, Suppression
from consent.rules.states import Act
from crm.models import NIGHTLY, AnonymousCount, Contact, ContactPoint, PhoneNumber, Provenance
from tests.benchmarks import bare_purge, naive_purge
from tests.factories import NOON, entry, number, point, policy

GOING, STAYING = 3, 2
DAY = timedelta(days=1)


def bare() -> None:
    assert bare_purge.anonymize(NOON) > 0


def ringfence() -> None:
    retention.run(as_of=NOON, actor=NIGHTLY, approved=True)


@pytest.mark.django_db
@pytest.mark.parametrize("way", [bare, ringfence])
def test_one_statement_a_table_leaves_what_the_nightly_run_leaves(way: Any) -> None:
    policy(action="anonymize")
    for n in range(GOING + STAYING):
        at = point(given_name=f"Person {n}")
        entry(at, at=NOON - 9 * DAY, evidence=Proof(ip="192.0.2.1"))
        if n < GOING:
            entry(at, Act.WITHDRAWN, at=NOON - DAY)

    way()

    assert PhoneNumber.objects.filter(number=None, region="").exclude(erased_at=None).count() == GOING
    assert PhoneNumber.objects.exclude(number=None).count() == STAYING
    for manager in (ContactPoint.objects, ContactPoint.history):
        assert (manager.filter(line=None).count(), manager.exclude(line=None).count()) == (GOING, STAYING)
    for people in (Contact.objects, Contact.history):
        assert (people.filter(given_name="").count(), people.exclude(given_name="").count()) == (GOING, STAYING)
    for history in (ContactPoint.history, Contact.history):
        assert history.filter(history_change_reason="").count() == GOING
    assert Contact.objects.filter(status="erased").count() == GOING
    assert Provenance.objects.filter(row=None, external_key="", notice_exempt="").count() == GOING + STAYING
    assert Evidence.objects.count() == STAYING
    assert Suppression.objects.filter(extent="hold", reason="erased", lifted_at=None).count() == GOING
    assert sum(AnonymousCount.objects.values_list("count", flat=True)) == GOING
    kept = {"line_erased": True, "profile_erased": True, "action": "anonymize", "due_at": NOON - DAY}
    assert Receipt.objects.filter(**kept, counts=bare_purge.COUNTS).count() == GOING


@pytest.fixture
def _tables() -> Iterator[None]:
    naive_purge.create_tables()
    yield
    with connection.schema_editor() as editor:
        for model in reversed(naive_purge.MODELS):
            editor.delete_model(model)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_tables")
def test_the_naive_loop_leaves_no_number_and_no_name_either() -> None:
    people: Any = naive_purge.Person._default_manager
    for n in range(GOING + STAYING):
        person = people.create(
            given_name=f"Person {n}", phone=number(), ip="192.0.2.1", withdrawn_at=NOON - DAY if n < GOING else None
        )
        person.label = "work"
        person.save()

    assert naive_purge.anonymize(NOON) > 0

    for rows, each in ((people, 1), (naive_purge.Person.history, 2)):
        assert rows.exclude(phone=None, ip=None, given_name="", label="").count() == STAYING * each
    # And what simple-history wrote of the erasure itself.
    assert naive_purge.Person.history.filter(given_name="").count() == GOING * 3
    assert naive_purge.Refused._default_manager.count() == GOING
    assert naive_purge.Erasure._default_manager.count() == GOING
