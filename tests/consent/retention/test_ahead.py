"""What is due is read ahead by another connection; what comes of it is the same as if it were not."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection

from consent.models import PurgeRun
from consent.retention.ahead import ahead

on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer, and is not read so")


def made(made_by: list[int], *, fails: bool = False) -> Iterator[int]:
    """Make three numbers, and note the thread that makes each."""
    for number in (1, 2, 3):
        made_by.append(threading.get_ident())
        PurgeRun.objects.exists()
        yield number
    if fails:
        raise ValueError("no more")


def number_of_others() -> int:
    """Return how many other connections this database has."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        )
        return int(cursor.fetchone()[0])


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_come_in_the_same_order_from_one_other_thread():
    makers: list[int] = []
    with ahead(made(makers)) as numbers:
        assert list(numbers) == [1, 2, 3]
    assert len(set(makers)) == 1
    assert threading.get_ident() not in makers


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_no_more_than_one_is_made_ahead():
    makers: list[int] = []
    with ahead(made(makers)) as numbers:
        assert next(numbers) == 1
    assert len(makers) == 2


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_the_connection_of_the_thread_is_closed_also_when_the_work_fails():
    def work() -> None:
        with ahead(made([])) as numbers:
            next(numbers)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    # The server takes a moment to see that somebody has gone.
    end = time.monotonic() + 10
    while (others := number_of_others()) and time.monotonic() < end:
        time.sleep(0.01)
    assert others == 0


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_what_goes_wrong_in_making_them_is_raised_where_the_next_is_asked_for():
    with ahead(made([], fails=True)) as numbers:
        assert [next(numbers), next(numbers), next(numbers)] == [1, 2, 3]
        with pytest.raises(ValueError, match="no more"):
            next(numbers)


@pytest.mark.django_db
def test_within_a_transaction_they_are_made_when_they_are_asked_for():
    makers: list[int] = []
    with ahead(made(makers)) as numbers:
        next(numbers)
        assert makers == [threading.get_ident()]
