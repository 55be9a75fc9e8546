"""Two at work at once, with real threads and their own connections: whoever comes second sees what the first did."""

import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from consent import ledger, retention, roles
from consent.models import Consent, LegalHold, PurgeRun, PurgeShare, Receipt
from consent.retention import runs as nightly
from consent.rules.states import Act
from crm import erasure, intake, tagging
from crm.models import (
    NIGHTLY,
    AnonymousCount,
    Contact,
    ContactPoint,
    ContactTag,
    Lease,
    LeaseLost,
    LeaseTaken,
    PhoneNumber,
    attributed_to,
)
from tests import factories
from tests.factories import NOON, TESTER, entry, notice, number, point, policy, purpose

pytestmark = pytest.mark.django_db(transaction=True)
# The package gives its name to the verb.


def run() -> PurgeRun:
    return retention.run(as_of=NOON, actor=NIGHTLY)


def elsewhere(work: Callable[[], Any]) -> "Future[Any]":
    """Start work in a thread of its own, with a connection of its own."""

    def alone() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    pool = ThreadPoolExecutor(1)
    future = pool.submit(alone)
    pool.shutdown(wait=False)
    return future


def withdrawn(**profile: Any) -> ContactPoint:
    at = point(**profile)
    entry(at, Act.WITHDRAWN, at=NOON - timedelta(days=1))
    return at


