"""The query for what is due takes a few too many and never one too few; the decision of the rules is exact."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from consent import retention
from consent.models import Consent, LegalHold, RetentionPolicy
from consent.retention.selection import facts_of, policies
from consent.rules.lines import Channel
from consent.rules.retention import NO_END, Due, Trigger, decide
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import erasure, intake
from crm.models import Contact, ContactPoint, PhoneNumber, Source, Tag, attributed_to
from tests import factories
from tests.factories import NOON, TESTER, entry, number, point, policy, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
ACTS = [
    Act.GIVEN,
    Act.GIVEN,
    Act.GIVEN,
    Act.RENEWED,
    Act.WITHDRAWN,
    Act.REFUSED,
    Act.REVOKED,
    Act.EXPIRED,
    Act.REQUESTED,
]


def due_ids(as_of: datetime = NOON) -> list[int]:
    return [found.point_id for found in retention.due(as_of=as_of)]


def by_the_rules(as_of: datetime) -> list[int]:
    """Every living point, decided one by one: slow, and right."""
    living = erasure.read(ContactPoint.objects.filter(erased_at=None))
    terms = policies()
    return [
        facts.point_id for facts in facts_of(living, as_of=as_of) if isinstance(decide(facts, terms, as_of=as_of), Due)
    ]


def moment(random: Random) -> datetime:
    """A moment of three years, often at the end of a month, where months differ."""
    end = random.choice([(2024, 1, 31), (2024, 2, 29), (2025, 2, 28), (2025, 3, 31), (2025, 8, 31), (2025, 12, 31)])
    if random.random() < 0.5:
        return datetime(*end, random.randrange(24), tzinfo=UTC)
    return datetime(2023, 6, 1, tzinfo=UTC) + timedelta(minutes=random.randrange(60 * 24 * 1000))


def populate(random: Random) -> None:
    sources = [
        factories.source("web"),
        factories.source("lists", kind=Source.Kind.THIRD_PARTY, licence_ends_on=date(2025, 8, 30)),
        factories.source("more", kind=Source.Kind.THIRD_PARTY, licence_ends_on=date(2024, 2, 29)),
    ]
    purposes = [purpose(f"lapses-{months}", lapses_after_months=months or None) for months in (0, 1, 6, 24)]
    orders = purpose("orders", basis="contract")
    orders.permitted_sources.add(sources[0])
    # All that anybody says is said before one day of 2025, and obtained after it by the clock of the tests.
    for n in range(30):
        at = point(number(n) if n % 3 else f"+4420794600{n:02}", at=moment(random), of=random.choice(sources))
        for _ in range(random.randrange(4)):
            entry(
                at,
                random.choice(ACTS),
                of=random.choice(purposes),
                channel=random.choice(list(Channel)),
                at=moment(random),
            )
        if random.random() < 0.15:
            intake.end(at, actor=TESTER, at=moment(random), reason="moved")
        for each in ("volunteer", "donor"):
            if random.random() < 0.5:
                factories.tagged(at.contact, each)
        if random.random() < 0.1:
            intake.restrict(at.contact, on=True, actor=TESTER, at=NOON, reason="disputed")


@pytest.mark.parametrize("seed", range(3))
def test_the_query_misses_nothing_that_the_rules_call_due(seed: int, settings: Any) -> None:
    settings.PURGE_CHUNK_POINTS = 7
    random = Random(seed)
    populate(random)
    purposes = list(Consent.objects.values_list("purpose", flat=True).distinct())
    for trigger in Trigger:
        on_consent = trigger in (Trigger.CONSENT_WITHDRAWN, Trigger.CONSENT_LAPSED)
        policy(
            trigger,
            after_months=random.choice([0, 1, 2, 6, 12]),
            after_days=random.choice([0, 0, 3, 31]),
            purpose_id=random.choice([None, *purposes]) if on_consent else None,
            source_id=random.choice([None, None, Source.objects.get(slug="web").pk]),
            source_kind=random.choice(["", "", "web_form", "third_party"]),
            country=random.choice(["", "", "US", "GB"]),
            tag_id=random.choice([None, None, *Tag.objects.values_list("pk", flat=True)]),
        )
        policy(trigger, slug=f"any-{trigger}", after_months=random.choice([0, 1, 12]))
    everything = list(RetentionPolicy.objects.values_list("pk", flat=True))
    seen = 0
    for chosen in (everything, *([each] for each in everything)):
        RetentionPolicy.objects.update(active=False)
        RetentionPolicy.objects.filter(pk__in=chosen).update(active=True)
        times = {moment(random) for _ in range(3)} | {NOON}
        # The very instants at which something falls due, and the last before each.
        for facts in facts_of(erasure.read(ContactPoint.objects.all()), as_of=NOON):
            decision = decide(facts, policies(), as_of=NOON)
            if isinstance(decision, Due):
                times |= {decision.due_at, decision.due_at - timedelta(microseconds=1)}
        for as_of in sorted(times):
            expected = by_the_rules(as_of)
            assert due_ids(as_of) == expected, as_of
            seen += len(expected)
    assert seen


def test_without_policies_nothing_is_due() -> None:
    entry(point(), Act.WITHDRAWN)
    assert due_ids() == []
    policy(active=False)
    assert due_ids() == []


def test_a_changed_policy_takes_effect_at_once() -> None:
    at = point()
    entry(at, Act.WITHDRAWN, at=NOON - 10 * DAY)
    terms = policy(after_days=11)
    assert due_ids() == []
    RetentionPolicy.objects.filter(pk=terms.pk).update(after_days=9)
    assert due_ids() == [at.pk]


def test_a_period_longer_than_the_calendar_never_ends_and_stops_no_other() -> None:
    at = point()
    entry(at, Act.WITHDRAWN)
    policy("last_interaction", after_months=32_767)
    entry(at, of=purpose("eternal", lapses_after_months=32_767))
    entry(at, Act.WITHDRAWN, of=purpose("eternal"))
    policy("consent_lapsed")
    assert due_ids() == []
    policy()
    assert due_ids() == [at.pk]


@pytest.mark.parametrize("on", ["contact", "point", "source"])
@pytest.mark.parametrize(
    ("ends_at", "released_at", "held"),
    [(None, None, True), (NOON + DAY, None, True), (NOON, None, False), (None, NOON, False)],
    ids=["standing", "ending later", "ended", "released"],
)
def test_a_hold_keeps_what_it_is_on(
    on: str, ends_at: datetime | None, released_at: datetime | None, held: bool
) -> None:
    policy()
    at, other = point(of=factories.source("held")), point()
    for each in (at, other):
        entry(each, Act.WITHDRAWN)
    things = {"contact": at.contact, "point": at, "source": factories.source("held")}
    with attributed_to(factories.origin()):
        LegalHold.objects.create(
            **{on: things[on]}, reason="claim", placed_at=NOON - DAY, ends_at=ends_at, released_at=released_at
        )
    assert due_ids() == ([other.pk] if held else [at.pk, other.pk])


@pytest.mark.parametrize(
    "narrowed",
    [
        {"purpose": "news"},
        {"source": "web"},
        {"source_kind": "web_form"},
        {"country": "US"},
        {"tag": "volunteer"},
        {"purpose": "news", "source": "web", "source_kind": "web_form", "country": "US", "tag": "volunteer"},
    ],
    ids=lambda narrowed: " and ".join(narrowed),
)
def test_a_policy_takes_what_it_is_narrowed_to_and_nothing_else(narrowed: dict[str, str]) -> None:
    makers: dict[str, Any] = {"purpose": purpose, "source": factories.source, "tag": factories.tag}
    policy(**{name: makers.get(name, str)(value) for name, value in narrowed.items()})
    inside = point(number())
    outside = {
        "purpose": point(number()),
        "source": point(number(), of=factories.source("lists", kind=Source.Kind.THIRD_PARTY)),
        "country": point("+442079460001"),
        "tag": point(number()),
    }
    outside["source_kind"] = outside["source"]
    for each in {inside, *outside.values()}:
        entry(each, Act.WITHDRAWN, of=purpose("offers") if each == outside["purpose"] else None)
        if each != outside["tag"]:
            factories.tagged(each.contact, "volunteer")
    expected = {inside, *outside.values()} - {outside[name] for name in narrowed}
    assert due_ids() == sorted(each.pk for each in expected)


def test_a_request_that_nobody_answered_is_due_without_waiting_for_the_entry_that_says_so(settings: Any) -> None:
    policy("consent_lapsed", after_days=1)
    at = point()
    entry(at, Act.REQUESTED, at=NOON - (settings.UNANSWERED_DAYS + 1) * DAY)
    assert due_ids() == [at.pk]
    assert due_ids(NOON - timedelta(seconds=1)) == []


def test_of_several_holds_the_last_to_end_counts() -> None:
    at = point()
    with attributed_to(factories.origin()):
        for on, days in (("contact", 3), ("point", 9), ("source", 5)):
            things = {"contact": at.contact, "point": at, "source": factories.source()}
            LegalHold.objects.create(
                **{on: things[on]}, reason="claim", placed_at=NOON - DAY, ends_at=NOON + days * DAY
            )
    (facts,) = facts_of(erasure.read(ContactPoint.objects.filter(pk=at.pk)), as_of=NOON)
    assert facts.held_until == NOON + 9 * DAY
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=at.contact, reason="claim", placed_at=NOON)
    (facts,) = facts_of(erasure.read(ContactPoint.objects.filter(pk=at.pk)), as_of=NOON)
    assert facts.held_until == NO_END


def test_a_contact_we_never_dealt_with_counts_from_the_day_it_was_made() -> None:
    lists = factories.source("lists", kind=Source.Kind.THIRD_PARTY)
    at = point(of=lists)
    assert at.contact.last_interaction_at is None
    policy("last_interaction", after_months=1)
    created = timezone.now() - timedelta(days=100)
    Contact.objects.filter(pk=at.contact_id).update(created_at=created)
    assert due_ids(created + 20 * DAY) == []
    assert due_ids(created + 40 * DAY) == [at.pk]


def test_what_is_due_comes_in_order_with_its_policy() -> None:
    terms = policy()
    points = [point() for _ in range(3)]
    for each in reversed(points):
        entry(each, Act.WITHDRAWN, at=NOON - DAY)
    found = list(retention.due(as_of=NOON))
    assert [each.point_id for each in found] == [each.pk for each in points]
    assert {(each.due.policy.id, each.due.due_at) for each in found} == {(terms.pk, NOON - DAY)}


def test_facts_are_read_in_a_handful_of_queries(django_assert_max_num_queries: Any) -> None:
    policy()
    policy("consent_lapsed")
    for _ in range(10):
        entry(point(), Act.WITHDRAWN)
    with django_assert_max_num_queries(14):
        assert len(due_ids()) == 10


def test_listing_erases_nothing_and_a_naive_time_is_refused() -> None:
    policy()
    entry(point(), Act.WITHDRAWN)
    assert due_ids()
    assert PhoneNumber.objects.filter(number=None).count() == 0
    with pytest.raises(NaiveTimestamp):
        due_ids(datetime(2026, 3, 2))
