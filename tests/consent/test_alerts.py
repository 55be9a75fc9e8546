"""What is wrong with the nightly work is written down once, told to the officers, and told again while it lasts."""

import logging
import smtplib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail

from consent import alerts, roles
from consent.alerts import Kind
from consent.models import Alert, ConsentEvent, PurgeRun, RetentionPolicy, Seal, SealedEntry
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from tests import factories
from tests.factories import NOON, entry, point, policy

pytestmark = pytest.mark.django_db
State = PurgeRun.State


def run(state: PurgeRun.State = State.DONE, *, at: datetime = NOON, **values: Any) -> PurgeRun:
    finished = None if state in (State.RUNNING, State.WAITING) else at
    brake = PurgeRun.Brake.SHARE if state is State.WAITING else ""
    values = {
        "as_of": at,
        "started_at": at,
        "finished_at": finished,
        "actor_name": "nightly job",
        "brake": brake,
    } | values
    return PurgeRun.objects.create(state=state, **values)


def kinds(*, at: datetime = NOON) -> set[str]:
    return {alert.kind for alert in alerts.watch(at=at)}


def withdrawn(*, at: datetime) -> int:
    """Return the id of a point whose consent was withdrawn, under a policy that erases a day later."""
    RetentionPolicy.objects.all() or policy(after_days=1)
    where = point()
    entry(where, Act.WITHDRAWN, at=at)
    return where.pk


def officer(email: str = "officer@finch.example", **values: Any) -> None:
    roles.sync()
    user = factories.User.objects.create(username=f"user {factories.User.objects.count()}", email=email, **values)
    user.groups.add(Group.objects.get(name=alerts.OFFICERS))


def test_all_is_well_when_nothing_is_wrong() -> None:
    run()
    assert kinds() == set()
    assert mail.outbox == []


class TestWhatIsOverdue:
    def test_what_is_due_for_less_than_48_hours_is_not_late(self) -> None:
        withdrawn(at=NOON - timedelta(hours=71))
        run()
        assert kinds() == set()

    def test_what_is_due_for_more_is(self) -> None:
        late = withdrawn(at=NOON - timedelta(hours=73))
        run()
        (alert,) = alerts.watch(at=NOON)
        assert alert.kind == Kind.OVERDUE
        assert f"the oldest, {late}, since 2026-02-28 11:00 UTC" in alert.detail

    def test_it_is_counted_up_to_a_thousand(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(alerts, "COUNTED", 2)
        for _n in range(3):
            withdrawn(at=NOON - timedelta(days=5))
        run()
        assert alerts.watch(at=NOON)[0].detail.startswith("2 or more contact points")


class TestRuns:
    def test_a_failed_run_is_told_until_one_is_done(self) -> None:
        failed = run(State.FAILED, error="OperationalError")
        assert [alert.detail for alert in alerts.watch(at=NOON)] == [f"run {failed.pk}: OperationalError"]
        run(State.RUNNING, at=NOON + timedelta(hours=1))
        assert kinds(at=NOON + timedelta(hours=1)) == {Kind.RUN_FAILED}
        run(State.DONE, at=NOON + timedelta(hours=2))
        assert kinds(at=NOON + timedelta(hours=2)) == set()
        assert Alert.objects.get().closed_at == NOON + timedelta(hours=2)

    def test_a_run_that_waits_for_approval_is_told(self) -> None:
        run(State.WAITING, due=1204)
        (alert,) = alerts.watch(at=NOON)
        assert (alert.kind, "1204 contact points due" in alert.detail) == (Kind.RUN_WAITING, True)

    def test_no_run_for_48_hours_is_told_where_there_is_a_policy(self) -> None:
        run(at=NOON - timedelta(hours=49))
        assert kinds() == set()
        RetentionPolicy.objects.filter(pk=policy().pk).update(created_at=NOON - timedelta(days=9))
        assert kinds() == {Kind.NOT_RUN}
        run(at=NOON - timedelta(hours=47))
        assert kinds() == set()


def test_an_entry_that_nobody_has_sealed_for_48_hours_is_told() -> None:
    made = entry(point(), Act.GIVEN)
    recorded = ConsentEvent.objects.get(pk=made.pk).recorded_at
    run(at=recorded)
    assert kinds(at=recorded + timedelta(hours=47)) == set()
    run(at=recorded + timedelta(hours=49))
    assert kinds(at=recorded + timedelta(hours=49)) == {Kind.SEAL}
    seal = Seal.objects.create(number=1, entries=1, root="0" * 64, previous="0" * 64, digest="1" * 64, sealed_at=NOON)
    SealedEntry.objects.create(entry_id=made.pk, seal=seal, position=0, leaf="2" * 64)
    assert kinds(at=recorded + timedelta(hours=49)) == set()


class TestTelling:
    def test_the_officers_with_an_address_are_told_once_a_day_while_it_lasts(self) -> None:
        officer()
        officer(email="")
        officer(email="gone@finch.example", is_active=False)
        run(State.FAILED, error="OperationalError")
        for hours in (0, 1, 23, 24):
            alerts.watch(at=NOON + timedelta(hours=hours))
        assert [message.to for message in mail.outbox] == [["officer@finch.example"]] * 2
        assert "OperationalError" in mail.outbox[0].body

    def test_a_mail_that_cannot_be_sent_is_tried_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(*arguments: Any) -> None:
            raise smtplib.SMTPServerDisconnected

        officer()
        run(State.FAILED)
        monkeypatch.setattr(alerts, "send_mail", down)
        assert alerts.watch(at=NOON)[0].sent_at is None
        monkeypatch.undo()
        alerts.watch(at=NOON + timedelta(hours=1))
        assert len(mail.outbox) == 1

    def test_it_is_in_the_log_too_without_a_number(self, caplog: pytest.LogCaptureFixture) -> None:
        withdrawn(at=NOON - timedelta(days=5))
        run()
        with caplog.at_level(logging.ERROR):
            alerts.watch(at=NOON)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert "overdue" in caplog.text
        assert "555" not in caplog.text

    def test_what_is_over_and_comes_again_is_another_alert(self) -> None:
        run(State.FAILED)
        alerts.watch(at=NOON)
        run(at=NOON + timedelta(hours=1))
        alerts.watch(at=NOON + timedelta(hours=1))
        run(State.FAILED, at=NOON + timedelta(hours=2))
        alerts.watch(at=NOON + timedelta(hours=2))
        assert Alert.objects.filter(kind=Kind.RUN_FAILED).count() == 2


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        alerts.watch(at=datetime(2026, 3, 2))
