"""What goes on which of the coming nights, and what a policy would erase before it is saved."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import retention
from consent.models import LegalHold, PurgeRun, RetentionPolicy
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm.models import NIGHTLY, ContactPoint, PhoneNumber, Source, attributed_to
from tests import factories
from tests.factories import NOON, entry, point, policy, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TONIGHT = datetime(2026, 3, 3, 2, tzinfo=UTC)


def foreseen(**values: Any) -> dict[datetime, dict[str, int]]:
    """The nights on which something goes, by the names of the policies."""
    slugs = dict(RetentionPolicy.objects.values_list("pk", "slug"))
    nights = retention.forecast(**{"as_of": NOON} | values)
    return {night.at: {slugs[pk]: count for pk, count in night.by_policy.items()} for night in nights if night.due}


def withdrawn(*, days: int = 1, of: Source | None = None) -> ContactPoint:
    at = point(of=of)
    entry(at, Act.WITHDRAWN, at=NOON - days * DAY)
    return at


def test_tonight_takes_what_is_overdue_and_each_night_what_falls_due_until_then() -> None:
    policy(slug="said-no", after_days=5)
    for days in (80, 30, 5, 4, 4, 1):
        withdrawn(days=days)
    assert foreseen() == {
        TONIGHT: {"said-no": 3},
        TONIGHT + DAY: {"said-no": 2},
        TONIGHT + 4 * DAY: {"said-no": 1},
    }


def test_it_says_for_every_night_by_which_policy() -> None:
    policy(slug="said-no")
    policy("consent_lapsed", slug="lapsed")
    policy("licence_ended", slug="licence")
    lists = factories.source("lists", kind=Source.Kind.THIRD_PARTY, licence_ends_on=date(2026, 3, 9))
    withdrawn()
    point(of=lists)
    entry(point(), of=purpose("offers", lapses_after_months=1), at=NOON - 10 * DAY)
    entry(point(), Act.REQUESTED, at=NOON - 2 * DAY)
    assert foreseen() == {
        TONIGHT: {"said-no": 1},
        datetime(2026, 3, 8, 2, tzinfo=UTC): {"lapsed": 1},
        datetime(2026, 3, 10, 2, tzinfo=UTC): {"licence": 1},
        datetime(2026, 3, 21, 2, tzinfo=UTC): {"lapsed": 1},
    }


def test_a_hold_that_ends_lets_go_in_the_night_after() -> None:
    policy(slug="said-no")
    for ends_at, released_at in ((NOON + 10 * DAY, None), (None, None), (None, NOON)):
        with attributed_to(factories.origin()):
            LegalHold.objects.create(
                point=withdrawn(), reason="claim", placed_at=NOON, ends_at=ends_at, released_at=released_at
            )
    assert foreseen() == {TONIGHT: {"said-no": 1}, TONIGHT + 10 * DAY: {"said-no": 1}}


def test_every_night_of_the_window_is_there_and_none_beyond_it() -> None:
    policy(after_days=30)
    withdrawn(days=0)
    nights = retention.forecast(as_of=NOON)
    assert [night.at for night in nights] == [TONIGHT + n * DAY for n in range(90)]
    assert sum(night.due for night in nights) == 1
    assert foreseen(nights=30) == {}
    assert foreseen(nights=0) == {}


def test_the_nights_begin_at_the_nightly_hour(settings: Any) -> None:
    settings.NIGHTLY_HOUR = 13
    assert retention.forecast(as_of=NOON, nights=1)[0].at == NOON.replace(hour=13)


def test_it_is_what_the_runs_of_these_nights_then_erase(settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 3
    policy(slug="said-no", after_days=4)
    policy("consent_lapsed", slug="lapsed", after_days=2)
    policy("last_interaction", slug="idle", after_months=2, country="US")
    offers = purpose("offers", lapses_after_months=1)
    for n in range(10):
        withdrawn(days=n)
        entry(point(), of=offers, at=NOON - 3 * n * DAY)
        point(at=NOON - 10 * n * DAY)
    nights = retention.forecast(as_of=NOON, nights=40)
    erased: dict[datetime, Counter[int]] = {}
    for night in nights:
        run = retention.run(as_of=night.at, actor=NIGHTLY, approved=True)
        erased[night.at] = Counter(run.receipts.values_list("policy", flat=True))
    assert erased == {night.at: Counter(night.by_policy) for night in nights}
    assert sum(len(each) for each in erased.values()) > 10


def test_it_erases_nothing_and_its_queries_do_not_grow_with_the_nights() -> None:
    policy(after_days=5)
    for days in range(5):
        withdrawn(days=days)
    counts = []
    for nights in (10, 90):
        with CaptureQueriesContext(connection) as queries:
            retention.forecast(as_of=NOON, nights=nights)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert not PhoneNumber.objects.filter(number=None).exists()
    assert not PurgeRun.objects.exists()


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        retention.forecast(as_of=datetime(2026, 3, 2))
    with pytest.raises(NaiveTimestamp):
        retention.what_if(retention.terms_of(policy()), as_of=datetime(2026, 3, 2))


class TestWhatIf:
    def test_a_new_policy_adds_what_no_other_takes(self) -> None:
        policy()
        withdrawn()
        for days in (10, 40):
            point(at=NOON - days * DAY)
        new = RetentionPolicy(trigger="last_interaction", action="purge", after_months=1)
        found = retention.what_if(retention.terms_of(new), as_of=NOON)
        assert (found.tonight, found.without) == (2, 1)
        assert not RetentionPolicy.objects.filter(trigger="last_interaction").exists()

    def test_a_changed_policy_takes_the_place_of_what_it_was(self) -> None:
        terms = retention.terms_of(policy(after_days=30))
        for days in (1, 20, 40):
            withdrawn(days=days)
        assert retention.what_if(replace(terms, days=10), as_of=NOON) == retention.WhatIf(2, 1)
        assert retention.what_if(replace(terms, days=90), as_of=NOON) == retention.WhatIf(0, 1)
        assert retention.what_if(terms, as_of=NOON) == retention.WhatIf(1, 1)

    def test_a_policy_that_is_to_count_no_more_takes_nothing(self) -> None:
        terms = retention.terms_of(policy())
        withdrawn()
        assert retention.what_if(terms, as_of=NOON, active=False) == retention.WhatIf(0, 1)

    def test_a_policy_that_is_to_count_again_takes_what_it_did(self) -> None:
        terms = retention.terms_of(policy(active=False))
        withdrawn()
        assert retention.what_if(terms, as_of=NOON) == retention.WhatIf(1, 0)

    def test_it_is_asked_of_tonight_and_not_of_now(self) -> None:
        at = point()
        entry(at, Act.WITHDRAWN, at=NOON)
        new = RetentionPolicy(trigger="consent_withdrawn", action="purge")
        assert retention.what_if(retention.terms_of(new), as_of=NOON - timedelta(hours=1)).tonight == 1

    def test_what_is_held_tonight_is_not_counted(self) -> None:
        with attributed_to(factories.origin()):
            LegalHold.objects.create(contact=withdrawn().contact, reason="claim", placed_at=NOON, ends_at=TONIGHT + DAY)
        new = RetentionPolicy(trigger="consent_withdrawn", action="purge")
        assert retention.what_if(retention.terms_of(new), as_of=NOON) == retention.WhatIf(0, 0)
