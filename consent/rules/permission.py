"""May this line be contacted for this purpose now, and why: a pure decision over frozen facts.

The answer is no unless something says yes. Each no has a stable reason code.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from consent.rules import RULE_SET
from consent.rules.bases import LawfulBasis
from consent.rules.facts import LineFacts, PointFacts, PurposeFacts, SourceFacts
from consent.rules.jurisdictions import IMPLIED_CONSENT, NOT_TRANSFERABLE, ImpliedConsent
from consent.rules.lines import Channel, reachable
from consent.rules.quiet_hours import hours
from consent.rules.reasons import REASONS, Reason, Verdict
from consent.rules.states import Status
from consent.rules.times import add_months, require_aware

__all__ = ["Decision", "Reason", "Verdict", "decide", "decide_at_any_hour"]

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
_ORDER = {reason: order for order, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, why, on which basis, until when (UTC, None: open), and the ledger entries behind it."""

    verdict: Verdict
    reason: Reason
    basis: LawfulBasis | None = None
    until: datetime | None = None
    entries: tuple[int, ...] = ()
    rule_set: str = RULE_SET


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
    refusal = refusal_of_line(line, purpose=purpose, channel=channel)
    if refusal:
        return Decision(REASONS[refusal].verdict, refusal)
    decisions = [_decide_point(point, line.region, purpose=purpose, channel=channel, at=at) for point in line.points]
    allowed = [decision for decision in decisions if decision.verdict is Verdict.ALLOW]
    if not allowed:
        if not decisions:
            return Decision(Verdict.DENY, Reason.NO_CONSENT)
        return min(decisions, key=lambda decision: _ORDER[decision.reason])
    # The one that holds longest: an open end outlasts every date.
    return max(allowed, key=lambda decision: (decision.until is None, decision.until or at))


def refusal_of_line(line: LineFacts, *, purpose: PurposeFacts, channel: Channel) -> Reason | None:
    """Return what refuses the purpose on this line whoever is reachable there, or None."""
    if not purpose.active:
        return Reason.PURPOSE_INACTIVE
    if line.erased:
        return Reason.ERASED
    if said := refusal_of_suppressions(line, purpose_id=purpose.id, channel=channel):
        return said
    if not line.known:
        return Reason.UNKNOWN_NUMBER
    if channel not in purpose.channels:
        return Reason.CHANNEL_NOT_COVERED
    if not reachable(line.line_type, channel):
        return Reason.WRONG_LINE_TYPE
    return None


def refusal_of_suppressions(line: LineFacts, *, purpose_id: int | None, channel: Channel) -> Reason | None:
    """Return what the suppressions in scope say: an objection first, and what is unclear last (GDPR 21(3)).

    purpose_id: None asks only for those of every purpose.
    """
    said = None
    for suppression in line.suppressions:
        if suppression.purpose_id not in (None, purpose_id) or suppression.channel not in ("", channel):
            continue
        if suppression.objection:
            return Reason.OBJECTED
        if not suppression.unclear or said is None:
            said = Reason.UNDER_REVIEW if suppression.unclear else Reason.SUPPRESSED
    return said


def _decide_point(point: PointFacts, region: str, *, purpose: PurposeFacts, channel: Channel, at: datetime) -> Decision:
    entries = point.state.entry_ids
    if point.until and point.until <= at:
        return Decision(Verdict.DENY, Reason.NUMBER_ENDED)
    if point.restricted:
        return Decision(Verdict.DENY, Reason.RESTRICTED, entries=entries)
    # The person who agreed is not the one who answers (47 CFR 64.1200(m)); only a grant since then is theirs.
    if point.reassigned and point.state.given_at is None:
        return Decision(Verdict.DENY, Reason.REASSIGNED, entries=entries)
    # What was taken to keep an account safe may not be used for anything else, agreed to or not (GDPR 5(1)(b)).
    if not purpose.security and point.sources and all(source.security_only for source in point.sources):
        return Decision(Verdict.DENY, Reason.SECURITY_ONLY, entries=entries)
    # GDPR 14(3)(b): at the latest with the first communication; who gave it to us directly was told then (13).
    if point.sources and all(source.third_party for source in point.sources):
        if any(not source.told for source in point.sources):
            return Decision(Verdict.DENY, Reason.NOTICE_NOT_SENT, entries=entries)
        if all(source.licence_ended_at and source.licence_ended_at <= at for source in point.sources):
            return Decision(Verdict.DENY, Reason.LICENCE_ENDED, entries=entries)
    if purpose.basis is LawfulBasis.CONSENT:
        return _decide_consent(point, region, purpose=purpose, channel=channel, at=at)
    # Whatever the basis, a no to this purpose is a no (GDPR 21(2)-(3), TCPA revocation).
    if point.state.status in (Status.WITHDRAWN, Status.REFUSED, Status.REVOKED):
        return Decision(Verdict.DENY, _DENIED_BY_STATUS[point.state.status], entries=entries)
    return _decide_other_basis(point, region, purpose=purpose, at=at)


