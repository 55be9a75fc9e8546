"""The words that staff read for the codes of the rules, and the colours that go with them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.rules.bases import LawfulBasis
from consent.rules.permission import Reason, Verdict
from consent.rules.states import Act, Status

Words = dict[str, "str | Promise"]

STATUSES: Words = {
    Status.UNKNOWN: _("unknown"),
    Status.REQUESTED: _("asked, not confirmed"),
    Status.DEFERRED: _("put off"),
    Status.REFUSED: _("refused"),
    Status.GIVEN: _("given"),
    Status.EXPIRED: _("expired"),
    Status.INVALIDATED: _("invalid"),
    Status.REVOKED: _("revoked"),
    Status.WITHDRAWN: _("withdrawn"),
    Status.RENEWED: _("renewed"),
}

COLOURS: dict[str, str] = {
    Status.UNKNOWN: "",
    Status.REQUESTED: "warning",
    Status.DEFERRED: "warning",
    Status.REFUSED: "danger",
    Status.GIVEN: "success",
    Status.EXPIRED: "warning",
    Status.INVALIDATED: "danger",
    Status.REVOKED: "danger",
    Status.WITHDRAWN: "danger",
    Status.RENEWED: "success",
}

ACTS: Words = {
    Act.REQUESTED: _("asked"),
    Act.DEFERRED: _("put off"),
    Act.GIVEN: _("given"),
    Act.CONFIRMED: _("confirmed"),
    Act.REFUSED: _("refused"),
    Act.WITHDRAWN: _("withdrawn"),
    Act.REVOKED: _("revoked"),
    Act.EXPIRED: _("expired"),
    Act.INVALIDATED: _("found invalid"),
    Act.RENEWED: _("renewed"),
    Act.CLAIMED: _("claimed without proof"),
}

ACT_COLOURS: dict[str, str] = {
    Act.GIVEN: "success",
    Act.CONFIRMED: "success",
    Act.RENEWED: "success",
    Act.REQUESTED: "warning",
    Act.DEFERRED: "warning",
    Act.EXPIRED: "warning",
    Act.REFUSED: "danger",
    Act.WITHDRAWN: "danger",
    Act.REVOKED: "danger",
    Act.INVALIDATED: "danger",
    Act.CLAIMED: "",
}

BASES: Words = {
    LawfulBasis.CONSENT: _("consent"),
    LawfulBasis.CONTRACT: _("contract"),
    LawfulBasis.LEGAL_OBLIGATION: _("legal obligation"),
    LawfulBasis.VITAL_INTERESTS: _("vital interests"),
    LawfulBasis.PUBLIC_TASK: _("public task"),
    LawfulBasis.LEGITIMATE_INTERESTS: _("legitimate interests"),
}

VERDICTS: Words = {Verdict.ALLOW: _("yes"), Verdict.DENY: _("no"), Verdict.REVIEW: _("ask")}
VERDICT_COLOURS: dict[str, str] = {Verdict.ALLOW: "success", Verdict.DENY: "danger", Verdict.REVIEW: "warning"}

REASONS: Words = {
    Reason.CONSENT_GIVEN: _("Consent was given."),
    Reason.CONSENT_RENEWED: _("Consent was renewed."),
    Reason.OTHER_BASIS: _("The purpose rests on another lawful basis than consent."),
    Reason.ERASED: _("The number was erased."),
    Reason.SUPPRESSED: _("The owner of the number has said no."),
    Reason.UNKNOWN_NUMBER: _("We do not hold this number."),
    Reason.PURPOSE_INACTIVE: _("The purpose is not in use."),
    Reason.CHANNEL_NOT_COVERED: _("The purpose does not cover this channel."),
    Reason.WRONG_LINE_TYPE: _("This kind of line cannot be reached this way."),
    Reason.QUIET_HOURS: _("It is too early or too late where the number may ring."),
    Reason.TIME_ZONE_UNKNOWN: _("Nobody knows what time it is where the number may ring."),
    Reason.RESTRICTED: _("The contact is restricted."),
    Reason.WITHDRAWN: _("Consent was withdrawn."),
    Reason.REVOKED: _("Consent was revoked by somebody else."),
    Reason.INVALIDATED: _("Consent was found invalid."),
    Reason.REFUSED: _("Consent was refused."),
    Reason.LAPSED: _("Consent has lapsed."),
    Reason.NOT_CONFIRMED: _("Consent was asked for and not yet confirmed."),
    Reason.SENDER_NOT_NAMED: _("The third party's wording did not name us."),
    Reason.LICENCE_ENDED: _("The source's licence has ended."),
    Reason.NOTICE_NOT_SENT: _("The person was not yet told where we have the number from (GDPR 14)."),
    Reason.PURPOSE_NOT_PERMITTED: _("The number was not collected for this purpose."),
    Reason.NO_CONSENT: _("There is no consent."),
    Reason.NUMBER_ENDED: _("The contact is no longer at this number."),
}
