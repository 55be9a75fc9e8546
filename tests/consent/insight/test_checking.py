"""A check of the whole ledger: asked for once, carried out once, and what it finds is named and told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import alerts, insight, sealing, tasks
from consent.insight import checking
from consent.models import Alert, LedgerCheck
from crm.models import Lease
from tests import factories
from tests.consent.sealing.tampering import past_the_triggers
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def sealed() -> int:
    """Return the id of an entry that is sealed."""
    pk = factories.entry(factories.point()).pk
    sealing.seal(actor=TESTER, at=NOON)
    return pk


def asked() -> LedgerCheck:
    return insight.ask(user=factories.user(), at=NOON)


def tampered() -> int:
    pk = sealed()
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'staff' WHERE id = {pk}")
    return pk


def test_a_ledger_that_nobody_touched_is_whole() -> None:
    sealed()
    check = insight.carry_out(asked().pk)
    assert (check.state, check.entries, check.seals, check.faults, check.found) == ("whole", 1, 1, 0, [])


def test_what_was_changed_is_named() -> None:
    pk = tampered()
    check = insight.carry_out(asked().pk)
    assert (check.state, check.faults) == ("faulty", 1)
    assert check.found == [{"of": "seals", "kind": "edited", "seal": 1, "entry": pk}]


def test_a_consent_that_does_not_follow_from_its_entries_is_named() -> None:
    sealed()
    past_the_triggers("UPDATE consent_consent SET status = 'withdrawn'")
    (found,) = insight.carry_out(asked().pk).found
    assert (found["of"], found["kind"], found["held"], found["folded"]) == ("consents", "differs", "withdrawn", "given")


def test_more_faults_are_counted_than_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_KEPT", 2)
    monkeypatch.setattr(sealing, "verify", lambda: [sealing.Fault(sealing.Kind.EDITED, 1, pk) for pk in range(5)])
    check = insight.carry_out(asked().pk)
    assert (check.faults, len(check.found)) == (5, 2)


def test_whoever_asks_while_one_waits_is_answered_by_that() -> None:
    assert asked() == asked()
    insight.carry_out(asked().pk)
    assert LedgerCheck.objects.count() == 1
    asked()
    assert LedgerCheck.objects.count() == 2


def test_one_that_is_done_is_left_alone() -> None:
    check = insight.carry_out(asked().pk)
    tampered()
    assert insight.carry_out(check.pk).state == "whole"


def test_one_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    check = asked()
    monkeypatch.setattr(sealing, "verify", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.check_ledger(check.pk)
    check.refresh_from_db()
    assert (check.state, check.error) == ("failed", "ZeroDivisionError")
    assert check.finished_at is not None


def test_what_a_worker_that_was_killed_left_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    check = asked()
    LedgerCheck.objects.filter(pk=check.pk).update(state="running", started_at=NOON)
    taken: list[int] = []
    monkeypatch.setattr(tasks.check_ledger, "delay", taken.append)
    tasks.take_up_checks()
    assert taken == [check.pk]
    tasks.check_ledger(check.pk)
    check.refresh_from_db()
    assert check.state == "whole"
    tasks.take_up_checks()
    assert taken == [check.pk]


def test_one_that_has_a_worker_is_left_to_it() -> None:
    check = asked()
    Lease.objects.take(checking.LEASE, seconds=60, now=timezone.now())
    assert insight.left(at=timezone.now()) == []
    tasks.check_ledger(check.pk)
    check.refresh_from_db()
    assert check.state == "waiting"


def test_faults_raise_an_alert_until_a_check_finds_none(mailoutbox: list[Any]) -> None:
    pk = tampered()
    insight.carry_out(asked().pk)
    (alert,) = alerts.watch(at=NOON)
    assert (alert.kind, alert.detail) == (Alert.Kind.SEAL, f"ledger check {LedgerCheck.objects.get().pk}: 1 faults")
    past_the_triggers(f"UPDATE consent_consentevent SET method = 'web_form' WHERE id = {pk}")
    insight.carry_out(asked().pk)
    assert alerts.watch(at=NOON + timedelta(hours=1)) == []
