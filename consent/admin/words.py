"""The words that staff read for the codes of the rules, and the colours that go with them."""

from django.utils.translation import gettext_lazy as _

from consent.rules.bases import LawfulBasis
from consent.rules.permission import Verdict
from consent.rules.states import Act, Status
from consent.words import ACTS, REASONS, STATUSES, Words

__all__ = ["ACTS", "ACT_COLOURS", "BASES", "COLOURS", "REASONS", "STATUSES", "VERDICTS", "VERDICT_COLOURS"]

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
