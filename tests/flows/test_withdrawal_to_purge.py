"""Somebody says stop; the night after, a real worker takes the job from a real broker, and the number is gone."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from consent.models import Method, PurgeRun, Receipt
from consent.rules.lines import Channel
from consent.withdrawal import withdraw
from crm.celery import app as celery_app
from crm.models import Contact, PhoneNumber
from tests import factories, processes

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_withdrawal_is_purged_by_the_worker_and_reported_with_its_receipt(broker_url):
    going, staying = factories.point(given_name="Gunn"), factories.point(given_name="Stella")
    factories.entry(going)
    factories.entry(staying)
    policy = factories.policy("consent_withdrawn", action="purge")
    number = going.line.e164
    done = processes.manage("withdraw", number, "--reason", "said stop on the phone", "--json")
    assert (done.returncode, json.loads(done.stdout)["withdrawn"]) == (0, 1), done.stderr

    with processes.worker(broker_url), celery_app.connection_for_write(broker_url) as connection:
        celery_app.send_task("consent.tasks.purge", connection=connection)
        processes.eventually(PurgeRun.objects.filter(state=PurgeRun.State.DONE).exists)

    run = PurgeRun.objects.get()
    assert (run.actor_name, run.counts["numbers"]) == ("nightly job", 1)
    receipt = Receipt.objects.get()
    assert (receipt.run, receipt.policy, receipt.point_id) == (run, policy, going.pk)
    assert Contact.objects.get(pk=going.contact_id).status == Contact.Status.ERASED
    assert Contact.objects.get(pk=staying.contact_id).given_name == "Stella"
    answer = processes.manage("may_contact", number, "--purpose", "news", "--channel", "sms", "--json")
    assert json.loads(answer.stdout)["reason"] == "erased"
    assert json.loads(processes.manage("verify_ledger", "--json").stdout)["differences"] == []


def test_the_same_message_delivered_twice_does_the_work_once(broker_url):
    factories.policy()
    point = factories.point()
    factories.entry(point)
    withdraw(
        point.line.e164,
        at=timezone.now() - timedelta(hours=1),
        reason="stop",
        method=Method.SMS,
        actor=factories.TESTER,
        channel=Channel.SMS,
    )

    with processes.worker(broker_url), celery_app.connection_for_write(broker_url) as connection:
        for _delivery in range(2):
            celery_app.send_task("consent.tasks.purge", task_id="same", connection=connection)
        processes.eventually(lambda: Receipt.objects.exists())
        celery_app.send_task("consent.tasks.purge", connection=connection)
        processes.eventually(lambda: not PurgeRun.objects.filter(state=PurgeRun.State.RUNNING).exists())

    assert Receipt.objects.filter(point=point).count() == 1
    assert PhoneNumber.objects.get().number is None
