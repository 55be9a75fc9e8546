"""The ledger's verbs: what is recorded, what is refused, and what the consents say of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from consent import ledger, retention
from consent.models import Consent, ConsentEvent, Evidence, Method, Notice, Purpose
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm.models import ContactPoint, attributed_to
from tests import factories
from tests.factories import NOON, TESTER, entry, notice, point, purpose

pytestmark = pytest.mark.django_db


def record(of: ContactPoint, act: Act = Act.GIVEN, **values: Any) -> ConsentEvent:
    said: dict[str, Any] = {
        "purpose": purpose(),
        "channel": Channel.SMS,
        "occurred_at": NOON,
        "method": Method.WEB_FORM,
        "actor": TESTER,
        "notice": notice(purpose()),
    }
    return ledger.record(point=of, act=act, **said | values)


def test_a_grant_is_an_entry_a_consent_and_a_line_of_its_history() -> None:
    given = record(point(), source=factories.source())
    consent = Consent.objects.get()
    assert (consent.status, consent.since, consent.given_at) == ("given", NOON, NOON)
    assert (consent.notice, consent.source, consent.last_entry) == (given.notice, given.source, given)
    history = Consent.history.get()
    assert (history.status, history.history_actor, history.history_change_reason) == ("given", "tester", "given")
    assert (history.history_source, history.history_channel) == (given.source, "web_form")
    # The history is of our view: it changed when we learned of it, not when it happened.
    assert history.history_date == given.recorded_at != NOON


def test_entries_count_by_when_they_happened_in_whatever_order_they_are_recorded() -> None:
    at = point()
    record(at, Act.WITHDRAWN, occurred_at=NOON, notice=None)
    record(at, Act.GIVEN, occurred_at=NOON - timedelta(days=1))
    assert Consent.objects.get().status == "withdrawn"
    record(at, Act.GIVEN, occurred_at=NOON + timedelta(days=1))
    record(at, Act.WITHDRAWN, occurred_at=NOON - timedelta(hours=1), notice=None)
    consent = Consent.objects.get()
    assert (consent.status, consent.since) == ("given", NOON + timedelta(days=1))
    views = Consent.history.order_by("history_id").values_list("status", flat=True)
    assert list(views) == ["withdrawn", "withdrawn", "given", "given"]


def test_what_amounts_to_nothing_is_in_the_ledger_and_makes_no_consent() -> None:
    at = point()
    record(at, Act.CONFIRMED)
    record(at, Act.EXPIRED, notice=None)
    assert ConsentEvent.objects.count() == 2
    assert not Consent.objects.exists()
    assert list(ledger.differences()) == []
    record(at, Act.REQUESTED, occurred_at=NOON - timedelta(days=1))
    # The request that the confirmation answered is known now: its answer counts after all.
    assert Consent.objects.get().status == "expired"


def test_evidence_is_committed_to_by_a_salted_hash_and_kept_beside_the_entry() -> None:
    proof = ledger.Proof(ip="192.0.2.1", user_agent="Browser", shown="May we?", message="yes")
    one, two = record(point(), evidence=proof), record(point(), evidence=proof)
    assert one.evidence_digest != two.evidence_digest
    evidence = Evidence.objects.get(entry=one)
    assert one.evidence_digest == proof.digest(evidence.salt)
    assert (evidence.ip, evidence.user_agent, evidence.shown, evidence.message) == (
        "192.0.2.1",
        "Browser",
        "May we?",
        "yes",
    )
    assert "192" not in repr(proof)
    assert "yes" not in repr(proof)
    assert ledger.broken_evidence() == []
    Evidence.objects.filter(pk=evidence.pk).update(message="no")
    assert ledger.broken_evidence() == [one.pk]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        pytest.param({"notice": None}, r"GDPR 7\(1\)", id="a grant without its wording"),
        pytest.param({"act": Act.CONFIRMED, "notice": None}, r"GDPR 7\(1\)", id="a confirmation without its wording"),
        pytest.param({"notice": "another purpose"}, "another purpose", id="the wording of another purpose"),
        pytest.param({"notice": "unpublished"}, "never published", id="a wording that nobody saw"),
        pytest.param({"occurred_at": "tomorrow"}, "future", id="what has not happened yet"),
        pytest.param({"purpose": "calls only"}, "does not cover", id="a channel that the purpose has not got"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(values: dict[str, Any], why: str) -> None:
    at, calls = point(), purpose("calls", channels=["call"])
    drafts = Notice.objects.create(purpose=purpose(), version=2, text="May we?")
    meant = {
        "another purpose": notice(purpose("other")),
        "unpublished": drafts,
        "tomorrow": timezone.now() + timedelta(days=1),
        "calls only": calls,
    }
    values = {name: meant.get(value, value) for name, value in values.items()}
    if values.get("purpose") == calls:
        values["notice"] = notice(calls)
    with pytest.raises(ledger.Refused, match=why):
        record(at, **values)
    assert not ConsentEvent.objects.exists()


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(NaiveTimestamp):
        record(point(), occurred_at=datetime(2026, 3, 2))


def test_a_second_withdrawal_says_that_it_was_withdrawn_before() -> None:
    at = point()
    record(at)
    record(at, Act.WITHDRAWN, occurred_at=NOON + timedelta(hours=1), notice=None)
    with pytest.raises(ledger.AlreadyWithdrawn):
        record(at, Act.WITHDRAWN, occurred_at=NOON + timedelta(hours=2), notice=None)
    # That it was said even earlier is news.
    record(at, Act.WITHDRAWN, occurred_at=NOON + timedelta(minutes=5), notice=None)
    assert Consent.objects.get().since == NOON + timedelta(minutes=5)


def test_nothing_more_can_be_said_of_an_erased_point_by_whoever_read_it_before() -> None:
    stale = point()
    retention.erase(stale.contact, reason="request", actor=TESTER, at=timezone.now())
    with pytest.raises(ledger.PointErased):
        record(stale)
    assert not ConsentEvent.objects.exists()


def test_a_double_opt_in_waits_for_its_confirmation() -> None:
    at, calls = point(), purpose("calls", needs_confirmation=True)
    entry(at, of=calls, at=NOON)
    assert Consent.objects.get().status == "requested"
    entry(at, Act.CONFIRMED, of=calls, at=NOON + timedelta(minutes=5))
    assert (Consent.objects.get().status, Consent.objects.get().given_at) == ("given", NOON + timedelta(minutes=5))


def spoil(how: str) -> None:
    consent = Consent.objects.order_by("pk")[1]
    if how == "changed":
        Consent.objects.filter(pk=consent.pk).update(status="withdrawn")
    elif how == "dated":
        Consent.objects.filter(pk=consent.pk).update(since=NOON)
    elif how == "missing":
        Consent.objects.filter(pk=consent.pk)._raw_delete("default")
    else:
        other = Purpose.objects.get(slug="other")
        with attributed_to(factories.origin()):
            Consent.objects.create(
                point=consent.point,
                purpose=other,
                channel="call",
                status="refused",
                since=NOON,
                last_entry=consent.last_entry,
            )


@pytest.mark.parametrize(
    ("how", "held", "folded"),
    [
        ("changed", "withdrawn", "given"),
        ("dated", "given", "given"),
        ("missing", "missing", "given"),
        ("made up", "refused", "no entries"),
    ],
)
@pytest.mark.parametrize("erased", [False, True], ids=["living", "erased"])
def test_a_consent_that_differs_from_its_entries_is_found_and_rebuilt(
    how: str, held: str, folded: str, erased: bool
) -> None:
    purpose("other")
    points = [point() for _ in range(3)]
    for at in points:
        entry(at)
        entry(at, channel=Channel.CALL)
    if erased:
        retention.erase(points[0].contact, reason="request", actor=TESTER, at=timezone.now())
    assert list(ledger.differences()) == []
    spoil(how)
    (found,) = ledger.differences()
    assert (found.point_id, found.held, found.folded) == (points[0].pk, held, folded)
    ledger.rebuild(found, actor=TESTER, at=timezone.now())
    assert list(ledger.differences()) == []
    assert Consent.objects.count() == 6
    assert Consent.history.latest("history_id").history_change_reason == "rebuilt from the ledger"


def test_the_comparison_does_not_ask_once_per_consent(django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        entry(point())
    with django_assert_max_num_queries(3):
        assert list(ledger.differences()) == []


def test_the_two_streams_are_in_one_order_on_every_database() -> None:
    one, two = point(), point()
    for of in (purpose("b"), purpose("a")):
        for channel in (Channel.SMS, Channel.CALL):
            for at in (two, one):
                entry(at, of=of, channel=channel)
    assert ConsentEvent.objects.count() == Consent.objects.count() == 8
    assert list(ledger.differences()) == [], connection.vendor
