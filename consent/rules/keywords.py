"""What a text message means: placeholder of the interface until the rules land."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword."""

    text: str
    meaning: "Meaning"


def classify(body: str, *, extra: Sequence[Word] = ()) -> "Meaning":
    """Placeholder."""
    return Meaning.OTHER


def normalise(body: str) -> str:
    """Placeholder."""
    return body.casefold().strip()


class Meaning(StrEnum):
    """What a text message means for consent."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CONFIRM = "confirm"
    HELP = "help"
    OTHER = "other"
    NEEDS_REVIEW = "needs_review"
