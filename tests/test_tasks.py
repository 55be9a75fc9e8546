"""The jobs: each is scheduled or called, takes ids and dates only, and leaves to another run what is its work."""

import inspect
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from consent import messages, retention, tasks
from consent.models import OutgoingMessage, PurgeRun
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm.celery import app
from crm.models import ImportBatch, Lease
from tests import factories
from tests.factories import entry, point, policy

app.loader.import_default_modules()
OURS = sorted(name for name in app.tasks if name.startswith(("crm.", "consent.")))
SCHEDULED = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
CODE = [path for app_name in ("crm", "consent") for path in Path(settings.BASE_DIR, app_name).rglob("*.py")]


def test_every_task_of_the_schedule_exists() -> None:
    assert SCHEDULED
    assert set(OURS) >= SCHEDULED


@pytest.mark.parametrize("name", OURS)
def test_every_task_is_scheduled_or_called_somewhere(name: str) -> None:
    function = name.rpartition(".")[2]
    called = any(f"{function}.{how}(" in path.read_text() for path in CODE for how in ("delay", "apply_async"))
    assert name in SCHEDULED or called


@pytest.mark.parametrize("name", OURS)
def test_a_task_takes_ids_and_dates_only_and_returns_nothing(name: str) -> None:
    signature = inspect.signature(app.tasks[name].run)
    assert signature.return_annotation is None
    for parameter in signature.parameters.values():
        # A date travels as ISO 8601, and is named for one; everything else is a number.
        kinds = set(get_args(parameter.annotation)) or {parameter.annotation}
        assert kinds <= {int, type(None)} or (kinds <= {str, type(None)} and parameter.name in ("at", "as_of"))


def test_the_transport_keeps_nothing_and_redelivers_what_a_dead_worker_had() -> None:
    assert app.conf.task_ignore_result
    assert app.conf.result_backend in (None, "disabled://")
    assert not app.conf.result_extended
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    if settings.CELERY_BROKER_URL.startswith("filesystem"):
        assert app.conf.broker_transport_options["store_processed"] is False


