"""What a text message means: placeholder of the interface until the rules land."""

from enum import StrEnum


class Meaning(StrEnum):
    """What a text message means for consent."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CONFIRM = "confirm"
    HELP = "help"
    OTHER = "other"
    NEEDS_REVIEW = "needs_review"
