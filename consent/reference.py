"""The reference of reason codes, made of the code itself: what permission may answer, why, and by which rule."""

from dataclasses import dataclass

from consent.rules.reasons import REASONS, Reason
from consent.words import REASONS as SENTENCES


@dataclass(frozen=True, slots=True)
class Row:
    """A reason code, the verdict it comes with, the sentence for people (in their language) and the rule behind it."""

    code: str
    verdict: str
    sentence: str
    citation: str


def reasons() -> list[Row]:
    """Return a row for each reason code, in the order in which the first that applies is told."""
    return [
        Row(reason.value, REASONS[reason].verdict.value, str(SENTENCES[reason]), REASONS[reason].citation)
        for reason in Reason
    ]