@pytest.mark.django_db
class TestPurge:
    def test_it_makes_the_one_call_as_of_now(self) -> None:
        policy()
        at = point()
        entry(at, Act.WITHDRAWN)
        before = timezone.now()
        tasks.purge()
        run = PurgeRun.objects.get()
        assert before <= run.as_of <= timezone.now()
        assert (run.actor_name, run.receipts.get().point) == ("nightly job", at)

    def test_it_takes_another_time(self) -> None:
        tasks.purge("2026-03-02T12:00:00+01:00")
        assert PurgeRun.objects.get().as_of == datetime(2026, 3, 2, 11, tzinfo=UTC)

    def test_a_time_without_a_zone_is_refused(self) -> None:
        with pytest.raises(NaiveTimestamp):
            tasks.purge("2026-03-02T12:00:00")
        assert not PurgeRun.objects.exists()

    def test_another_run_at_work_is_no_error(self, caplog: pytest.LogCaptureFixture) -> None:
        Lease.objects.take("purge", seconds=60, now=timezone.now())
        with caplog.at_level(logging.INFO, logger="consent.tasks"):
            tasks.purge()
        assert not PurgeRun.objects.exists()
        assert "already being done" in caplog.text
        assert not [record for record in caplog.records if record.levelno > logging.INFO]

    def test_the_account_that_asked_for_it_is_named(self) -> None:
        who = factories.user("mo")
        tasks.purge(user_id=who.pk)
        run = PurgeRun.objects.get()
        assert (run.actor_name, run.actor_user) == ("staff", who)

    def test_a_time_to_come_is_never_run(self, caplog: pytest.LogCaptureFixture) -> None:
        tasks.purge("2126-03-02T12:00:00Z")
        assert not PurgeRun.objects.exists()
        assert "lies in the future" in caplog.text

    def test_a_run_that_waits_is_warned_of_with_ids_and_counts(
        self, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.PURGE_BRAKE_POINTS = 1
        policy()
        for _ in range(2):
            entry(point(), Act.WITHDRAWN)
        tasks.purge()
        run = PurgeRun.objects.get()
        warning = next(record for record in caplog.records if record.levelno == logging.WARNING)
        assert warning.getMessage() == (f"purge run {run.pk} waits for approval (share): 2 of 2 contact points are due")

    def test_shares_go_to_other_workers(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.PURGE_WORKERS = 3
        handed: list[int] = []
        monkeypatch.setattr(tasks.purge_share, "apply_async", lambda args, **how: handed.extend(args))
        tasks.purge()
        run = PurgeRun.objects.get()
        assert handed == list(run.shares.filter(finished_at=None).values_list("pk", flat=True))
        assert run.state == "running"
        for share_id in handed:
            tasks.purge_share(share_id)
        run.refresh_from_db()
        assert run.state == "done"

    @pytest.mark.parametrize("error", [BrokerDown(), ConnectionRefusedError()])
    def test_shares_wait_while_the_broker_is_down(
        self, error: Exception, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fails(*args: Any, **how: Any) -> None:
            raise error

        settings.PURGE_WORKERS = 2
        monkeypatch.setattr(tasks.purge_share, "apply_async", fails)
        tasks.purge()
        left = PurgeRun.objects.get().shares.get(finished_at=None)
        assert f"share {left.pk} of a purge run waits" in caplog.text

    def test_a_share_that_has_a_worker_is_left_to_it(self, caplog: pytest.LogCaptureFixture) -> None:
        tasks.purge()
        share = PurgeRun.objects.get().shares.get()
        Lease.objects.take(f"purge share {share.number}", seconds=60, now=timezone.now())
        with caplog.at_level(logging.INFO, logger="consent.tasks"):
            tasks.purge_share(share.pk)
        assert "already being done" in caplog.text

    def test_what_was_left_and_what_was_approved_is_taken_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        approved = PurgeRun.objects.create(
            as_of=factories.NOON,
            actor_name="tester",
            started_at=factories.NOON,
            state="waiting",
            brake="share",
            approved_by=factories.user("ola"),
            approved_at=factories.NOON,
        )
        under_way = PurgeRun.objects.create(as_of=factories.NOON, actor_name="tester", started_at=factories.NOON)
        share = under_way.shares.create(number=0, of=1)
        taken: list[tuple[str, int]] = []
        monkeypatch.setattr(tasks.purge_approved, "delay", lambda pk: taken.append(("run", pk)))
        monkeypatch.setattr(tasks.purge_share, "delay", lambda pk: taken.append(("share", pk)))
        tasks.take_up_purges()
        assert taken == [("run", approved.pk), ("share", share.pk)]
        tasks.purge_share(share.pk)
        tasks.purge_approved(approved.pk)
        approved.refresh_from_db()
        under_way.refresh_from_db()
        assert (approved.state, under_way.state) == ("done", "done")

    def test_an_approved_run_waits_for_one_at_work(self, caplog: pytest.LogCaptureFixture) -> None:
        run = PurgeRun.objects.create(
            as_of=factories.NOON, actor_name="tester", started_at=factories.NOON, state="waiting", brake="share"
        )
        Lease.objects.take("purge", seconds=60, now=timezone.now())
        with caplog.at_level(logging.INFO, logger="consent.tasks"):
            tasks.purge_approved(run.pk)
        assert "already being done" in caplog.text

    def test_any_other_failure_is_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "run", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tasks.purge()


@pytest.mark.django_db
class TestTakeUpImports:
    def test_batches_that_are_under_way_are_gone_on_with_and_no_others(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stages = ImportBatch.Stage
        times: dict[str, Any] = {"confirmed_at": factories.NOON, "committed_at": factories.NOON}
        batches = {
            stage: factories.batch(stage=stage, **times)
            for stage in (stages.STAGED, stages.PREVIEWING, stages.CONFIRMED)
        }
        previewed: list[int] = []
        monkeypatch.setattr(tasks.preview_import, "delay", previewed.append)
        sent: list[int] = []
        monkeypatch.setattr(tasks.commit_import, "delay", sent.append)
        undone: list[int] = []
        monkeypatch.setattr(tasks.undo_import, "delay", undone.append)
        begun = factories.batch(stage=stages.UNDOING, undone_at=factories.NOON, undone_as="tester", **times)
        tasks.take_up_imports()
        assert previewed == [batches[stages.PREVIEWING].pk]
        assert sent == [batches[stages.CONFIRMED].pk]
        assert undone == [begun.pk]


@pytest.mark.django_db
class TestMessages:
    def queued(self) -> OutgoingMessage:
        line = point().line
        assert line is not None
        kind = OutgoingMessage.Kind.HELP
        return messages.queue(line=line, kind=kind, language="en", at=timezone.now())

    def test_a_message_is_sent_by_its_id(self) -> None:
        message = self.queued()
        tasks.send_message(message.pk)
        message.refresh_from_db()
        assert message.state == "sent"

    def test_what_was_left_is_taken_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        message, sent = self.queued(), self.queued()
        messages.send(sent.pk, at=timezone.now())
        taken: list[int] = []
        monkeypatch.setattr(tasks.send_message, "delay", taken.append)
        tasks.take_up_messages()
        assert taken == [message.pk]

    def test_a_message_is_handed_over_once_it_is_committed(
        self, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        handed: list[Any] = []
        monkeypatch.setattr(tasks.send_message, "apply_async", lambda args, **how: handed.append(args))
        with django_capture_on_commit_callbacks(execute=True):
            tasks.send_soon([7])
            assert handed == []
        assert handed == [(7,)]

    @pytest.mark.parametrize("error", [BrokerDown(), ConnectionRefusedError()])
    def test_a_broker_that_is_down_fails_nobody(
        self,
        error: Exception,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        def fails(*args: Any, **how: Any) -> None:
            raise error

        monkeypatch.setattr(tasks.send_message, "apply_async", fails)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.send_soon([7])
        assert "text message 7 waits" in caplog.text
