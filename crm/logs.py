"""Log lines without numbers: whatever a library or a traceback says, a run of seven digits or more is masked.

So is the random id of a person's link, in an address: whoever has it is taken for the person.
"""

import logging
import re

# Seven digits or more, with what people, and query strings, put between them; shorter ids stay readable.
_GAP = r"(?:[ ().\-/+\u00a0\u2007\u2009\u202f\u2010-\u2013\u2212]|%2[0-9bdf]){0,3}"
_NUMBER = rf"\+?\d(?:{_GAP}\d){{6,}}"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_TIME = r"\d{1,3}:[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
# What has many digits too, and tells nothing of a person.
_KEPT = "|".join(
    (
        r"(?<![\d+])(?:19|20)\d\d(?P<sign>[-./])(?:0[1-9]|1[0-2])(?P=sign)(?:0[1-9]|[12]\d|3[01])"
        rf"(?:[T ]{_TIME}|(?![ ./-]?\d))",
        r"(?<![\d+])(?:0?[1-9]|[12]\d|3[01])(?P<sign2>[-./])(?:0?[1-9]|1[0-2])(?P=sign2)(?:19|20)\d\d(?![ ./-]?\d)",
        rf"(?<![\d+]){_TIME}(?![ ./-]?\d)",
        rf"(?<![\d+.]){_OCTET}(?:\.{_OCTET}){{3}}(?::\d{{1,5}}(?!\d))?(?![\d.])(?!-\d)",
        r"(?<![0-9a-z])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-z])",
        r"(?<![0-9a-z])(?:0x[0-9a-f]+|(?=\d*[a-f])[0-9a-f]{32,})(?![0-9a-z])",
        r"(?<![\d+.])\d{1,6}(?:\.\d+)?(?= ?(?:[mnu\u00b5]?s|seconds?)\b)",
        r"(?<![\d+.])0\.\d+(?![ ().\-/]?\d)",
        r'(?<=" )[1-5]\d\d \d{1,6}(?![\d.-]| \d)',  # an access log's status and size
    )
)
_PATTERN = re.compile(rf"(?P<kept>{_KEPT})|{_NUMBER}", re.IGNORECASE)
# secrets.token_urlsafe(32), as a part of a path or the value of a query.
_LINK = re.compile(r"(?<=[/=])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")


def mask_text(text: str) -> str:
    """Return `text` with everything that is spelled like a phone number, or a link's id, replaced by a fixed mark."""
    return _PATTERN.sub(lambda found: found["kept"] or "[number]", _LINK.sub("[link]", text))


class MaskNumbers(logging.Filter):
    """Mask the message of a record, arguments included, before any handler writes it."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            # Logging would print the arguments themselves, and an error here would end what is being logged.
            message = f"{record.msg} (its arguments do not fit)"
        record.msg, record.args = mask_text(message), None
        return True


class MaskingFormatter(logging.Formatter):
    """Mask the whole line: a filter sees a record before its exception and its stack are rendered."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_text(super().format(record))
