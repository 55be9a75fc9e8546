"""Screening a list says of each number what a single question says, whatever is held of it."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import permission, retention, screening, suppression
from consent.models import Purpose
from consent.rules.facts import OBJECTION, UNCLEAR
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict
from consent.rules.states import Act
from consent.rules.times import NaiveTimestamp
from crm import intake
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance, Source, current_fingerprint
from tests import factories, processes
from tests.factories import TESTER, entry, number, point, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# Noon in New York: open in the United States but for Hawaii, closed in Europe's evening only from 20:00.
NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)


def screened(numbers: Any, *, of: Purpose | None = None, at: datetime = NOW, **how: Any) -> list[Decision]:
    asked: dict[str, Any] = {"purpose": of or purpose(), "channel": Channel.SMS, "at": at}
    return list(screening.screen(numbers, **asked | how))


def one_by_one(numbers: list[str], *, of: Purpose, channel: Channel, at: datetime) -> list[Decision]:
    """Return the same by single questions, with the last entry only."""
    found = [permission.may_contact(each, purpose=of, channel=channel, at=at) for each in numbers]
    return [replace(each, entries=each.entries[-1:]) for each in found]


class Town:
    """Forty numbers and more, of every kind that there is: usual and unusual, and several kinds at once."""

    def __init__(self, seed: int) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        third: dict[str, Any] = {"kind": Source.Kind.THIRD_PARTY}
        self.sources = [
            factories.source("web"),
            factories.source("shop", relationship="customer"),
            factories.source("asked", relationship="inquiry"),
            factories.source("login", security_only=True),
            factories.source("named", names_us=True, **third),
            factories.source("unnamed", **third),
            factories.source("ended", names_us=True, licence_ends_on=(NOW - DAY).date(), **third),
            factories.source("ending", names_us=True, licence_ends_on=NOW.date(), **third),
        ]
        self.purposes = [
            purpose("news", lapses_after_months=3),
            purpose("survey", needs_confirmation=True),
            purpose("tips", basis="legitimate_interests"),
            purpose("orders", basis="contract", necessary=True),
            purpose("codes", basis="contract", security=True),
        ]
        for of in self.purposes[2:]:
            of.permitted_sources.set(self.dice.sample(self.sources, 5))
        self.numbers = list(self._numbers())

    def _numbers(self) -> Iterator[str]:
        us, ca, gb, de, se = (count(start + 20 * self.seed) for start in (100, 100, 0, 0, 605))
        some: list[Any] = [lambda: f"+1212555{next(us):04}"] * 5
        some += [lambda: f"+1613555{next(ca):04}"] * 3
        some += [lambda: f"+442079460{next(gb):03}", lambda: f"+493023125{next(de):03}"]
        some += [lambda: f"+46701740{next(se)}"] * 2
        for _each in range(40):
            e164 = self.dice.choice(some)()
            self._somebody(e164)
            yield e164
        # What may not come up by chance: plainly renewed; and bought, and told.
        for area, source, act in (("213", self.sources[0], Act.RENEWED), ("303", self.sources[4], Act.GIVEN)):
            e164 = f"+1{area}5550{100 + self.seed}"
            at = point(e164, of=source)
            Provenance.objects.filter(point=at).update(notice_sent_at=NOW - 80 * DAY)
            entry(at, at=NOW - 60 * DAY, source=source)
            entry(at, act, at=NOW - 59 * DAY, source=source)
            yield e164
        # In the Argentine form that has a 9 in it, held; asked about in the other one.
        mobile = f"+54911555012{self.seed:02}"
        self._somebody(mobile)
        yield from (mobile, mobile.replace("+549", "+54"), "+12125550199", "+18005550199")

    def _somebody(self, e164: str) -> None:
        dice = self.dice
        people = [self._person(e164) for _each in range(dice.choice([0, 1, 1, 1, 1, 1, 1, 2, 3]))]
        if not people or dice.random() < 0.2:
            line = suppression.line_for(e164)
            for _each in range(dice.choice([1, 1, 2])):
                suppression.suppress(
                    line,
                    purpose=dice.choice([None, None, *self.purposes]),
                    channel=dice.choice([None, None, *Channel]),
                    since=self._then(),
                    reason=dice.choice(["stop", OBJECTION, UNCLEAR]),
                    actor=TESTER,
                )
        if people and dice.random() < 0.2:
            PhoneNumber.objects.for_numbers([e164]).update(reassigned_at=self._then())
        if people and dice.random() < 0.1:
            with suppress(retention.Held):  # restricted
                retention.erase(people[0].contact, reason="request", actor=TESTER, at=NOW)

    def _person(self, e164: str) -> ContactPoint:
        dice = self.dice
        at = point(e164, of=dice.choice(self.sources), at=self._then())
        told = {"notice_sent_at": self._then() if dice.random() < 0.7 else None}
        Provenance.objects.filter(point=at).update(collected_at=self._then() - 100 * DAY, **told)
        if dice.random() < 0.3:
            other = dice.choice(self.sources)
            Provenance.objects.get_or_create(point=at, source=other, defaults={"obtained_at": self._then()})
        if dice.random() < 0.3:
            Contact.objects.filter(pk=at.contact_id).update(last_interaction_at=self._then())
        for _each in range(dice.choice([0, 1, 2, 2, 3, 5])):
            act = dice.choice([*Act, *[Act.GIVEN] * 4, *[Act.RENEWED] * 4])
            source = dice.choice([None, *self.sources])
            of, channel = dice.choice(self.purposes[:1] * 4 + self.purposes), dice.choice([*Channel, Channel.SMS])
            entry(at, act, of=of, channel=channel, at=self._then(), source=source)
        if dice.random() < 0.15:
            intake.restrict(at.contact, on=True, actor=TESTER, at=self._then(), reason="disputed")
        if dice.random() < 0.1:
            intake.end(at, actor=TESTER, at=NOW + dice.choice([-1, 1]) * DAY, reason="moved")
        return at

    def _then(self) -> datetime:
        return NOW + self.dice.choice([-200, -100, -91, -89, -40, -5, -1, 1]) * DAY


def test_a_list_is_told_what_each_number_would_be_told_by_itself(settings: Any) -> None:
    towns = [Town(seed) for seed in range(4)]
    numbers = [e164 for town in towns for e164 in town.numbers]
    # Under a key that has come since, too, with a tombstone and a suppression of its own.
    settings.FINGERPRINT_KEYS = ["new:" + "77" * 32, *settings.FINGERPRINT_KEYS]
    for town, erased_at in zip(towns, (NOW, None, None, None), strict=True):
        key_id, key = current_fingerprint(town.numbers[0])
        PhoneNumber.objects.create(number_key=key, key_id=key_id, erased_at=erased_at)
    seen = set()
    for of in towns[0].purposes:
        for channel in Channel:
            for at in (NOW, NOW - 50 * DAY, NOW + 8 * timedelta(hours=1)):
                found = screened(numbers, of=of, channel=channel, at=at)
                assert found == one_by_one(numbers, of=of, channel=channel, at=at)
                seen |= {each.reason for each in found}
    # All but those of the purpose itself, of a number of no zone, and the one of another question.
    assert seen >= set(Reason) - {
        *(Reason.PURPOSE_INACTIVE, Reason.CHANNEL_NOT_COVERED, Reason.TIME_ZONE_UNKNOWN, Reason.ASKING_FORBIDDEN)
    }


def test_the_answers_come_in_the_order_of_the_list_with_those_that_come_twice() -> None:
    given, refused = number(), number()
    entry(point(given))
    entry(point(refused), Act.REFUSED)
    reasons = [each.reason for each in screened([refused, given, number(), given, refused])]
    assert reasons == ["refused", "consent_given", "unknown_number", "consent_given", "refused"]


def test_of_the_entries_behind_an_answer_the_last_is_named() -> None:
    at = point("+46701740605")
    entry(at)
    again = entry(at, Act.RENEWED, at=NOW - DAY)
    shared = point("+46701740606", given_name="Ann")
    point("+46701740606", given_name="Bo")
    entry(shared)
    last = entry(shared, Act.RENEWED, at=NOW - DAY)
    assert [each.entries for each in screened(["+46701740605", "+46701740606"])] == [(again.pk,), (last.pk,)]


@pytest.mark.parametrize(
    ("months", "until"),
    [
        (1, datetime(2026, 2, 28, 17, 0, 0, 123456, tzinfo=UTC)),
        (2, datetime(2026, 3, 31, 17, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_each_consent_lapses_on_its_own_day_to_the_microsecond(months: int, until: datetime) -> None:
    of = purpose("offers", lapses_after_months=months)
    entry(point("+46701740605"), of=of, at=datetime(2026, 1, 31, 17, 0, 0, 123456, tzinfo=UTC))
    hour = timedelta(hours=1)
    (before,), (after,) = (screened(["+46701740605"], of=of, at=until + way * hour) for way in (-1, 1))
    assert (before.verdict, before.until) == (Verdict.ALLOW, until)
    assert after.reason is Reason.LAPSED
    just = timedelta(microseconds=1)
    assert screened(["+46701740605"], of=of, at=until - just)[0].verdict is Verdict.ALLOW
    assert screened(["+46701740605"], of=of, at=until)[0].reason is Reason.LAPSED


def test_once_a_purpose_needs_confirmation_what_was_only_given_no_longer_counts() -> None:
    e164 = number()
    of = purpose()
    entry(point(e164))
    assert screened([e164])[0].reason is Reason.CONSENT_GIVEN
    of.needs_confirmation = True
    with factories.attributed_to(factories.origin()):
        of.save()
    # The projection still says that it was given; the ledger, and a single question, do not.
    assert screened([e164], of=of)[0].reason is Reason.NOT_CONFIRMED


def test_a_list_is_read_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "CHUNK", 3)
    taken = []

    def endless() -> Iterator[str]:
        for each in count():
            taken.append(each)
            yield number(each % 100)

    answers = islice(screening.screen(endless(), purpose=purpose(), channel=Channel.SMS, at=NOW), 6)
    assert {each.reason for each in answers} == {Reason.UNKNOWN_NUMBER}
    assert len(taken) == 6


def test_a_no_that_is_said_meanwhile_counts_from_the_next_chunk_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "CHUNK", 2)
    e164, of = number(), purpose()
    entry(point(e164))
    answers = screening.screen([e164] * 4, purpose=of, channel=Channel.SMS, at=NOW)
    before = [next(answers).reason, next(answers).reason]
    line = PhoneNumber.objects.get()
    suppression.suppress(line, since=NOW - DAY, reason="stop", actor=TESTER)
    assert [*before, *(each.reason for each in answers)] == [*["consent_given"] * 2, *["suppressed"] * 2]


@pytest.mark.parametrize("many", [1, 7])
def test_the_queries_do_not_grow_with_the_list_nor_with_what_is_unusual_in_it(many: int) -> None:
    of = purpose()
    numbers = [number(each) for each in range(many)]
    for e164 in numbers:
        entry(point(e164, given_name="Ann"))
        point(e164, given_name="Bo")
    with CaptureQueriesContext(connection) as queries:
        assert {each.reason for each in screened(numbers, of=of)} == {Reason.CONSENT_GIVEN}
    # Three of the purpose and the sources, two of the chunk, three of what is unusual in it.
    assert len([each for each in queries if each["sql"].lstrip().startswith("SELECT")]) == 8


def test_who_is_restricted_at_present_is_so_in_a_list_too() -> None:
    given, at = number(), timezone.now() + timedelta(minutes=1)
    of = purpose("orders", basis="contract", necessary=True)
    of.permitted_sources.add(factories.source())
    person = point(given).contact
    assert screened([given], of=of, at=at)[0].reason is Reason.OTHER_BASIS
    for on, reason in ((True, Reason.RESTRICTED), (False, Reason.OTHER_BASIS)):
        intake.restrict(person, on=on, actor=TESTER, at=timezone.now(), reason="disputed")
        assert screened([given], of=of, at=at)[0].reason is reason


def test_what_is_no_number_and_what_is_no_moment_are_refused() -> None:
    with pytest.raises(ValueError, match="not an E"):
        screened(["020 7946 0000"])
    with pytest.raises(NaiveTimestamp):
        screened([number()], at=datetime(2026, 3, 2))


def test_nothing_is_written() -> None:
    screened([number()])
    assert not PhoneNumber.objects.exists()


def connections_open() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite looks chunks up one after the other")
@pytest.mark.django_db(transaction=True)
class TestLookedUpAhead:
    """Outside a transaction the next chunk is looked up while this one is decided, over a connection of its own."""

    @pytest.mark.parametrize("held", [0, 1, 2, 3, 4, 5, 6, 7])
    def test_nothing_is_lost_or_doubled_whatever_the_length(self, monkeypatch: pytest.MonkeyPatch, held: int) -> None:
        monkeypatch.setattr(screening, "CHUNK", 3)
        numbers = [number(index) for index in range(held)]
        for each in numbers[::2]:
            entry(point(each))
        expected = one_by_one(numbers, of=purpose(), channel=Channel.SMS, at=NOW)
        assert screened(numbers) == expected

    def test_its_connection_is_closed_also_when_the_list_is_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(screening, "CHUNK", 2)
        purpose()
        before = connections_open()
        asked = screening.screen(map(number, count()), purpose=purpose(), channel=Channel.SMS, at=NOW)
        next(asked)
        assert connections_open() > before
        asked.close()  # type: ignore[attr-defined]
        # The server takes a moment to see it.
        processes.eventually(lambda: connections_open() == before)

    def test_a_fault_of_a_later_chunk_is_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(screening, "CHUNK", 2)
        with pytest.raises(ValueError, match=r"E\.164"):
            screened([number(0), number(1), number(2), "nobody"])


def test_rows_without_a_number_keep_their_place() -> None:
    held = number()
    entry(point(held))
    rows = [("a", ""), ("b", held), ("c", ""), ("d", ""), ("e", number()), ("f", "")]
    told = screening.screen_rows(rows, lambda row: row[1], purpose=purpose(), channel=Channel.SMS, at=NOW)
    verdicts = [(row[0], decision and decision.verdict) for row, decision in told]
    assert verdicts == [("a", None), ("b", "allow"), ("c", None), ("d", None), ("e", "deny"), ("f", None)]
