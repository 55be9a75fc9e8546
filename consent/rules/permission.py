"""May this line be contacted for this purpose now, and why: a pure decision over frozen facts.

The answer is no unless something says yes. Each no has a stable reason code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.rules import RULE_SET
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel, reachable
from consent.rules.quiet_hours import hours
from consent.rules.states import State, Status
from consent.rules.times import add_months, require_aware


class Verdict(StrEnum):
    """The answer; `review` means that a person must decide, and permits nothing until then."""

    ALLOW = "allow"
    DENY = "deny"
    REVIEW = "review"


class Reason(StrEnum):
    """Why. The codes are stable; of several points on a line the first that applies in this order is told."""

    CONSENT_GIVEN = "consent_given"
    CONSENT_RENEWED = "consent_renewed"
    OTHER_BASIS = "other_basis"
    ERASED = "erased"
    SUPPRESSED = "suppressed"
    UNKNOWN_NUMBER = "unknown_number"
    PURPOSE_INACTIVE = "purpose_inactive"
    CHANNEL_NOT_COVERED = "channel_not_covered"
    WRONG_LINE_TYPE = "wrong_line_type"
    QUIET_HOURS = "quiet_hours"
    TIME_ZONE_UNKNOWN = "time_zone_unknown"
    RESTRICTED = "restricted"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"
    REFUSED = "refused"
    LAPSED = "lapsed"
    NOT_CONFIRMED = "not_confirmed"
    SENDER_NOT_NAMED = "sender_not_named"
    LICENCE_ENDED = "licence_ended"
    NOTICE_NOT_SENT = "notice_not_sent"
    PURPOSE_NOT_PERMITTED = "purpose_not_permitted"
    NO_CONSENT = "no_consent"
    NUMBER_ENDED = "number_ended"


_DENIED_BY_STATUS = {
    Status.UNKNOWN: Reason.NO_CONSENT,
    Status.REQUESTED: Reason.NOT_CONFIRMED,
    Status.DEFERRED: Reason.NOT_CONFIRMED,
    Status.REFUSED: Reason.REFUSED,
    Status.EXPIRED: Reason.LAPSED,
    Status.INVALIDATED: Reason.INVALIDATED,
    Status.REVOKED: Reason.REVOKED,
    Status.WITHDRAWN: Reason.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, why, on which basis, until when (UTC, None: open), and the ledger entries behind it."""

    verdict: Verdict
    reason: Reason
    basis: LawfulBasis | None = None
    until: datetime | None = None
    entries: tuple[int, ...] = ()
    rule_set: str = RULE_SET


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """A purpose, its lawful basis and its terms."""

    id: int
    basis: LawfulBasis
    channels: Sequence[str]
    lapses_after_months: int | None = None
    necessary: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True)
class SuppressionFacts:
    """A suppression in force at the time asked; None and "" mean every purpose and every channel."""

    purpose_id: int | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source behind a point at the time asked; `permits` is for the purpose asked, `told` is GDPR 14's notice."""

    id: int
    third_party: bool = False
    names_us: bool = True
    permits: bool = False
    licence_ended_at: datetime | None = None
    told: bool = True


@dataclass(frozen=True, slots=True)
class PointFacts:
    """A contact at the line: its folded consent state, its sources, and `grant_source`, which the grant came by."""

    id: int
    state: State
    restricted: bool = False
    until: datetime | None = None
    sources: Sequence[SourceFacts] = ()
    grant_source: SourceFacts | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line at the time asked. `known` is false for a number of which we have no row at all."""

    known: bool
    erased: bool = False
    line_type: str = ""
    zones: tuple[str, ...] = ()
    suppressions: Sequence[SuppressionFacts] = ()
    points: Sequence[PointFacts] = ()


def decide(line: LineFacts, *, purpose: PurposeFacts, channel: Channel, at: datetime) -> Decision:
    """Return whether the line may be contacted for the purpose over the channel at `at`. Raises NaiveTimestamp."""
    decision = decide_at_any_hour(line, purpose=purpose, channel=channel, at=at)
    if decision.verdict is not Verdict.ALLOW:
        return decision
    return _within_hours(decision, line, purpose=purpose, at=at)


def decide_at_any_hour(line: LineFacts, *, purpose: PurposeFacts, channel: Channel, at: datetime) -> Decision:
    """Return the same but for the hour of the day: what is used later keeps the hours when it is used.

    Raises NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    refusal = _refusal_of_line(line, purpose=purpose, channel=channel)
    if refusal:
        return Decision(Verdict.DENY, refusal)
    decisions = [_decide_point(point, purpose=purpose, at=at) for point in line.points]
    allowed = [decision for decision in decisions if decision.verdict is Verdict.ALLOW]
    if not allowed:
        if not decisions:
            return Decision(Verdict.DENY, Reason.NO_CONSENT)
        order = list(Reason)
        return min(decisions, key=lambda decision: order.index(decision.reason))
    # The one that holds longest: an open end outlasts every date.
    return max(allowed, key=lambda decision: (decision.until is None, decision.until or at))


