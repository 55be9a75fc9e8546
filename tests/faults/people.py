"""People for the faults: some are due, some stay for every reason there is, and some of both share a line."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from consent import ledger
from consent.models import LegalHold
from consent.rules.retention import Action
from consent.rules.states import Act
from crm import intake
from crm.models import Contact, ContactPoint, Origin, attributed_to
from tests import capturing, factories
from tests.factories import TESTER

DAY = timedelta(days=1)


@dataclass(slots=True)
class Town:
    """Who lives there: the ids of the points that must go, and how."""

    now: datetime
    due: dict[int, Action] = field(default_factory=dict)


def settle(size: int, *, now: datetime) -> Town:
    """Settle so many households, of eight kinds in turn, as of `now` (aware); three of four points are due then."""
    town = Town(now)
    news, survey = factories.purpose("news"), factories.purpose("survey")
    factories.policy(action="purge", purpose=news)
    factories.policy(action="anonymize", purpose=survey)
    for n in range(size):
        at = now - (100 + n) * DAY
        match n % 8:
            case 0:
                whole = _point(n, at)
                _say(town, whole, "news", Act.WITHDRAWN)
                _talk_of(whole, now)
            case 1:
                _say(town, _point(n, at), "survey", Act.WITHDRAWN)
            case 2:
                _talk_of(_say(town, _point(n, at), "news", Act.GIVEN), now)
            case 3:
                _say(town, _point(n, at, "Ann"), "news", Act.WITHDRAWN)
                _say(town, _point(n, at, "Bob"), "survey", Act.GIVEN)
            case 4:
                both = factories.contact([factories.number(4 * n), factories.number(4 * n + 1)], at=at)
                first, second = both.points.order_by("pk")
                _say(town, first, "news", Act.WITHDRAWN)
                _say(town, second, "news", Act.GIVEN)
            case 5:
                held = _say(town, _point(n, at), "news", Act.WITHDRAWN, stays=True)
                with attributed_to(Origin(TESTER, at, "claim")):
                    LegalHold.objects.create(contact=held.contact, reason="claim", placed_at=at)
            case 6:
                restricted = _say(town, _point(n, at), "news", Act.WITHDRAWN, stays=True)
                intake.restrict(restricted.contact, on=True, actor=TESTER, at=now - DAY, reason="disputed")
            case 7:
                _say(town, _point(n, at, "Cleo"), "news", Act.WITHDRAWN)
                _say(town, _point(n, at, "Dan"), "survey", Act.WITHDRAWN)
    return town


def _point(n: int, at: datetime, name: str = "Eve") -> ContactPoint:
    """Return a point of household `n`, whose contact has two rows of history."""
    made = factories.point(factories.number(4 * n), at=at, given_name=f"{name} {n}", email=f"{name}{n}@example.com")
    with attributed_to(Origin(TESTER, at, "moved")):
        made.contact.address = f"{n} Harbour Street"
        made.contact.save()
    return made


def _say(town: Town, at: ContactPoint, purpose: str, last: Act, *, stays: bool = False) -> ContactPoint:
    """Give a consent, with evidence; where the last word is another, say that too."""
    of = factories.purpose(purpose)
    proof = ledger.Proof(ip="192.0.2.1", message=f"yes from point {at.pk}")
    factories.entry(at, of=of, at=town.now - 60 * DAY, evidence=proof)
    if last is not Act.GIVEN:
        factories.entry(at, last, of=of, at=town.now - 20 * DAY, evidence=proof)
        if not stays:
            town.due[at.pk] = Action.PURGE if purpose == "news" else Action.ANONYMIZE
    return at


def _talk_of(at: ContactPoint, now: datetime) -> None:
    """Hang on a point what hangs on people in the office."""
    what: dict[str, Any] = {"contact": at.contact}
    capturing.subject_request(answer="told on the phone", **what)
    capturing.disclosure(note="parcel for them", **what)
    capturing.challenge(at, created_at=now - 90 * DAY, expires_at=now - 90 * DAY + timedelta(minutes=10))
    capturing.inbound(at.line, received_at=now - 20 * DAY, occurred_at=now - 20 * DAY, body="please stop, says Eve")
    LogEntry.objects.create(
        user=factories.user(),
        content_type=ContentType.objects.get_for_model(Contact),
        object_id=str(at.contact_id),
        object_repr=str(at.contact),
        change_message="moved to Harbour Street",
        action_flag=2,
    )


def queue(size: int, *, now: datetime) -> Town:
    """Settle so many people who are all due as of `now` (aware); every fifth came from a source of their own."""
    town = Town(now)
    news = factories.purpose("news")
    factories.policy(action="purge", purpose=news)
    for n in range(size):
        of = factories.source(f"source-{n}") if n % 5 == 0 else None
        at = factories.point(factories.number(n), at=now - 100 * DAY, of=of, given_name=f"Eve {n}")
        _say(town, at, "news", Act.WITHDRAWN)
    return town
