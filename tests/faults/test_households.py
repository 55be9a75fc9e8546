"""Whoever shares a line, a profile, a source or a hold with somebody who goes stays as they were.

Households are made up by chance; what must stay is said by an oracle that knows the rules (GDPR 5(1)(e), 17, 18) and
what was made up, and reads nothing of the database and nothing of the code.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from consent import retention
from consent.models import LegalHold
from consent.rules.retention import Action
from consent.rules.states import Act
from crm import intake
from crm.models import NIGHTLY, ContactPoint, Origin, Source, attributed_to
from tests import factories
from tests.factories import TESTER
from tests.faults.audit import audit, in_files
from tests.faults.copies import a_copy
from tests.faults.counting import Tally, tried
from tests.faults.racing import parts
from tests.faults.snapshot import Snapshot

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
AT_ONCE = 100
# Source: whether its licence has ended, and whether a purpose without consent may use what it brought.
SOURCES = {"form": (False, False), "shop": (False, True), "list": (True, False), "fresh-list": (False, False)}
# What the last word to each purpose can be, and what goes for it: the policy's action, after so many days.
POLICIES = {"news": (Action.PURGE, 0), "survey": (Action.ANONYMIZE, 10)}


@dataclass
class Person:
    """One point of a household, as it was made up."""

    point_id: int
    sources: list[str]
    # Purpose -> (last word, days ago).
    said: dict[str, tuple[Act, int]] = field(default_factory=dict)
    held: bool = False
    restricted: bool = False
    replaced: int = 0  # days ago; 0 for never

    def must_go(self) -> Action | None:
        """Return how the point must go, or None where it must stay: the oracle."""
        reasons = [
            (days - wait, action)
            for purpose, (act, days) in self.said.items()
            for action, wait in [POLICIES[purpose]]
            if act is not Act.GIVEN and days >= wait
        ]
        replaced = self.replaced >= 5
        licence = any(SOURCES[name][0] for name in self.sources)
        if not (reasons or replaced or licence) or self.held or self.restricted:
            return None
        if replaced:
            return Action.PURGE
        if any(act is Act.GIVEN for act, _days in self.said.values()):
            return None
        if any(carries and not ended for ended, carries in map(SOURCES.__getitem__, self.sources)):
            return None
        # Of several reasons the one that came first says how. A licence of a list ended 30 days ago.
        reasons += [(30, Action.PURGE)] if licence else []
        return max(reasons, key=lambda each: (each[0], each[1] is Action.PURGE))[1]


class Street:
    """Households side by side in one database."""

    def __init__(self, dice: random.Random, now: datetime) -> None:
        self.dice, self.now = dice, now
        self.people: list[Person] = []
        self.purposes = {name: factories.purpose(name) for name in POLICIES}
        for name, (action, days) in POLICIES.items():
            factories.policy(action=action, purpose=self.purposes[name], after_days=days)
        factories.policy("licence_ended")
        factories.policy("superseded", after_days=5)
        self.sources = {
            name: factories.source(
                name,
                kind=Source.Kind.THIRD_PARTY if "list" in name else Source.Kind.WEB_FORM,
                licence_ends_on=(now - 31 * DAY).date()
                if ended
                else (now + 90 * DAY).date()
                if "list" in name
                else None,
            )
            for name, (ended, _carries) in SOURCES.items()
        }
        factories.purpose("delivery", basis="contract").permitted_sources.add(self.sources["shop"])

    def household(self, number: int) -> None:
        """Make up up to four people at up to three lines."""
        dice = self.dice
        lines = [factories.number(3 * number + each) for each in range(dice.randint(1, 3))]
        for name in ("Ann", "Bob", "Cleo", "Dan")[: dice.randint(1, 4)]:
            at = dice.sample(lines, dice.randint(1, min(2, len(lines))))
            profile = {"given_name": f"{name} {number}", "email": f"{name}.{number}@example.com"}
            came_from = [dice.choice(list(SOURCES))]
            row = intake.Row(profile=profile, numbers=[intake.Number(each) for each in at])
            how: dict[str, Any] = {"actor": TESTER, "reason": "test"}
            first = intake.store(row, source=self.sources[came_from[0]], at=self.now - 200 * DAY, **how)
            if dice.random() < 0.3:
                other = dice.choice([each for each in SOURCES if each not in came_from])
                intake.store(row, source=self.sources[other], at=self.now - 150 * DAY, **how)
                came_from.append(other)
            made = [self._person(pk, came_from) for pk in first.point_ids]
            if dice.random() < 0.1:
                self._hold(made)
            if dice.random() < 0.1:
                point = ContactPoint.objects.get(pk=made[0].point_id)
                intake.restrict(point.contact, on=True, at=self.now - DAY, **how)
                for each in made:
                    each.restricted = True
            self.people += made

    def _person(self, point_id: int, came_from: list[str]) -> Person:
        dice, person = self.dice, Person(point_id, came_from)
        point = ContactPoint.objects.get(pk=point_id)
        for name, purpose in self.purposes.items():
            if dice.random() < 0.6:
                days = dice.randint(1, 30)
                act = dice.choice([Act.GIVEN, Act.WITHDRAWN, Act.WITHDRAWN, Act.REVOKED, Act.REFUSED])
                if act in (Act.WITHDRAWN, Act.REVOKED):
                    factories.entry(point, of=purpose, at=self.now - 100 * DAY)
                factories.entry(point, act, of=purpose, at=self.now - days * DAY - timedelta(hours=1))
                person.said[name] = (act, days)
        if dice.random() < 0.1:
            person.replaced = dice.choice([1, 20])
            at = self.now - person.replaced * DAY - timedelta(hours=1)
            intake.end(point, actor=TESTER, at=at, reason="moved")
        return person

    def _hold(self, people: list[Person]) -> None:
        point = ContactPoint.objects.select_related("contact").get(pk=people[0].point_id)
        on_contact = self.dice.random() < 0.5
        released = self.now - DAY if self.dice.random() < 0.3 else None
        with attributed_to(Origin(TESTER, self.now - 5 * DAY, "claim")):
            LegalHold.objects.create(
                reason="claim",
                placed_at=self.now - 5 * DAY,
                released_at=released,
                **{"contact": point.contact} if on_contact else {"point": point},
            )
        for each in people if on_contact else people[:1]:
            each.held = released is None


@tried(small=30, full=1000)
def test_nobody_loses_anything_to_somebody_who_goes(cases: int, tally: Tally) -> None:
    dice, gone, stayed = random.Random(f"households {connection.vendor}"), 0, 0
    now = timezone.now()
    for many in parts(cases, AT_ONCE):
        with a_copy(PURGE_CHUNK_POINTS=7) as place:
            street = Street(dice, now)
            for number in range(many):
                street.household(number)
            due = {each.point_id: action for each in street.people if (action := each.must_go())}
            before = Snapshot.take()
            assert retention.run(as_of=timezone.now(), actor=NIGHTLY).state == "done"
            tally.case(
                audit(before, Snapshot.take(), due, finished=True),
                in_files(before, due, place.files()),
                cases=many,
            )
            gone, stayed = gone + len(due), stayed + len(street.people) - len(due)
    tally.note(f"{gone} points went, {stayed} stayed")
    tally.close("shared lines", cases)