def _refusal_of_line(line: LineFacts, *, purpose: PurposeFacts, channel: Channel) -> Reason | None:
    if not purpose.active:
        return Reason.PURPOSE_INACTIVE
    if line.erased:
        return Reason.ERASED
    for suppression in line.suppressions:
        if suppression.purpose_id in (None, purpose.id) and suppression.channel in ("", channel):
            return Reason.SUPPRESSED
    if not line.known:
        return Reason.UNKNOWN_NUMBER
    if channel not in purpose.channels:
        return Reason.CHANNEL_NOT_COVERED
    if not reachable(line.line_type, channel):
        return Reason.WRONG_LINE_TYPE
    return None


def _decide_point(point: PointFacts, *, purpose: PurposeFacts, at: datetime) -> Decision:
    entries = point.state.entry_ids
    if point.until and point.until <= at:
        return Decision(Verdict.DENY, Reason.NUMBER_ENDED)
    if point.restricted:
        return Decision(Verdict.DENY, Reason.RESTRICTED, entries=entries)
    # GDPR 14(3)(b): at the latest with the first communication; who gave it to us directly was told then (13).
    if point.sources and all(source.third_party for source in point.sources):
        if any(not source.told for source in point.sources):
            return Decision(Verdict.DENY, Reason.NOTICE_NOT_SENT, entries=entries)
        if all(source.licence_ended_at and source.licence_ended_at <= at for source in point.sources):
            return Decision(Verdict.DENY, Reason.LICENCE_ENDED, entries=entries)
    if purpose.basis is LawfulBasis.CONSENT:
        return _decide_consent(point, purpose=purpose, at=at)
    # Whatever the basis, a no to this purpose is a no (GDPR 21(2)-(3), TCPA revocation).
    if point.state.status in (Status.WITHDRAWN, Status.REFUSED, Status.REVOKED):
        return Decision(Verdict.DENY, _DENIED_BY_STATUS[point.state.status], entries=entries)
    return _decide_other_basis(point, purpose=purpose, at=at)


def _decide_consent(point: PointFacts, *, purpose: PurposeFacts, at: datetime) -> Decision:
    state, source = point.state, point.grant_source
    if not state.status.permits:
        return Decision(Verdict.DENY, _DENIED_BY_STATUS[state.status], LawfulBasis.CONSENT, entries=state.entry_ids)
    ends = [point.until] if point.until else []
    if purpose.lapses_after_months and state.given_at:
        lapses_at = add_months(state.given_at, purpose.lapses_after_months)
        if lapses_at <= at:
            return Decision(Verdict.DENY, Reason.LAPSED, LawfulBasis.CONSENT, entries=state.entry_ids)
        ends.append(lapses_at)
    if source and source.third_party:
        # Bought-in consent counts only where this organisation was named (ICO, direct marketing guidance).
        if not source.names_us:
            return Decision(Verdict.DENY, Reason.SENDER_NOT_NAMED, LawfulBasis.CONSENT, entries=state.entry_ids)
        if source.licence_ended_at:
            if source.licence_ended_at <= at:
                return Decision(Verdict.DENY, Reason.LICENCE_ENDED, LawfulBasis.CONSENT, entries=state.entry_ids)
            ends.append(source.licence_ended_at)
    reason = Reason.CONSENT_RENEWED if state.status is Status.RENEWED else Reason.CONSENT_GIVEN
    until = min(ends) if ends else None
    return Decision(Verdict.ALLOW, reason, LawfulBasis.CONSENT, until, state.entry_ids)


def _decide_other_basis(point: PointFacts, *, purpose: PurposeFacts, at: datetime) -> Decision:
    # Purpose limitation (GDPR 5(1)(b)): only what was collected for this purpose, or compatibly, may serve it.
    permitting = [
        source
        for source in point.sources
        if source.permits and (source.licence_ended_at is None or source.licence_ended_at > at)
    ]
    if not permitting:
        return Decision(Verdict.DENY, Reason.PURPOSE_NOT_PERMITTED, purpose.basis)
    licences = [source.licence_ended_at for source in permitting]
    ends = [] if None in licences else [max(end for end in licences if end)]
    ends += [point.until] if point.until else []
    return Decision(Verdict.ALLOW, Reason.OTHER_BASIS, purpose.basis, min(ends) if ends else None)


def _within_hours(decision: Decision, line: LineFacts, *, purpose: PurposeFacts, at: datetime) -> Decision:
    """Hold an allowed decision against the quiet hours of the called party (47 CFR 64.1200(c)(1))."""
    if purpose.necessary:
        return decision
    if not line.zones:
        return Decision(Verdict.REVIEW, Reason.TIME_ZONE_UNKNOWN, decision.basis, None, decision.entries)
    now = hours(at, zones=line.zones)
    if not now.open:
        return Decision(Verdict.DENY, Reason.QUIET_HOURS, decision.basis, now.until, decision.entries)
    ends = [end for end in (decision.until, now.until) if end]
    return Decision(decision.verdict, decision.reason, decision.basis, min(ends) if ends else None, decision.entries)
