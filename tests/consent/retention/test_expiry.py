"""A consent that has lapsed is said to be expired, by the nightly run, at the moment at which it lapsed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from consent import ledger, retention
from consent.models import Consent, ConsentEvent, Purpose
from consent.retention.expiry import expire_lapsed
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import erasure
from crm.models import NIGHTLY
from tests.factories import NOON, entry, point, policy, purpose

pytestmark = pytest.mark.django_db
GIVEN_AT = datetime(2026, 1, 31, 9, tzinfo=UTC)
LAPSE = datetime(2026, 2, 28, 9, tzinfo=UTC)


@pytest.fixture
def offers() -> Purpose:
    return purpose("offers", lapses_after_months=1)


def expire(as_of: datetime = NOON) -> int:
    return expire_lapsed(as_of=as_of, actor=NIGHTLY)


def test_the_entry_says_when_it_lapsed_and_who_wrote_it(offers: Purpose) -> None:
    at = point()
    entry(at, of=offers, at=GIVEN_AT)
    assert expire() == 1
    expired = ConsentEvent.objects.get(act="expired")
    assert (expired.occurred_at, expired.actor_name, expired.method) == (LAPSE, "nightly job", "system")
    consent = Consent.objects.get()
    assert (consent.status, consent.since, consent.given_at) == ("expired", LAPSE, GIVEN_AT)
    assert list(ledger.differences()) == []


def test_done_again_it_finds_nothing_more(offers: Purpose) -> None:
    entry(point(), of=offers, at=GIVEN_AT)
    assert (expire(), expire()) == (1, 0)
    assert ConsentEvent.objects.count() == 2


def test_it_lapses_at_its_very_moment_and_not_before(offers: Purpose) -> None:
    entry(point(), of=offers, at=GIVEN_AT)
    assert expire(LAPSE - timedelta(microseconds=1)) == 0
    assert expire(LAPSE) == 1


def test_nothing_is_recorded_of_the_future_however_far_ahead_is_asked(offers: Purpose) -> None:
    entry(point(), of=offers, at=GIVEN_AT)
    with time_machine.travel(LAPSE - timedelta(hours=1), tick=False):
        assert expire(NOON + timedelta(days=365)) == 0
    with time_machine.travel(LAPSE, tick=False):
        assert expire(NOON + timedelta(days=365)) == 1
    assert not ConsentEvent.objects.filter(occurred_at__gt=LAPSE).exists()


@pytest.mark.parametrize(
    ("acts", "expired"),
    [
        pytest.param([Act.GIVEN, Act.RENEWED], 0, id="renewed, and counted from that"),
        pytest.param([Act.GIVEN, Act.GIVEN], 0, id="given again"),
        pytest.param([Act.GIVEN, Act.WITHDRAWN], 0, id="withdrawn: nothing is left to lapse"),
        pytest.param([Act.GIVEN, Act.REQUESTED], 1, id="asked again, and not answered"),
        pytest.param([Act.REFUSED], 0, id="refused"),
    ],
)
def test_only_what_permits_still_expires(offers: Purpose, acts: list[Act], expired: int) -> None:
    at = point()
    for days, act in enumerate(acts):
        entry(at, act, of=offers, at=GIVEN_AT + timedelta(days=20 * days))
    assert expire() == expired
    assert list(ledger.differences()) == []


def test_a_purpose_that_does_not_lapse_is_left_alone() -> None:
    entry(point(), at=GIVEN_AT - timedelta(days=4000))
    assert expire() == 0


def test_erased_points_are_left_alone(offers: Purpose) -> None:
    at = point()
    entry(at, of=offers, at=GIVEN_AT)
    retention.erase(at.contact, reason="request", actor=NIGHTLY, at=timezone.now())
    assert expire() == 0


def test_it_goes_in_chunks_and_takes_all(offers: Purpose, settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 2
    for _ in range(5):
        at = point()
        entry(at, of=offers, at=GIVEN_AT)
        entry(at, of=offers, channel=Channel.CALL, at=GIVEN_AT)
    assert expire() == 10
    assert set(Consent.objects.values_list("status", flat=True)) == {"expired"}


@pytest.mark.parametrize("act", [Act.GIVEN, Act.WITHDRAWN])
def test_what_was_said_between_the_listing_and_the_lock_counts(
    act: Act, offers: Purpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = point()
    entry(at, of=offers, at=GIVEN_AT)
    lock = erasure.lock

    def said_first(ids: Any) -> Any:
        ids = list(ids)
        entry(at, act, of=offers, at=NOON)
        return lock(ids)

    monkeypatch.setattr(erasure, "lock", said_first)
    assert expire() == 0
    assert Consent.objects.get().status == act.value


def test_the_nightly_run_expires_before_it_decides_and_counts_it(offers: Purpose) -> None:
    policy("consent_lapsed", after_days=1)
    at, later = point(), point()
    entry(at, of=offers, at=GIVEN_AT)
    entry(later, of=offers, at=GIVEN_AT + timedelta(days=2))
    run = retention.run(as_of=LAPSE + timedelta(days=1), actor=NIGHTLY)
    # 2 February and a month is 2 March: not yet.
    assert run.counts["expired"] == 1
    assert [receipt.point for receipt in run.receipts.all()] == [at]
    assert Consent.objects.get(point=at).status == "expired"


def test_a_run_ahead_of_the_clock_erases_what_will_have_lapsed_and_claims_nothing(offers: Purpose) -> None:
    policy("consent_lapsed")
    at = point()
    with time_machine.travel(NOON, tick=False):
        entry(at, of=offers, at=NOON)
        run = retention.run(as_of=NOON + timedelta(days=60), actor=NIGHTLY)
    assert (run.counts["expired"], run.receipts.get().point) == (0, at)
    assert Consent.objects.get().status == "given"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        expire(datetime(2026, 3, 2))
