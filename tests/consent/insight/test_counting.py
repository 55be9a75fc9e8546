"""The figures of the first page: what they say is what the lists and the rules say."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import insight, sealing, suppression, tasks
from consent.insight import counting
from consent.models import Figures
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm.models import Lease, LeaseTaken
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def counts() -> dict[str, Any]:
    found: dict[str, Any] = insight.count(at=NOON).counts
    return found


def test_people_and_numbers_that_are_held_are_counted() -> None:
    factories.contact([factories.number(), factories.number()])
    factories.contact([factories.number()])
    found = counts()
    assert (found["contacts"], found["lines"]) == (2, 3)


def test_whoever_may_be_contacted_is_counted_by_purpose_and_once() -> None:
    news = factories.purpose()
    both = factories.point()
    for channel in (Channel.SMS, Channel.CALL):
        factories.entry(both, of=news, channel=channel)
    factories.entry(factories.point(), of=news, channel=Channel.CALL)
    factories.entry(factories.point(), Act.REQUESTED, of=news)
    stopped: Any = factories.point()
    factories.entry(stopped, of=news)
    suppression.suppress(stopped.line, since=NOON - timedelta(days=1), reason="stop", actor=TESTER)
    assert counts()["contactable"] == {str(news.pk): 2}


def test_a_purpose_on_another_basis_counts_the_people_of_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "CHUNK", 1)
    orders = factories.purpose("orders", basis="contract")
    orders.permitted_sources.add(factories.source("shop"))
    factories.point(of=factories.source("shop"))
    factories.point(of=factories.source("shop"))
    factories.point(of=factories.source("web"))
    assert counts()["contactable"] == {str(orders.pk): 2}


def test_a_purpose_that_is_not_in_use_is_not_counted() -> None:
    factories.purpose(active=False)
    assert counts()["contactable"] == {}


def test_grants_and_noes_stand_in_the_week_in_which_they_happened() -> None:
    # NOON is a Monday.
    point = factories.point()
    factories.entry(point, at=NOON - timedelta(hours=1))
    factories.entry(point, Act.WITHDRAWN, at=NOON - timedelta(minutes=1))
    factories.entry(factories.point(), at=NOON - timedelta(days=1))
    factories.entry(factories.point(), Act.REFUSED, at=NOON - timedelta(days=1))
    weeks = counts()["weeks"]
    assert weeks[-1] == {"week": "2026-03-02", "grants": 1, "withdrawals": 1}
    assert weeks[-2] == {"week": "2026-02-23", "grants": 1, "withdrawals": 0}
    assert len(weeks) == counting.WEEKS
    assert weeks[0] == {"week": "2025-09-08", "grants": 0, "withdrawals": 0}


def test_what_goes_tonight_and_since_when_the_oldest_is_due() -> None:
    factories.policy()
    for days in (5, 2):
        point = factories.point()
        factories.entry(point)
        factories.entry(point, Act.WITHDRAWN, at=NOON - timedelta(days=days))
    found = counts()
    assert found["nights"][0]["due"] == found["due"] == 2
    assert found["oldest_due_at"] == (NOON - timedelta(days=5)).isoformat()
    assert len(found["nights"]) == counting.NIGHTS


def test_where_nothing_is_due_nothing_is_overdue() -> None:
    found = counts()
    assert (found["due"], found["oldest_due_at"]) == (0, None)


def test_entries_that_wait_for_a_seal_are_counted() -> None:
    factories.entry(factories.point())
    assert counts()["unsealed"] == 1
    sealing.seal(actor=TESTER, at=NOON)
    assert counts()["unsealed"] == 0


def test_the_last_count_takes_the_place_of_the_one_before() -> None:
    first, last = insight.count(at=NOON), insight.count(at=NOON + timedelta(hours=1))
    assert list(Figures.objects.values_list("pk", "at")) == [(last.pk, last.at)]
    assert first.pk < last.pk


def test_nothing_but_counts_ids_and_dates_is_kept() -> None:
    number = factories.number()
    factories.entry(factories.point(number, given_name="Zora", email="zora@example.com"))
    kept = str(counts())
    assert number[2:] not in kept
    assert "ora" not in kept


def test_two_do_not_count_at_once() -> None:
    Lease.objects.take(counting.LEASE, seconds=60, now=timezone.now())
    with pytest.raises(LeaseTaken):
        insight.count(at=NOON)
    tasks.count_figures()
    assert not Figures.objects.exists()


def test_a_count_that_fails_lets_the_next_one_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(counting, "_weeks", lambda **values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            insight.count(at=NOON)
    tasks.count_figures()
    assert Figures.objects.exists()


def test_a_time_without_zone_is_none() -> None:
    with pytest.raises(NaiveTimestamp):
        insight.count(at=NOON.replace(tzinfo=None))
