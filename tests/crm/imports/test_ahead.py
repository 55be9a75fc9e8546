"""A thread takes from an iterator ahead of its reader, who sees the same as without it."""

import time
from threading import Event, active_count

import pytest

from crm.imports.ahead import ahead_of


def test_what_is_brought_comes_in_order_and_ends():
    with ahead_of(iter(range(50)), most=3) as items:
        assert list(items) == list(range(50))


def test_of_nothing_comes_nothing():
    with ahead_of(iter(()), most=1) as items:
        assert list(items) == []


def test_what_is_raised_is_raised_where_it_is_read_after_what_came_before():
    def failing():
        yield 1
        yield 2
        raise LookupError("gone")

    seen: list[int] = []
    with pytest.raises(LookupError, match="gone"), ahead_of(failing(), most=1) as items:
        seen.extend(items)

    assert seen == [1, 2]


def test_no_more_is_taken_ahead_than_was_said():
    taken = []

    def counting():
        for number in range(100):
            taken.append(number)
            yield number

    with ahead_of(counting(), most=4) as items:
        assert next(items) == 0
        deadline = time.monotonic() + 5
        while len(taken) < 6 and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.02)
        # Four wait, one is in hand, and one was read.
        assert len(taken) == 6


def test_whoever_leaves_early_leaves_no_thread_behind():
    before, ended = active_count(), Event()

    def endless():
        try:
            while True:
                yield 1
        finally:
            ended.set()

    with ahead_of(endless(), most=1) as items:
        assert next(items) == 1

    assert ended.wait(timeout=5)
    deadline = time.monotonic() + 5
    while active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert active_count() == before
