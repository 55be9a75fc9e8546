"""Taking consent back by number: everything in scope at once, as often as it is asked, held or not. GDPR 7(3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import ledger, permission, retention, withdrawal
from consent.models import Consent, ConsentEvent, Method, Suppression
from consent.rules.lines import Channel
from consent.rules.permission import Reason, Verdict
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm.models import Contact, PhoneNumber
from tests.factories import NOON, TESTER, entry, number, point, policy, purpose

pytestmark = pytest.mark.django_db
GIVEN_AT = NOON - timedelta(days=90)


def withdraw(e164: str, **values: Any) -> withdrawal.Withdrawn:
    said: dict[str, Any] = {"at": NOON, "reason": "stop", "method": Method.SMS, "actor": TESTER} | values
    return withdrawal.withdraw(e164, **said)


def statuses() -> list[tuple[str, str, str]]:
    return [(each.purpose.slug, each.channel, each.status) for each in Consent.objects.order_by("pk")]


@pytest.fixture
def e164() -> str:
    """A number whose owner gave everything, and asked for more."""
    e164 = number()
    at = point(e164)
    for of in (purpose(), purpose("calls")):
        entry(at, of=of)
        entry(at, of=of, channel=Channel.CALL)
    entry(at, Act.REQUESTED, of=purpose("offers"))
    return e164


@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        pytest.param({}, [], id="all"),
        pytest.param({"purpose": "news"}, ["calls sms", "calls call", "offers sms"], id="a purpose"),
        pytest.param({"channel": Channel.SMS}, ["news call", "calls call"], id="a channel"),
        pytest.param(
            {"purpose": "news", "channel": Channel.SMS},
            ["news call", "calls sms", "calls call", "offers sms"],
            id="a purpose on a channel",
        ),
    ],
)
def test_what_is_in_scope_is_withdrawn_and_the_line_suppressed(
    e164: str, scope: dict[str, Any], kept: list[str]
) -> None:
    if "purpose" in scope:
        scope = scope | {"purpose": purpose(scope["purpose"])}
    done = withdraw(e164, evidence=ledger.Proof(message="STOP"), **scope)
    assert [f"{slug} {channel}" for slug, channel, status in statuses() if status != "withdrawn"] == kept
    assert len(done.entries) == 5 - len(kept)
    no = Suppression.objects.get(pk=done.suppression_id)
    assert (no.line_id, no.extent, no.since) == (done.line_id, "contact", NOON)
    assert (no.purpose, no.channel) == (scope.get("purpose"), scope.get("channel", ""))
    assert all(each.evidence.message == "STOP" for each in ConsentEvent.objects.filter(pk__in=done.entries))


def test_everyone_at_a_shared_line_is_reached() -> None:
    e164 = number()
    entry(point(e164, given_name="Ann"))
    entry(point(e164, given_name="Bob"))
    assert len(withdraw(e164).entries) == 2
    assert {status for _slug, _channel, status in statuses()} == {"withdrawn"}


def test_saying_it_again_adds_nothing(e164: str) -> None:
    first = withdraw(e164)
    again = withdraw(e164, at=NOON + timedelta(days=1))
    assert again.entries == ()
    assert (again.line_id, again.suppression_id) == (first.line_id, first.suppression_id)


def test_a_withdrawal_that_we_learn_of_late_leaves_what_was_given_after_it() -> None:
    e164 = number()
    at = point(e164)
    entry(at)
    entry(at, at=NOON + timedelta(days=1))
    done = withdraw(e164)
    assert len(done.entries) == 1
    assert statuses() == [("news", "sms", "given")]
    # Told once more it is not recorded once more, though the consent is not withdrawn.
    assert withdraw(e164).entries == ()
    # The line stays silent all the same until somebody lifts that.
    answer = permission.may_contact(e164, purpose=purpose(), channel=Channel.SMS, at=NOON + timedelta(days=2))
    assert answer.reason is Reason.SUPPRESSED


def test_a_withdrawal_earlier_than_the_one_we_know_moves_it_back(e164: str) -> None:
    withdraw(e164, purpose=purpose(), channel=Channel.SMS)
    done = withdraw(e164, purpose=purpose(), channel=Channel.SMS, at=NOON - timedelta(days=1))
    assert len(done.entries) == 1
    assert Consent.objects.order_by("pk")[0].since == NOON - timedelta(days=1)


def test_a_number_that_we_do_not_hold_is_suppressed_by_its_fingerprint() -> None:
    e164 = number()
    done = withdraw(e164)
    assert (done.held, done.entries) == (False, ())
    assert PhoneNumber.objects.get().number is None
    assert permission.may_contact(e164, purpose=purpose(), channel=Channel.SMS, at=NOON).verdict is Verdict.DENY


def test_a_number_that_was_erased_can_still_say_stop(e164: str) -> None:
    retention.erase(Contact.objects.get(), reason="request", actor=TESTER, at=timezone.now())
    done = withdraw(e164)
    assert (done.held, done.entries) == (False, ())
    assert PhoneNumber.objects.get(pk=done.line_id).erased_at is not None


@pytest.mark.parametrize("held", [True, False])
def test_the_future_is_refused_and_nothing_written(held: bool) -> None:
    e164 = number()
    if held:
        entry(point(e164))
    with pytest.raises(ledger.Refused, match="future"):
        withdraw(e164, at=timezone.now() + timedelta(days=1))
    assert not Suppression.objects.exists()


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        withdraw(number(), at=datetime(2026, 3, 2))


def test_what_was_withdrawn_is_due_the_same_night(e164: str) -> None:
    policy()
    withdraw(e164)
    assert len(list(retention.due(as_of=NOON))) == 1
    assert list(retention.due(as_of=NOON - timedelta(seconds=1))) == []
