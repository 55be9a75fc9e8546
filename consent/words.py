"""The words that people read for the codes of the rules: statuses, acts, and the reasons of permission."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.rules.reasons import Reason
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

REASONS: Words = {
    Reason.CONSENT_GIVEN: _("Consent was given."),
    Reason.CONSENT_RENEWED: _("Consent was renewed."),
    Reason.OTHER_BASIS: _("The purpose rests on another lawful basis than consent."),
    Reason.ERASED: _("The number was erased."),
    Reason.OBJECTED: _("The person objected (GDPR 21)."),
    Reason.SUPPRESSED: _("The owner of the number has said no."),
    Reason.UNDER_REVIEW: _("A text from the number looked like a no, and nobody has read it yet."),
    Reason.UNKNOWN_NUMBER: _("We do not hold this number."),
    Reason.PURPOSE_INACTIVE: _("The purpose is not in use."),
    Reason.CHANNEL_NOT_COVERED: _("The purpose does not cover this channel."),
    Reason.WRONG_LINE_TYPE: _("This kind of line cannot be reached this way."),
    Reason.ASKING_FORBIDDEN: _("Somebody else gave us the number, and there a text may not ask for consent."),
    Reason.QUIET_HOURS: _("It is too early or too late where the number may ring."),
    Reason.TIME_ZONE_UNKNOWN: _("Nobody knows what time it is where the number may ring."),
    Reason.RESTRICTED: _("The contact is restricted."),
    Reason.REASSIGNED: _("The line was given to somebody else since."),
    Reason.SECURITY_ONLY: _("The number was taken for account security only."),
    Reason.WITHDRAWN: _("Consent was withdrawn."),
    Reason.REVOKED: _("Consent was revoked by somebody else."),
    Reason.INVALIDATED: _("Consent was found invalid."),
    Reason.REFUSED: _("Consent was refused."),
    Reason.LAPSED: _("Consent has lapsed."),
    Reason.NOT_CONFIRMED: _("Consent was asked for and not yet confirmed."),
    Reason.SENDER_NOT_NAMED: _("The third party's wording did not name us."),
    Reason.LICENCE_ENDED: _("The source's licence has ended."),
    Reason.CONSENT_NOT_TRANSFERABLE: _("What a third party was told does not allow texts from us there."),
    Reason.NOTICE_NOT_SENT: _("The person was not yet told where we have the number from (GDPR 14)."),
    Reason.PURPOSE_NOT_PERMITTED: _("The number was not collected for this purpose."),
    Reason.IMPLIED_CONSENT_LAPSED: _("Nothing was heard of the person for so long that consent is no longer implied."),
    Reason.NO_CONSENT: _("There is no consent."),
    Reason.NUMBER_ENDED: _("The contact is no longer at this number."),
}
