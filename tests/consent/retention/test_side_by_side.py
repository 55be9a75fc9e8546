"""Chunks of different points are erased at the same time, and whoever places a hold waits for all of them."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from consent.models import LegalHold, PurgeRun, Receipt
from consent.retention.purging import erase_chunk
from consent.rules.states import Act
from crm import erasure, intake
from crm.models import NIGHTLY, AnonymousCount, ContactPoint, Lease, PhoneNumber, attributed_to
from tests import factories
from tests.consent.retention.test_races import elsewhere
from tests.factories import NOON, TESTER, entry, number, point, policy
from tests.raw import POSTGRES, execute

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not POSTGRES, reason="SQLite has a single writer"),
]


def gone() -> ContactPoint:
    """A point whose consent was withdrawn."""
    at = point()
    entry(at, Act.WITHDRAWN, at=NOON)
    return at


def chunk(name: str, *points: ContactPoint) -> Any:
    """Erase points as one worker of a run does."""
    run = PurgeRun.objects.create(as_of=timezone.now(), actor_name=NIGHTLY.name, started_at=timezone.now())
    lease = Lease.objects.take(name, seconds=60, now=timezone.now())
    return erase_chunk([each.pk for each in points], run, lease, as_of=timezone.now(), actor=NIGHTLY)


@pytest.fixture
def midway(monkeypatch: pytest.MonkeyPatch) -> "Callable[[ContactPoint], tuple[Future[Any], Event]]":
    """Erase a point elsewhere, and stop when everything of it is erased and nothing is committed."""
    erase = erasure.erase

    def start(at: ContactPoint) -> "tuple[Future[Any], Event]":
        reached, go_on = Event(), Event()

        def slowly(points: Any, **values: Any) -> Any:
            done = erase(points, **values)
            if [each.pk for each in points] == [at.pk]:
                reached.set()
                assert go_on.wait(20)
            return done

        monkeypatch.setattr(erasure, "erase", slowly)
        under_way = elsewhere(lambda: chunk("first", at))
        assert reached.wait(20)
        return under_way, go_on

    return start


def hold(**on: Any) -> None:
    with attributed_to(factories.origin()):
        LegalHold.objects.create(reason="claim", placed_at=NOON, **on)


@pytest.mark.parametrize("action", ["purge", "anonymize"])
def test_two_chunks_of_different_points_are_erased_at_the_same_time(midway: Any, action: str) -> None:
    policy(action=action)
    first, second = gone(), gone()
    under_way, go_on = midway(first)
    assert elsewhere(lambda: chunk("second", second)).result(timeout=20)[action] == 1
    assert list(Receipt.objects.values_list("point", flat=True)) == [second.pk]
    assert not under_way.done()
    go_on.set()
    assert under_way.result(timeout=20)[action] == 1
    # Both are counted, whoever came first.
    assert sum(AnonymousCount.objects.values_list("count", flat=True)) == (2 if action == "anonymize" else 0)


@pytest.mark.parametrize("how", ["placed", "prolonged", "moved", "given back"])
def test_a_hold_by_raw_sql_waits_for_the_chunk_that_is_being_erased(midway: Any, how: str) -> None:
    policy()
    first, other = gone(), point()
    hold(contact=other.contact, released_at=NOON, ends_at=NOON)
    (held,) = LegalHold.objects.values_list("pk", flat=True)
    statements = {
        "placed": f"INSERT INTO consent_legalhold (point_id, reason, placed_at) VALUES ({first.pk}, 'claim', now())",
        "prolonged": f"UPDATE consent_legalhold SET ends_at = NULL WHERE id = {held}",
        "moved": f"UPDATE consent_legalhold SET contact_id = {first.contact_id} WHERE id = {held}",
        "given back": f"UPDATE consent_legalhold SET released_at = NULL WHERE id = {held}",
    }
    under_way, go_on = midway(first)
    placed = elsewhere(lambda: execute(statements[how]))
    with pytest.raises(NotYet):
        placed.result(timeout=0.4)
    go_on.set()
    assert under_way.result(timeout=20)["purge"] == 1
    # One that is on whom the chunk has erased is told so.
    refused = placed.exception(timeout=20)
    assert ("nothing left to hold" in str(refused)) if how in ("placed", "moved") else refused is None


def test_blanking_why_something_was_held_does_not_wait(midway: Any) -> None:
    policy()
    first, other = gone(), point()
    hold(contact=other.contact)
    _under_way, go_on = midway(first)
    elsewhere(lambda: LegalHold.objects.update(reason="")).result(timeout=20)
    go_on.set()


def test_a_hold_that_came_first_is_waited_for_and_respected() -> None:
    policy()
    first = gone()
    with transaction.atomic():
        hold(point=first)
        under_way = elsewhere(lambda: chunk("first", first))
        with pytest.raises(NotYet):
            under_way.result(timeout=0.4)
    assert under_way.result(timeout=20)["kept"] == 1
    assert not Receipt.objects.exists()


def test_chunks_whose_points_have_succeeded_each_other_do_not_wait_on_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of two chunks holds a point that a point of the other has succeeded, and writes to it."""
    policy("superseded")

    def succeeded() -> tuple[ContactPoint, ContactPoint]:
        before = point()
        intake.replace(before, intake.Number(number()), actor=TESTER, at=NOON, reason="corrected")
        before.refresh_from_db()
        after = before.superseded_by
        assert after is not None
        intake.end(after, actor=TESTER, at=NOON, reason="moved")
        return before, after

    (one, two), (four, three) = succeeded(), succeeded()
    erase = erasure.erase

    def slowly(*args: Any, **values: Any) -> Any:
        time.sleep(0.5)
        return erase(*args, **values)

    monkeypatch.setattr(erasure, "erase", slowly)
    both = [elsewhere(lambda: chunk("first", one, three)), elsewhere(lambda: chunk("second", two, four))]
    assert [each.result(timeout=20)["purge"] for each in both] == [2, 2]
    assert not PhoneNumber.objects.exclude(number=None).exists()


def test_the_lock_is_given_back_with_the_transaction() -> None:
    policy()
    chunk("first", gone())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        assert cursor.fetchone()[0] == 0
