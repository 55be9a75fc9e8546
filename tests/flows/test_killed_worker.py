"""A worker that is killed in the middle of a purge leaves everyone whole or erased, and the next run finishes."""

import signal

import pytest
from django.utils import timezone

from consent.models import Method, PurgeRun, Receipt
from consent.withdrawal import withdraw
from crm.celery import app as celery_app
from crm.models import Contact, ContactPoint
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 30


def everyone_is_whole_or_erased() -> bool:
    """Whether no contact is half of each: row, point, line, history and receipt say the same."""
    for contact in Contact.objects.prefetch_related("points__line"):
        point = contact.points.get()
        erased = contact.status == Contact.Status.ERASED
        names = {contact.given_name, *contact.history.values_list("given_name", flat=True)}
        facts = {
            erased,
            point.erased_at is not None,
            point.line is None,
            Receipt.objects.filter(point=point).exists(),
            names <= {""},
        }
        if len(facts) != 1:
            return False
    return True


@pytest.mark.parametrize("action", ["purge", "anonymize"])
def test_a_sigkill_in_mid_run_leaves_nobody_half_erased(broker_url, action):
    factories.policy(action=action)
    for number in range(PEOPLE):
        point = factories.point(given_name=f"Person {number}")
        factories.entry(point)
        withdraw(point.line.e164, at=timezone.now(), reason="stop", method=Method.SMS, actor=factories.TESTER)

    with (
        processes.worker(broker_url, PURGE_CHUNK_POINTS="1") as process,
        celery_app.connection_for_write(broker_url) as connection,
    ):
        celery_app.send_task("consent.tasks.purge", connection=connection)
        processes.eventually(lambda: Receipt.objects.count() >= 3)
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = ContactPoint.objects.filter(erased_at=None).count()

    assert 0 < left < PEOPLE, "the kill must come in the middle"
    assert everyone_is_whole_or_erased()

    processes.eventually(lambda: processes.manage("purge").returncode == 0, seconds=30)

    assert not ContactPoint.objects.filter(erased_at=None).exists()
    assert everyone_is_whole_or_erased()
    assert Receipt.objects.count() == PEOPLE
    assert list(PurgeRun.objects.order_by("pk").values_list("state", "error")) == [
        ("failed", "interrupted"),
        ("done", ""),
    ]
