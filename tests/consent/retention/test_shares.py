"""A run in several shares: each contact is in one, a share is done once, and the last of them ends the run."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from consent import retention
from consent.journal.file import unresolved
from consent.models import PurgeRun, PurgeShare, Receipt
from consent.retention import purging
from consent.retention import runs as nightly
from consent.rules.states import Act
from crm.models import NIGHTLY, ContactPoint, Lease, LeaseLost, LeaseTaken
from tests.factories import NOON, contact, entry, number, point, policy, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _three_workers(settings: Any) -> None:
    settings.PURGE_WORKERS = 3
    settings.PURGE_CHUNK_POINTS = 2


def withdrawn(count: int = 1, *, days: int = 1) -> list[ContactPoint]:
    points = [point() for _ in range(count)]
    for each in points:
        entry(each, Act.WITHDRAWN, at=NOON - days * DAY)
    return points


def begun() -> tuple[PurgeRun, list[int]]:
    """A run of which the first worker has done its share, and the shares that it has handed over."""
    handed: list[int] = []
    return retention.run(as_of=NOON, actor=NIGHTLY, hand_over=handed.append), handed


def shares(ids: list[int]) -> Iterator[PurgeShare]:
    for pk in ids:
        yield PurgeShare.objects.get(pk=pk)


def test_each_worker_takes_a_share_and_the_last_ends_the_run() -> None:
    terms = policy()
    withdrawn(7)
    run, handed = begun()
    assert (run.state, run.finished_at, len(handed)) == ("running", None, 2)
    first, second = shares(handed)
    retention.work(first)
    run.refresh_from_db()
    assert run.state == "running"
    retention.work(second)
    run.refresh_from_db()
    assert (run.state, run.error) == ("done", "")
    assert run.finished_at is not None
    assert run.counts[f"policy {terms.pk}"] == run.counts["purge"] == run.counts["numbers"] == 7
    assert Receipt.objects.filter(run=run).count() == 7
    assert all(share.counts["purge"] and share.started_at and share.finished_at for share in run.shares.all())


def test_every_contact_is_in_exactly_one_share_with_all_its_points() -> None:
    policy()
    withdrawn(5)
    for each in contact([number(), number(), number()]).points.all():
        entry(each, Act.WITHDRAWN, at=NOON - DAY)
    whole = [found.point_id for found in retention.due(as_of=NOON)]
    parts = [[found.point_id for found in retention.due(as_of=NOON, of=3, number=n)] for n in range(3)]
    assert sorted(pk for part in parts for pk in part) == whole
    assert all(part == sorted(part) for part in parts)
    of = {
        pk: {ContactPoint.objects.get(pk=point_id).contact_id % 3 for point_id in part} for pk, part in enumerate(parts)
    }
    assert of == {0: {0}, 1: {1}, 2: {2}}


def test_alone_one_worker_does_it_all() -> None:
    policy()
    withdrawn(4)
    run = retention.run(as_of=NOON, actor=NIGHTLY)
    assert (run.state, run.shares.count(), run.receipts.count()) == ("done", 1, 4)


def test_the_oldest_due_is_that_of_all_shares() -> None:
    policy()
    for days in (1, 9, 4, 7):
        withdrawn(days=days)
    run, handed = begun()
    for share in shares(handed):
        retention.work(share)
    run.refresh_from_db()
    assert run.oldest_due_at == NOON - 9 * DAY
    assert run.overdue == 9 * DAY
    assert min(share.oldest_due_at for share in run.shares.all() if share.oldest_due_at) == NOON - 9 * DAY


def test_a_share_that_is_done_is_left_alone() -> None:
    policy()
    withdrawn(6)
    run, handed = begun()
    for _ in range(2):
        for share in shares(handed):
            retention.work(share)
    run.refresh_from_db()
    assert (run.counts["purge"], run.receipts.count()) == (6, 6)


def test_what_has_lapsed_is_said_once_when_the_run_begins() -> None:
    entry(point(), of=purpose("offers", lapses_after_months=1), at=NOON - 60 * DAY)
    run, handed = begun()
    assert run.counts == {"expired": 1}
    for share in shares(handed):
        retention.work(share)
    run.refresh_from_db()
    assert run.counts["expired"] == 1


def test_of_two_workers_at_a_share_one_is_turned_away() -> None:
    _run, handed = begun()
    (share, _other) = shares(handed)
    Lease.objects.take(f"purge share {share.number}", seconds=60, now=timezone.now())
    with pytest.raises(LeaseTaken):
        retention.work(share)


def killed_in(share: PurgeShare, monkeypatch: pytest.MonkeyPatch, *, after: int = 1) -> None:
    """Do so many chunks of a share, and die."""
    chunks = nightly._chunks

    def dying(**values: Any) -> Iterator[list[int]]:
        for done, chunk in enumerate(chunks(**values)):
            if done == after:
                raise KeyboardInterrupt
            yield chunk

    with monkeypatch.context() as patch:
        patch.setattr(nightly, "_chunks", dying)
        # Nothing that a killed worker would not do.
        patch.setattr(Lease, "give_back", lambda *args, **values: None)
        with pytest.raises(KeyboardInterrupt):
            retention.work(share)


def test_a_share_whose_worker_was_killed_is_taken_up_and_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(12)
    run, handed = begun()
    first, second = shares(handed)
    killed_in(first, monkeypatch)
    retention.work(second)
    now = timezone.now()
    assert retention.left(at=now) == []
    assert retention.left(at=now + timedelta(minutes=10)) == [first.pk]
    with pytest.raises(LeaseTaken):
        retention.work(first)
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        retention.work(first)
    run.refresh_from_db()
    assert (run.state, run.counts["purge"], run.receipts.count()) == ("done", 12, 12)
    assert sum(share.counts["purge"] for share in run.shares.all()) == 12


def test_a_run_that_nobody_ended_is_ended_by_who_takes_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(4)
    run, handed = begun()
    first, second = shares(handed)
    retention.work(first)
    with monkeypatch.context() as patch:
        patch.setattr(nightly, "finish", lambda *args: None)
        retention.work(second)
    run.refresh_from_db()
    assert run.state == "running"
    (left,) = shares(retention.left(at=timezone.now()))
    retention.work(left)
    run.refresh_from_db()
    assert (run.state, run.counts["purge"]) == ("done", 4)


def test_a_share_that_fails_fails_the_run_when_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(6)
    run, handed = begun()
    first, second = shares(handed)
    with monkeypatch.context() as patch:
        patch.setattr(nightly, "erase_chunk", lambda *args, **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            retention.work(first)
    run.refresh_from_db()
    assert (run.state, run.error) == ("running", "ZeroDivisionError")
    retention.work(second)
    run.refresh_from_db()
    assert (run.state, run.error, run.counts["purge"]) == ("failed", "ZeroDivisionError", 4)
    assert retention.run(as_of=NOON, actor=NIGHTLY).counts["purge"] == 2


class TestBeginning:
    def test_while_a_share_is_being_done_no_other_run_begins(self) -> None:
        begun()
        later = timezone.now() + timedelta(minutes=10)
        Lease.objects.take("purge share 1", seconds=3600, now=timezone.now())
        with time_machine.travel(later, tick=False), pytest.raises(LeaseTaken):
            retention.run(as_of=NOON, actor=NIGHTLY)
        assert PurgeRun.objects.count() == 1

    def test_a_share_that_was_handed_over_has_a_moment_to_be_taken_up(self) -> None:
        begun()
        with pytest.raises(LeaseTaken):
            retention.run(as_of=NOON, actor=NIGHTLY)

    def test_a_run_that_nobody_is_at_any_more_is_closed_with_what_it_did(self, monkeypatch: pytest.MonkeyPatch) -> None:
        policy()
        withdrawn(12)
        dead, handed = begun()
        first, _second = shares(handed)
        killed_in(first, monkeypatch)
        zombie = Lease.objects.get(name=f"purge share {first.number}")
        with time_machine.travel(timezone.now() + timedelta(minutes=10), tick=False):
            run = retention.run(as_of=NOON, actor=NIGHTLY)
        dead.refresh_from_db()
        assert (dead.state, dead.error, dead.counts["purge"]) == ("failed", "interrupted", dead.receipts.count())
        assert run.receipts.count() == 12 - dead.receipts.count()
        with pytest.raises(LeaseLost):
            zombie.renew(seconds=60, now=timezone.now())
        # What was still in the queue finds nothing to do.
        for share in shares(handed):
            retention.work(share)
        assert Receipt.objects.count() == 12

    def test_a_run_that_fails_before_its_shares_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(nightly, "expire_lapsed", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            begun()
        run = PurgeRun.objects.get()
        assert (run.state, run.error) == ("failed", "ZeroDivisionError")
        assert retention.left(at=timezone.now()) == []

    def test_nothing_is_taken_up_while_a_run_is_being_begun(self) -> None:
        _run, handed = begun()
        assert retention.left(at=timezone.now()) == handed
        Lease.objects.take("purge", seconds=60, now=timezone.now())
        assert retention.left(at=timezone.now()) == []


def test_a_chunk_that_the_database_breaks_off_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(2)
    erase: Callable[..., Any] = purging.erase_chunk
    tries: list[int] = []

    def deadlocked(*args: Any, **values: Any) -> Any:
        tries.append(1)
        done = erase(*args, **values)
        if len(tries) == 1:
            raise OperationalError("deadlock detected")
        return done

    monkeypatch.setattr(nightly, "erase_chunk", deadlocked)
    run = retention.run(as_of=NOON, actor=NIGHTLY)
    assert (len(tries), run.state, run.counts["purge"]) == (2, "done", 2)
    assert Receipt.objects.count() == 2


def test_a_chunk_whose_commit_was_not_answered_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(1)
    again: Any = vars(nightly)["tried_again"]

    def unanswered(attempt: Callable[[], None]) -> None:
        attempt()
        again(attempt)

    monkeypatch.setattr(nightly, "tried_again", unanswered)
    run = retention.run(as_of=NOON, actor=NIGHTLY)
    assert (run.state, run.counts["purge"], run.counts["numbers"]) == ("done", 1, 1)


def test_an_attempt_that_the_database_broke_off_is_void_when_the_run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    policy()
    withdrawn(1)
    real, tries = vars(nightly)["erase_chunk"], []

    def broken_off(*args: Any, **values: Any) -> Any:
        done = real(*args, **values)
        tries.append(done)
        if len(tries) == 1:
            raise OperationalError("deadlock detected")
        return done

    monkeypatch.setattr(nightly, "erase_chunk", broken_off)
    run = retention.run(as_of=NOON, actor=NIGHTLY)
    assert (run.state, run.counts["purge"], len(tries)) == ("done", 1, 2)
    assert unresolved() == {}
