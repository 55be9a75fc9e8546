"""Log lines without numbers: whatever a library or a traceback says, a run of seven digits or more is masked."""

import logging
import re

# Seven digits or more, with the separators that numbers are written with; times and short ids stay readable.
_NUMBER = re.compile(r"(?<![\w.:-])(?:\+|00)?\d(?:[ ().\-/]?\d){6,}(?![\w:])")
# ISO dates and times look like numbers to the pattern above and tell nothing of a person.
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}(?::?\d{2})*)?$|^\d{4}-\d{2}-\d{2}")


def mask_text(text: str) -> str:
    """Return `text` with everything that is spelled like a phone number replaced by a fixed mark."""
    return _NUMBER.sub(lambda found: found[0] if _DATE.match(found[0]) else "[number]", text)


class MaskNumbers(logging.Filter):
    """Mask the message of a record, arguments included, before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_text(record.getMessage()), None
        return True


class MaskingFormatter(logging.Formatter):
    """Mask the traceback as well: a filter sees a record before its exception is rendered."""

    def formatException(self, ei) -> str:  # type: ignore[no-untyped-def]
        return mask_text(super().formatException(ei))