def between(monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Do something after a chunk was selected and before it is locked."""
    chunks = nightly._chunks

    def interrupted(**values: Any) -> Iterable[list[int]]:
        for chunk in chunks(**values):
            what()
            yield chunk

    monkeypatch.setattr(nightly, "_chunks", interrupted)


def under_the_lock(monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> "list[Future[Any]]":
    """Start work elsewhere while a chunk is being erased, and see that it has to wait."""
    started: list[Future[Any]] = []
    erase = erasure.erase

    def slowly(*args: Any, **values: Any) -> Any:
        done = erase(*args, **values)
        started.append(elsewhere(work))
        with pytest.raises(NotYet):
            started[0].result(timeout=0.4)
        return done

    monkeypatch.setattr(erasure, "erase", slowly)
    return started


def test_of_two_runs_at_once_one_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    points = [withdrawn() for _ in range(3)]
    turned_away: list[BaseException | None] = []
    between(monkeypatch, lambda: turned_away.append(elsewhere(run).exception(timeout=20)))
    assert run().counts["purge"] == 3
    assert isinstance(turned_away[0], LeaseTaken)
    assert PurgeRun.objects.count() == 1
    assert Receipt.objects.count() == len(points)


def test_a_run_that_lost_its_lease_stops_before_it_touches_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn()
    between(monkeypatch, lambda: Lease.objects.update(holder=uuid.uuid4()))
    with pytest.raises(LeaseLost):
        run()
    # It is for whoever has the lease now to go on with it, and to end it.
    assert (PurgeRun.objects.get().state, PurgeRun.objects.get().error) == ("running", "")
    assert not Receipt.objects.exists()
    assert not PhoneNumber.objects.filter(number=None).exists()


def test_a_lease_that_ran_out_is_kept_while_nobody_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn()
    between(monkeypatch, lambda: Lease.objects.update(until=NOON))
    assert run().state == "done"


def test_a_consent_given_again_by_another_after_the_selection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    at = withdrawn()
    between(monkeypatch, lambda: elsewhere(lambda: entry(at, at=NOON)).result(timeout=20))
    assert run().counts["kept"] == 1
    at.refresh_from_db()
    assert at.erased_at is None
    assert Consent.objects.get().status == "given"


def test_a_consent_given_while_the_point_is_erased_comes_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    at = withdrawn()
    notice(purpose())
    started = under_the_lock(monkeypatch, lambda: entry(at, at=NOON))
    assert run().counts["purge"] == 1
    assert isinstance(started[0].exception(timeout=20), ledger.PointErased)
    assert list(ledger.differences()) == []


@pytest.mark.parametrize("what", ["restrict", "end", "replace"])
def test_staff_who_act_while_the_point_is_erased_are_told(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    at, other = withdrawn(given_name="Ann"), number()
    factories.source("staff", kind="staff")
    how: dict[str, Any] = {"actor": TESTER, "at": NOON, "reason": "asked"}
    acts = {
        "restrict": lambda: intake.restrict(at.contact, on=True, **how),
        "end": lambda: intake.end(at, **how),
        "replace": lambda: intake.replace(at, intake.Number(other), **how),
    }
    started = under_the_lock(monkeypatch, acts[what])
    assert run().counts["purge"] == 1
    assert isinstance(started[0].exception(timeout=20), intake.Rejected)
    assert Contact.objects.get().status == "erased"
    # Nothing of a row that was read before came back, not even into the history.
    assert not ContactPoint.history.exists()
    assert not Contact.history.exists()
    assert not PhoneNumber.objects.exclude(number=None).exists()


def test_who_is_put_into_a_group_while_they_are_erased_is_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    at, group = withdrawn(), factories.tag()
    how: dict[str, Any] = {"actor": TESTER, "at": NOON, "reason": "asked"}
    started = under_the_lock(monkeypatch, lambda: tagging.add(at.contact, group, **how))
    assert run().counts["purge"] == 1
    assert isinstance(started[0].exception(timeout=20), tagging.NotPossible)
    assert not ContactTag.objects.exists()
    assert not ContactTag.history.exists()


def test_two_workers_erase_everyone_once(settings: Any) -> None:
    settings.PURGE_WORKERS, settings.PURGE_CHUNK_POINTS = 3, 2
    policy(action="anonymize")
    points = [withdrawn() for _ in range(20)]
    workers: list[Future[Any]] = []

    def hand_over(share_id: int) -> None:
        share = PurgeShare.objects.get(pk=share_id)
        workers.append(elsewhere(lambda: retention.work(share)))

    retention.run(as_of=NOON, actor=NIGHTLY, hand_over=hand_over)
    for worker in workers:
        worker.result(timeout=60)
    done = PurgeRun.objects.get()
    assert (done.state, done.error, done.counts["anonymize"], len(workers)) == ("done", "", 20, 2)
    assert done.receipts.count() == len(points)
    assert AnonymousCount.objects.get().count == 20


def test_two_who_approve_at_once_approve_once() -> None:
    waiting = PurgeRun.objects.create(as_of=NOON, actor_name="tester", started_at=NOON, state="waiting", brake="share")
    roles.sync()
    people = [factories.user(name, role="Compliance officer") for name in ("ola", "oli")]
    tries = [elsewhere(lambda who=who: retention.approve(waiting, user=who, at=NOON)) for who in people]  # type: ignore[misc]
    failed = [each.exception(timeout=20) for each in tries]
    assert [type(each) for each in failed if each] == [retention.NotWaiting]
    assert PurgeRun.objects.get().approved_by in people


def test_a_hold_waits_for_the_chunk_and_counts_for_the_next(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 1
    policy()
    first, second = withdrawn(), withdrawn()

    def hold() -> None:
        with attributed_to(factories.origin()):
            LegalHold.objects.create(source=factories.source(), reason="claim", placed_at=NOON)

    started = under_the_lock(monkeypatch, hold)
    erase_chunk = nightly._erase

    def once_placed(*chunk: Any) -> None:
        if started:
            monkeypatch.undo()
            started[0].result(timeout=20)
        erase_chunk(*chunk)

    monkeypatch.setattr(nightly, "_erase", once_placed)
    done = run()
    assert (done.counts["purge"], Receipt.objects.get().point) == (1, first)
    second.refresh_from_db()
    assert second.erased_at is None


def test_a_number_that_is_imported_while_it_is_erased_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    at = withdrawn()
    assert at.line is not None
    row = intake.Row(profile={"given_name": "Ann"}, numbers=[intake.Number(at.line.e164)])
    how: dict[str, Any] = {"source": factories.source(), "actor": TESTER, "at": NOON, "reason": "test"}
    started = under_the_lock(monkeypatch, lambda: intake.store(row, **how))
    run()
    assert started[0].result(timeout=20).outcome == "suppressed"
    assert Contact.objects.count() == 1
