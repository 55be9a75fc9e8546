"""Consent given again between the selection and the purge is kept: the purge looks again under the lock."""

from contextlib import ExitStack

import pytest
from django.db import connection, transaction
from django.utils import timezone

from consent import retention
from consent.models import Method, PurgeRun, Receipt
from consent.retention import runs
from consent.rules.states import Act
from consent.withdrawal import withdraw
from crm.models import NIGHTLY, ContactPoint, PhoneNumber
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def withdrawn() -> ContactPoint:
    factories.policy()
    point = factories.point()
    factories.entry(point)
    withdraw(point.line.e164, at=timezone.now(), reason="stop", method=Method.SMS, actor=factories.TESTER)
    return point


def test_a_consent_given_after_the_selection_keeps_the_number(withdrawn, monkeypatch):
    def due_then_given_again(*, as_of, **share):
        selected = list(retention.due(as_of=as_of, **share))
        assert [found.point_id for found in selected] == [withdrawn.pk]
        factories.entry(withdrawn, Act.GIVEN, at=timezone.now())
        yield from selected

    monkeypatch.setattr(runs, "due", due_then_given_again)

    run = retention.run(as_of=timezone.now(), actor=NIGHTLY)

    assert run.counts["kept"] == 1
    assert PhoneNumber.objects.get().number is not None
    assert not Receipt.objects.exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets no second writer begin")
def test_a_consent_given_while_the_purge_waits_for_the_line_keeps_the_number(withdrawn):
    def purge_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    with ExitStack() as stack:
        with transaction.atomic():
            list(PhoneNumber.objects.filter(pk=withdrawn.line_id).locked())
            purge = stack.enter_context(processes.started("manage.py", "purge"))
            processes.eventually(purge_waits)
            factories.entry(withdrawn, Act.GIVEN, at=timezone.now())
        assert purge.wait(timeout=30) == 0

    assert PurgeRun.objects.get().counts["kept"] == 1
    assert PhoneNumber.objects.get().number is not None
    assert not Receipt.objects.exists()
