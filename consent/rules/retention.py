"""When a contact point must go: a pure decision over frozen facts.

The strictest reason to erase wins, the last ground to keep protects: a point goes when a policy's time has
come and no ground carries the point any more (GDPR 5(1)(e), 17(1)). A hold (17(3)(e)) and a restriction
(18(2): storage only) keep it whatever the policies say.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from consent.rules.states import Status
from consent.rules.times import add_months, after, require_aware


class Trigger(StrEnum):
    """The event that a policy counts from."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_LAPSED = "consent_lapsed"
    LICENCE_ENDED = "licence_ended"
    LAST_INTERACTION = "last_interaction"
    SUPERSEDED = "superseded"


class Action(StrEnum):
    """What is left: blanked rows and a count without identifiers, or nothing but the receipt."""

    ANONYMIZE = "anonymize"
    PURGE = "purge"


class Ground(StrEnum):
    """Why a point is kept."""

    LEGAL_HOLD = "legal_hold"
    RESTRICTED = "restricted"
    CONSENT = "consent"
    SOURCE_PURPOSE = "source_purpose"
    NOT_YET = "not_yet"
    NO_POLICY = "no_policy"


# Ended by an act, the person's or ours (W3C DPV): nothing of what was given is left.
ENDED = frozenset({Status.WITHDRAWN, Status.REVOKED, Status.REFUSED, Status.INVALIDATED})


# A hold without an end.
NO_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Policy:
    """The terms of one retention policy; what stands from `purpose_id` on narrows it, None and "" mean any.

    `country` is the number's, in ISO 3166 alpha-2, or "001"; `source_kind` is a kind of Source.
    """

    id: int
    trigger: Trigger
    months: int
    days: int
    action: Action
    erases_profile: bool
    purpose_id: int | None = None
    source_id: int | None = None
    source_kind: str = ""
    country: str = ""
    tag_id: int | None = None

    def is_about(self, source: "SourceFacts") -> bool:
        """Whether the policy's source and kind of source, where it names them, are those of this one source."""
        return self.source_id in (None, source.source_id) and self.source_kind in ("", source.kind)

    def reaches(self, point: "PointFacts") -> bool:
        """Whether the point lies within all that narrows the policy, its purpose aside."""
        if self.country not in ("", point.region) or not (self.tag_id is None or self.tag_id in point.tag_ids):
            return False
        anywhere = self.source_id is None and not self.source_kind
        return anywhere or any(self.is_about(source) for source in point.sources)


class ConsentFacts(NamedTuple):
    """The present status of one purpose and channel; `licence_ended_at` is that of the source it came from.

    `unanswered_at`: when a request that nobody answers ends.
    """

    purpose_id: int
    status: Status
    since: datetime
    given_at: datetime | None
    lapses_after_months: int | None
    licence_ended_at: datetime | None = None
    unanswered_at: datetime | None = None

    @classmethod
    def of(
        cls,
        purpose_id: int,
        status: Status,
        since: datetime,
        given_at: datetime | None,
        lapses_after_months: int | None,
        licence_ended_at: datetime | None,
        unanswered_after: timedelta,
    ) -> "ConsentFacts":
        """Return the facts of a consent; a request ends so long after it was made (`since`, aware), if unanswered."""
        ends = since + unanswered_after if status is Status.REQUESTED else None
        return cls(purpose_id, status, since, given_at, lapses_after_months, licence_ended_at, ends)

    def lapsed_at(self) -> datetime | None:
        """When it lapsed or will lapse, counted once from the original date (UTC); None if it does not."""
        if self.status is Status.EXPIRED:
            return self.since
        if self.status is Status.REQUESTED:
            return self.unanswered_at
        if self.status.permits and self.lapses_after_months and self.given_at:
            return add_months(self.given_at, self.lapses_after_months)
        return None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """One source behind the point; `carries` says that a purpose without consent may use its data."""

    source_id: int
    carries: bool
    licence_ended_at: datetime | None
    kind: str = ""


