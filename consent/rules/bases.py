"""The lawful bases of processing. GDPR Article 6(1): processing is lawful only if one of the six applies."""

from enum import StrEnum


class LawfulBasis(StrEnum):
    """One of the six; only the first is consent. An objection to marketing (Art. 21(3)) outranks all."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"

    @property
    def citation(self) -> str:
        """The point of the article, such as "GDPR Art. 6(1)(a)"."""
        return f"GDPR Art. 6(1)({_POINTS[self]})"


# Written out, so that a basis moved or added above cannot shift the letters of the others.
_POINTS = {
    LawfulBasis.CONSENT: "a",
    LawfulBasis.CONTRACT: "b",
    LawfulBasis.LEGAL_OBLIGATION: "c",
    LawfulBasis.VITAL_INTERESTS: "d",
    LawfulBasis.PUBLIC_TASK: "e",
    LawfulBasis.LEGITIMATE_INTERESTS: "f",
}