def _decide_consent(
    point: PointFacts, region: str, *, purpose: PurposeFacts, channel: Channel, at: datetime
) -> Decision:
    state, source = point.state, point.grant_source
    no = partial(Decision, Verdict.DENY, basis=LawfulBasis.CONSENT, entries=state.entry_ids)
    if not state.status.permits:
        return no(_DENIED_BY_STATUS[state.status])
    ends = [point.until] if point.until else []
    if purpose.lapses_after_months and state.given_at:
        lapses_at = add_months(state.given_at, purpose.lapses_after_months)
        if lapses_at <= at:
            return no(Reason.LAPSED)
        ends.append(lapses_at)
    if source and source.third_party:
        # Bought-in consent counts only where this organisation was named (ICO, direct marketing guidance).
        if not source.names_us:
            return no(Reason.SENDER_NOT_NAMED)
        if source.licence_ended_at:
            if source.licence_ended_at <= at:
                return no(Reason.LICENCE_ENDED)
            ends.append(source.licence_ended_at)
        if (region, channel) in NOT_TRANSFERABLE:
            return no(Reason.CONSENT_NOT_TRANSFERABLE)
    reason = Reason.CONSENT_RENEWED if state.status is Status.RENEWED else Reason.CONSENT_GIVEN
    until = min(ends) if ends else None
    return Decision(Verdict.ALLOW, reason, LawfulBasis.CONSENT, until, state.entry_ids)


def _decide_other_basis(point: PointFacts, region: str, *, purpose: PurposeFacts, at: datetime) -> Decision:
    entries = point.state.entry_ids
    # Purpose limitation (GDPR 5(1)(b)): only what was collected for this purpose, or compatibly, may serve it.
    permitting = [
        source
        for source in point.sources
        if source.permits
        and (purpose.security or not source.security_only)
        and (source.licence_ended_at is None or source.licence_ended_at > at)
    ]
    if not permitting:
        return Decision(Verdict.DENY, Reason.PURPOSE_NOT_PERMITTED, purpose.basis, entries=entries)
    implied = None if purpose.necessary or _express(point) else IMPLIED_CONSENT.get(region)
    if not implied:
        ends = [source.licence_ended_at for source in permitting]
    else:
        ends = [end for source in permitting if (end := _implied_until(source, implied)) and end > at]
        if not ends:
            return Decision(Verdict.DENY, Reason.IMPLIED_CONSENT_LAPSED, purpose.basis, entries=entries)
    # The source that carries it longest.
    until = None if None in ends else max(end for end in ends if end)
    until = min((end for end in (until, point.until) if end), default=None)
    return Decision(Verdict.ALLOW, Reason.OTHER_BASIS, purpose.basis, until, entries)


def _express(point: PointFacts) -> bool:
    """Whether the person said yes in so many words, also to somebody else who named us: that does not lapse."""
    source = point.grant_source
    return point.state.status.permits and not (source and source.third_party and not source.names_us)


def _implied_until(source: SourceFacts, implied: ImpliedConsent) -> datetime | None:
    """Return when the consent that a dealing with us implies ends, or the licence if sooner; None: it implies none."""
    if source.third_party or source.dealt_at is None:
        return None
    months = implied.customer_months if source.customer else implied.inquiry_months
    lapses_at = add_months(source.dealt_at, months)
    return min(lapses_at, source.licence_ended_at) if source.licence_ended_at else lapses_at


def _within_hours(decision: Decision, line: LineFacts, *, purpose: PurposeFacts, at: datetime) -> Decision:
    """Hold an allowed decision against the quiet hours of the called party (47 CFR 64.1200(c)(1))."""
    if purpose.necessary:
        return decision
    if not line.zones:
        return Decision(Verdict.REVIEW, Reason.TIME_ZONE_UNKNOWN, decision.basis, None, decision.entries)
    now = hours(at, zones=line.zones)
    if not now.open:
        # What ends before the hours open is not allowed then either.
        ends_before = decision.until and now.until and decision.until <= now.until
        until = None if ends_before else now.until
        return Decision(Verdict.DENY, Reason.QUIET_HOURS, decision.basis, until, decision.entries)
    ends = [end for end in (decision.until, now.until) if end]
    return Decision(decision.verdict, decision.reason, decision.basis, min(ends) if ends else None, decision.entries)