class PointFacts(NamedTuple):
    """All that the decision looks at. Datetimes are aware; `restricted` is as of the decision.

    `held_until`: when the last of the holds on it ends that stand now, NO_END if one has no end; None if none stands.
    """

    point_id: int
    last_interaction_at: datetime
    ended_at: datetime | None = None
    restricted: bool = False
    held_until: datetime | None = None
    consents: Sequence[ConsentFacts] = ()
    sources: Sequence[SourceFacts] = ()
    region: str = ""
    tag_ids: Collection[int] = frozenset()

    def is_held(self, *, at: datetime) -> bool:
        """Whether a hold stands at `at` (aware)."""
        return self.held_until is not None and self.held_until > at


class Due(NamedTuple):
    """The point must go, since `due_at`, under `policy`, counted from `counted_from`."""

    policy: Policy
    counted_from: datetime
    due_at: datetime


class Kept(NamedTuple):
    """The point stays, on `ground`; `next_due_at` is when the earliest policy's time comes, if one is counting."""

    ground: Ground
    next_due_at: datetime | None = None


def decide(point: PointFacts, policies: Sequence[Policy], *, as_of: datetime) -> Due | Kept:
    """Return whether the point is due at `as_of`, and why. Raises NaiveTimestamp."""
    as_of = require_aware(as_of, name="as_of")
    counting = periods(point, policies)
    if not counting:
        return Kept(Ground.NO_POLICY)
    come = [due for due in counting if due.due_at <= as_of]
    next_due_at = counting[0].due_at
    if not come:
        return Kept(Ground.NOT_YET, next_due_at)
    if point.is_held(at=as_of):
        return Kept(Ground.LEGAL_HOLD, next_due_at)
    if point.restricted:
        return Kept(Ground.RESTRICTED, next_due_at)
    # A number that is no longer this person's is carried by nothing: the consent was to the person at it.
    ended = [due for due in come if due.policy.trigger is Trigger.SUPERSEDED]
    if ended:
        return ended[0]
    ground = _ground(point, come, as_of=as_of)
    return Kept(ground, next_due_at) if ground else come[0]


def periods(point: PointFacts, policies: Sequence[Policy]) -> list[Due]:
    """Return the period of each policy whose event has happened to the point, come or not, the first to end first.

    By due date first, so that the answer does not depend on which night the job happened to run.
    """
    counting = [
        Due(policy, event, after(event, months=policy.months, days=policy.days))
        for policy in policies
        for event in _events(point, policy)
    ]
    counting.sort(key=lambda due: (due.due_at, due.policy.action is not Action.PURGE, due.policy.id))
    return counting


def _events(point: PointFacts, policy: Policy) -> list[datetime]:
    """Return when the policy's event happened to the point: at most once, the earliest time."""
    if not policy.reaches(point):
        return []
    consents = [c for c in point.consents if policy.purpose_id in (None, c.purpose_id)]
    match policy.trigger:
        case Trigger.CONSENT_WITHDRAWN:
            events = [c.since for c in consents if c.status in ENDED]
        case Trigger.CONSENT_LAPSED:
            events = [lapsed for c in consents if (lapsed := c.lapsed_at())]
        case Trigger.LICENCE_ENDED:
            events = [s.licence_ended_at for s in point.sources if s.licence_ended_at and policy.is_about(s)]
        case Trigger.LAST_INTERACTION:
            events = [point.last_interaction_at]
        case Trigger.SUPERSEDED:
            events = [point.ended_at] if point.ended_at else []
    return [min(events)] if events else []


def _ground(point: PointFacts, come: Sequence[Due], *, as_of: datetime) -> Ground | None:
    """Return what still carries the point, or None."""
    for consent in point.consents:
        lapsed_at = consent.lapsed_at()
        if (
            consent.status.permits
            and (lapsed_at is None or lapsed_at > as_of)
            and (consent.licence_ended_at is None or consent.licence_ended_at > as_of)
        ):
            return Ground.CONSENT
    # Silence ends what the sources carried that the policy is about; any other source that carries still protects.
    inactive = [due.policy for due in come if due.policy.trigger is Trigger.LAST_INTERACTION]
    for source in point.sources:
        if (
            source.carries
            and (source.licence_ended_at is None or source.licence_ended_at > as_of)
            and not any(policy.is_about(source) for policy in inactive)
        ):
            return Ground.SOURCE_PURPOSE
    return None
