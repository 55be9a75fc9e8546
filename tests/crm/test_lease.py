"""A lease lets one at a time do a job, and falls free when its holder died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from crm.models import Lease, LeaseLost, LeaseTaken
from tests.factories import NOON

SECOND = timedelta(seconds=1)


def take(seconds: int = 60, *, after: timedelta = timedelta(), name: str = "purge") -> Lease:
    return Lease.objects.take(name, seconds=seconds, now=NOON + after)


@pytest.mark.django_db
class TestALease:
    def test_the_first_to_ask_holds_it_for_so_long(self) -> None:
        assert take(60).until == NOON + 60 * SECOND
        assert Lease.objects.get(name="purge").until == NOON + 60 * SECOND

    def test_the_second_is_refused_and_told_until_when(self) -> None:
        take(60)
        with pytest.raises(LeaseTaken, match=r"^purge is already being done.*12:01:00") as refusal:
            take(60, after=59 * SECOND)
        assert refusal.value.until == NOON + 60 * SECOND

    def test_a_refusal_changes_nothing(self) -> None:
        held = take(60)
        with pytest.raises(LeaseTaken):
            take(600, after=SECOND)
        assert Lease.objects.get().holder == held.holder
        assert Lease.objects.get().until == held.until

    def test_another_job_is_free(self) -> None:
        take()
        assert take(name="import").name == "import"

    def test_it_falls_free_at_its_end(self) -> None:
        dead = take(60)
        assert take(60, after=60 * SECOND).holder != dead.holder

    def test_a_holder_holds_on(self) -> None:
        lease = take(60)
        lease.renew(seconds=60, now=NOON + 50 * SECOND)
        assert lease.until == NOON + 110 * SECOND
        with pytest.raises(LeaseTaken):
            take(after=109 * SECOND)

    def test_one_that_ran_out_is_renewed_while_nobody_took_it(self) -> None:
        lease = take(60)
        lease.renew(seconds=60, now=NOON + 600 * SECOND)
        with pytest.raises(LeaseTaken):
            take(after=659 * SECOND)

    def test_one_that_another_took_is_lost(self) -> None:
        lease = take(60)
        other = take(60, after=61 * SECOND)
        with pytest.raises(LeaseLost, match="purge"):
            lease.renew(seconds=60, now=NOON + 62 * SECOND)
        assert Lease.objects.get().holder == other.holder
        assert Lease.objects.get().until == other.until

    def test_given_back_it_is_free_at_once(self) -> None:
        lease = take(60)
        lease.give_back(now=NOON + SECOND)
        assert take(after=SECOND).holder != lease.holder

    def test_given_back_it_is_free_also_by_a_clock_that_was_put_back(self) -> None:
        take(60).give_back(now=NOON + SECOND)
        assert take(after=-3600 * SECOND).until == NOON - 3540 * SECOND

    def test_one_that_was_given_back_is_not_renewed(self) -> None:
        lease = take(60)
        lease.give_back(now=NOON)
        with pytest.raises(LeaseLost):
            lease.renew(seconds=60, now=NOON)

    def test_one_that_is_taken_away_is_lost_and_free(self) -> None:
        lease, other = take(60), take(60, name="import")
        Lease.objects.take_away(["purge"])
        with pytest.raises(LeaseLost):
            lease.renew(seconds=60, now=NOON)
        other.renew(seconds=60, now=NOON)
        assert take().holder != lease.holder

    def test_the_held_ones_are_known(self) -> None:
        take(60)
        take(60, name="import").give_back(now=NOON)
        assert [lease.name for lease in Lease.objects.held(at=NOON)] == ["purge"]
        assert not Lease.objects.held(at=NOON + 60 * SECOND).exists()

    def test_giving_back_one_that_was_lost_leaves_the_other_holder_alone(self) -> None:
        lease = take(60)
        other = take(60, after=61 * SECOND)
        lease.give_back(now=NOON + 62 * SECOND)
        assert Lease.objects.get().until == other.until

    @pytest.mark.parametrize("days", [1, 400])
    def test_one_taken_by_a_clock_that_was_wrong_is_free_once_the_clock_is_right(self, days: int) -> None:
        dead = take(60, after=timedelta(days=days))
        assert take(60).holder != dead.holder
        with pytest.raises(LeaseLost):
            dead.renew(seconds=60, now=NOON)

    def test_a_clock_that_is_put_back_a_little_leaves_it_to_its_holder(self) -> None:
        take(60)
        with pytest.raises(LeaseTaken):
            take(60, after=-10 * SECOND)

    def test_its_row_stays_when_it_is_given_back(self) -> None:
        take().give_back(now=NOON)
        assert Lease.objects.filter(name="purge").exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_gets_it() -> None:
    at_once = Barrier(8)

    def ask() -> bool:
        try:
            at_once.wait()
            take(60)
        except LeaseTaken:
            return False
        else:
            return True
        finally:
            connection.close()

    for _round in range(3):
        Lease.objects.all().delete()
        with ThreadPoolExecutor(8) as pool:
            got = [each.result() for each in [pool.submit(ask) for _worker in range(8)]]
        assert got.count(True) == 1


@pytest.mark.django_db
def test_a_renewal_that_is_rolled_back_holds_nothing() -> None:
    lease = take(60)
    with transaction.atomic():
        lease.renew(seconds=600, now=NOON)
        transaction.set_rollback(True)
    assert Lease.objects.get().until == NOON + 60 * SECOND
