"""The nightly run takes what is due in chunks: each is whole or was never begun, and is decided under its locks."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import retention
from consent.models import LegalHold, PurgeRun, Receipt
from consent.retention import receipts
from consent.retention import runs as nightly
from consent.rules.states import Act
from crm import erasure, intake
from crm.models import NIGHTLY, ContactPoint, Lease, LeaseTaken, attributed_to
from tests import factories
from tests.factories import NOON, TESTER, entry, point, policy

pytestmark = pytest.mark.django_db
# The package gives its name to the verb.
DAY = timedelta(days=1)


def run() -> PurgeRun:
    return retention.run(as_of=NOON, actor=NIGHTLY)


def gone() -> ContactPoint:
    """A point whose consent was withdrawn."""
    at = point()
    entry(at, Act.WITHDRAWN, at=NOON - 10 * DAY)
    return at


def test_it_goes_in_chunks_of_one_transaction_each(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PURGE_CHUNK_POINTS = 2
    policy()
    points = [gone() for _ in range(5)]
    sizes: list[int] = []
    lock = erasure.lock

    def counted(ids: list[int]) -> list[erasure.Point]:
        sizes.append(len(ids))
        return lock(ids)

    monkeypatch.setattr(erasure, "lock", counted)
    assert run().counts["purge"] == 5
    assert sizes == [2, 2, 1]
    assert set(Receipt.objects.values_list("point", flat=True)) == {each.pk for each in points}


def between(monkeypatch: pytest.MonkeyPatch, what: Any) -> None:
    """Do something after a chunk was selected and before it is locked."""
    chunks = nightly._chunks

    def interrupted(**values: Any) -> Iterable[list[int]]:
        for chunk in chunks(**values):
            what()
            yield chunk

    monkeypatch.setattr(nightly, "_chunks", interrupted)


@pytest.mark.parametrize("what", ["given again", "held", "restricted", "policy withdrawn"])
def test_what_changed_between_selection_and_lock_is_respected(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terms = policy()
    at, other = gone(), gone()

    def change() -> None:
        if what == "given again":
            entry(at, at=NOON - DAY)
        elif what == "held":
            with attributed_to(factories.origin()):
                LegalHold.objects.create(point=at, reason="claim", placed_at=NOON)
        elif what == "restricted":
            intake.restrict(at.contact, on=True, actor=TESTER, at=NOON, reason="disputed")
        else:
            type(terms).objects.update(active=False)

    between(monkeypatch, change)
    done = run()
    at.refresh_from_db()
    other.refresh_from_db()
    assert at.erased_at is None
    assert (other.erased_at is None) is (what == "policy withdrawn")
    assert done.counts["kept"] == (2 if what == "policy withdrawn" else 1)


def test_a_run_that_fails_says_so_and_keeps_what_it_had_done(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PURGE_CHUNK_POINTS = 1
    policy()
    first, second = gone(), gone()
    write = receipts.write

    def fail(gone: Iterable[Any], run: PurgeRun) -> None:
        gone = list(gone)
        if gone[0][0].erased.point_id == second.pk:
            raise ZeroDivisionError("the details of a failure may be a person's")
        write(gone, run)

    monkeypatch.setattr(receipts, "write", fail)
    with pytest.raises(ZeroDivisionError):
        run()
    failed = PurgeRun.objects.get()
    assert (failed.state, failed.error, failed.counts["purge"]) == ("failed", "ZeroDivisionError", 1)
    assert failed.finished_at is not None
    # The chunk whose receipt could not be written was not erased.
    second.refresh_from_db()
    assert second.erased_at is None
    assert second.line is not None
    assert Receipt.objects.get().point == first
    monkeypatch.undo()
    # The lease was given back: the next run goes on at once.
    assert run().counts["purge"] == 1


def test_a_second_run_is_turned_away_and_writes_nothing() -> None:
    policy()
    gone()
    Lease.objects.take(nightly.LEASE, seconds=60, now=timezone.now())
    with pytest.raises(LeaseTaken):
        run()
    assert not PurgeRun.objects.exists()
    assert not Receipt.objects.exists()


def test_a_dead_run_s_lease_is_taken_over_and_its_row_closed() -> None:
    policy()
    gone()
    long_ago = timezone.now() - timedelta(minutes=10)
    Lease.objects.take(nightly.LEASE, seconds=5, now=long_ago)
    dead = PurgeRun.objects.create(as_of=NOON, actor_name="nightly job", started_at=long_ago)
    assert run().counts["purge"] == 1
    dead.refresh_from_db()
    assert (dead.state, dead.error) == ("failed", "interrupted")
