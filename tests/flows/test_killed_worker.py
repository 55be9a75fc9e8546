"""A worker that is killed in the middle of a purge leaves everyone whole or erased, and the next run finishes."""

import signal
import time

import pytest
from django.utils import timezone

from consent.models import Method, PurgeRun, Receipt
from consent.withdrawal import withdraw
from crm.celery import app as celery_app
from crm.models import AnonymousCount, Contact, ContactPoint
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


def people_who_said_no() -> None:
    for number in range(PEOPLE):
        point = factories.point(given_name=f"Person {number}")
        factories.entry(point)
        withdraw(point.line.e164, at=timezone.now(), reason="stop", method=Method.SMS, actor=factories.TESTER)


def test_shares_of_a_killed_worker_are_taken_up_by_another_and_the_run_ends_once(broker_url):
    factories.policy(action="anonymize")
    people_who_said_no()

    with celery_app.connection_for_write(broker_url) as connection:
        with processes.worker(broker_url, PURGE_CHUNK_POINTS="1", PURGE_WORKERS="2") as process:
            celery_app.send_task("consent.tasks.purge", connection=connection)
            processes.eventually(lambda: Receipt.objects.count() >= 3)
            process.send_signal(signal.SIGKILL)
            process.wait()
        left = ContactPoint.objects.filter(erased_at=None).count()

        assert 0 < left < PEOPLE, "the kill must come in the middle"
        assert everyone_is_whole_or_erased()

        def is_done() -> bool:
            celery_app.send_task("consent.tasks.take_up_purges", connection=connection)
            time.sleep(1)
            return PurgeRun.objects.filter(state="done").exists()

        with processes.worker(broker_url, PURGE_CHUNK_POINTS="1", PURGE_WORKERS="2"):
            processes.eventually(is_done)

    run = PurgeRun.objects.get()
    assert (run.error, run.counts["anonymize"], run.receipts.count()) == ("", PEOPLE, PEOPLE)
    assert [share.finished_at is not None for share in run.shares.all()] == [True, True]
    assert AnonymousCount.objects.get().count == PEOPLE
    assert everyone_is_whole_or_erased()


@pytest.mark.parametrize("action", ["purge", "anonymize"])
def test_a_sigkill_in_mid_run_leaves_nobody_half_erased(broker_url, action):
    factories.policy(action=action)
    people_who_said_no()

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
