"""Text as it is compared: one spelling of every digit, dash and blank; and what a date looks like."""

import re
import unicodedata

DATE = (
    r"(?:(?:19|20)\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-./])(?:0?[1-9]|[12]\d|3[01])\2(?:19|20)\d\d"
    r"|\d{1,2}/\d{1,2}/\d\d)(?:[T ]+\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?Z?)?"
)


def plain(text: str) -> str:
    """NFKC, with every script's digits, dashes and blanks as ASCII, and without marks that nobody can see."""
    if text.isascii():
        return text
    chars = []
    for char in unicodedata.normalize("NFKC", text):
        category = unicodedata.category(char)
        if category == "Nd":
            chars.append(str(unicodedata.decimal(char)))
        elif category == "Pd" or char == "\N{MINUS SIGN}":
            chars.append("-")
        elif category != "Cf":
            chars.append(" " if category == "Zs" else char)
    return "".join(chars)


def digits(text: str) -> str:
    """The ASCII digits of a text, and nothing else."""
    return re.sub(r"\D", "", text)
