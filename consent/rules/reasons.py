"""The answers that permission gives: each reason code, the verdicts it can come with, and the rule behind it.

The codes are stable: other programs keep them. A code that is here has a row in REASONS and a sentence in
`consent.words`.
"""

from dataclasses import dataclass
from enum import StrEnum


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
    OBJECTED = "objected"
    SUPPRESSED = "suppressed"
    UNDER_REVIEW = "under_review"
    UNKNOWN_NUMBER = "unknown_number"
    PURPOSE_INACTIVE = "purpose_inactive"
    CHANNEL_NOT_COVERED = "channel_not_covered"
    WRONG_LINE_TYPE = "wrong_line_type"
    ASKING_FORBIDDEN = "asking_forbidden"
    QUIET_HOURS = "quiet_hours"
    TIME_ZONE_UNKNOWN = "time_zone_unknown"
    RESTRICTED = "restricted"
    REASSIGNED = "reassigned"
    SECURITY_ONLY = "security_only"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"
    REFUSED = "refused"
    LAPSED = "lapsed"
    NOT_CONFIRMED = "not_confirmed"
    SENDER_NOT_NAMED = "sender_not_named"
    LICENCE_ENDED = "licence_ended"
    CONSENT_NOT_TRANSFERABLE = "consent_not_transferable"
    NOTICE_NOT_SENT = "notice_not_sent"
    PURPOSE_NOT_PERMITTED = "purpose_not_permitted"
    IMPLIED_CONSENT_LAPSED = "implied_consent_lapsed"
    NO_CONSENT = "no_consent"
    NUMBER_ENDED = "number_ended"


@dataclass(frozen=True, slots=True)
class Grounds:
    """The verdict that a reason comes with, and the rule that it cites."""

    verdict: Verdict
    citation: str


_YES, _NO, _ASK = Verdict

REASONS: dict[Reason, Grounds] = {
    Reason.CONSENT_GIVEN: Grounds(_YES, "GDPR Art. 6(1)(a), 7"),
    Reason.CONSENT_RENEWED: Grounds(_YES, "GDPR Art. 6(1)(a), 7"),
    Reason.OTHER_BASIS: Grounds(_YES, "GDPR Art. 6(1)(b)-(f), 5(1)(b)"),
    Reason.ERASED: Grounds(_NO, "GDPR Art. 17"),
    Reason.OBJECTED: Grounds(_NO, "GDPR Art. 21(2)-(3)"),
    Reason.SUPPRESSED: Grounds(_NO, "47 CFR 64.1200(a)(10), (d)(6); GDPR Art. 7(3)"),
    Reason.UNDER_REVIEW: Grounds(_ASK, "47 CFR 64.1200(a)(10): any reasonable means"),
    Reason.UNKNOWN_NUMBER: Grounds(_NO, "GDPR Art. 5(2), 7(1)"),
    Reason.PURPOSE_INACTIVE: Grounds(_NO, "GDPR Art. 5(1)(b)"),
    Reason.CHANNEL_NOT_COVERED: Grounds(_NO, "GDPR Art. 4(11): specific"),
    Reason.WRONG_LINE_TYPE: Grounds(_NO, "libphonenumber: the kind of the range"),
    Reason.ASKING_FORBIDDEN: Grounds(_NO, "CASL s. 1(3); CTIA Messaging Principles"),
    Reason.QUIET_HOURS: Grounds(_NO, "47 CFR 64.1200(c)(1)"),
    Reason.TIME_ZONE_UNKNOWN: Grounds(_ASK, "47 CFR 64.1200(c)(1)"),
    Reason.RESTRICTED: Grounds(_NO, "GDPR Art. 18(2)"),
    Reason.REASSIGNED: Grounds(_NO, "47 CFR 64.1200(m); GDPR Art. 5(1)(d)"),
    Reason.SECURITY_ONLY: Grounds(_NO, "GDPR Art. 5(1)(b)"),
    Reason.WITHDRAWN: Grounds(_NO, "GDPR Art. 7(3)"),
    Reason.REVOKED: Grounds(_NO, "GDPR Art. 7(1)"),
    Reason.INVALIDATED: Grounds(_NO, "GDPR Art. 7(1)-(2)"),
    Reason.REFUSED: Grounds(_NO, "GDPR Art. 4(11)"),
    Reason.LAPSED: Grounds(_NO, "GDPR Art. 5(1)(e)"),
    Reason.NOT_CONFIRMED: Grounds(_NO, "GDPR Art. 7(1); BGH I ZR 164/09"),
    Reason.SENDER_NOT_NAMED: Grounds(_NO, "GDPR Art. 4(11); ICO, direct marketing guidance"),
    Reason.LICENCE_ENDED: Grounds(_NO, "GDPR Art. 5(1)(b); the supplier's contract"),
    Reason.CONSENT_NOT_TRANSFERABLE: Grounds(_NO, "CTIA Messaging Principles: opt-in is not transferable"),
    Reason.NOTICE_NOT_SENT: Grounds(_NO, "GDPR Art. 14(3)(b)"),
    Reason.PURPOSE_NOT_PERMITTED: Grounds(_NO, "GDPR Art. 5(1)(b)"),
    Reason.IMPLIED_CONSENT_LAPSED: Grounds(_NO, "CASL s. 10(10)"),
    Reason.NO_CONSENT: Grounds(_NO, "GDPR Art. 6(1)"),
    Reason.NUMBER_ENDED: Grounds(_NO, "GDPR Art. 5(1)(d)"),
}
