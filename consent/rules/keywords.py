"""What an inbound text asks for: to stop, to start, yes, help; or something else; or something a person must read.

Both errors are real. 47 CFR 64.1200(a)(10) takes a revocation by any reasonable means and names words that always
are one; the CTIA Messaging Principles and Best Practices, 5.1.3, want "normal language" acted upon whatever its case
and punctuation. So a missed opt-out is a fine and a broken promise; yet "we have to stop this bill" or "don't stop"
taken for one cuts somebody off who wants to hear from us. A text that may be an opt-out is therefore never answered
OTHER, nor anything milder: doubt goes to NEEDS_REVIEW, upon which the caller suppresses at once and a person decides.

The words stand in `keyword_sets`, the sentences in `phrases` and `harmless`. A word counts when it is all that the
text says, politeness aside; in longer texts the sentences count, and a word that can mean nothing else is a doubt.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consent.rules import harmless, keyword_sets, phrases


class Meaning(StrEnum):
    """What the text asks for. CONFIRM is kept apart from OPT_IN, as a yes answers a question that is pending."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    CONFIRM = "confirm"
    HELP = "help"
    OTHER = "other"
    NEEDS_REVIEW = "needs_review"


@dataclass(frozen=True, slots=True)
class Word:
    """A keyword that staff have added, and what it means: OPT_OUT, OPT_IN, CONFIRM or HELP."""

    text: str
    meaning: Meaning


# Default_Ignorable_Code_Point of the Unicode Character Database, as far as its category is not Cf: nobody sees them.
_UNSEEN = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)])
) | frozenset(map(chr, range(0xE0000, 0xE1000)))
# More accents on one letter than any language has; sorting a long run of them takes quadratic time.
_MARKS = 8
# Characters of a long text that are read from each end: either holds the longest message that gateways carry, 1,600.
_READ = 2000
_BREAK = "\x1f"
# Punctuation that ends a clause, not the dots in "S.T.O.P". One character at a time, so that a long run stays linear.
_ENDS_CLAUSE = re.compile(r"[.!?;,:。、](?=\s|$)|[\r\n\u2028\u2029\x0b\x0c\x85]")
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
_CONTRACTED = re.compile(r"\b(don|doesn|didn|can|couldn|won|wouldn|shouldn|isn) t\b")
_RUNS = re.compile(r"(.)\1{3,}", re.DOTALL)
_DRAWN_OUT = re.compile(r"([^\W\d])\1{2,}")
_SPELLED = re.compile(r"(?<!\S)\w(?: \w){2,}(?!\S)")
# Signs that refuse without a word.
_REFUSING_SIGNS = frozenset("🛑⛔🚫🖕🙅❌👎")
# A text of so few words has no context to tell another meaning by.
_SHORT = 3


def normalise(body: str) -> str:
    """The text as keywords are compared: case-folded NFKC, with no character that nobody can see.

    Punctuation, symbols and white space become one space, none at the ends. Accents stay. Idempotent, and
    never raises.
    """
    return " ".join(_marked(body).split())


def classify(body: str, *, extra: Sequence[Word] = ()) -> Meaning:
    """What an inbound text asks for, by the shipped keywords and sentences and by the words that staff have added.

    An opt-out outranks all else in the text, and a doubtful one outranks all but a clear one. A word of `extra`
    counts when it is the whole text; it can add an opt-out but not talk one, or the doubt about one, away. Of a
    longer text only the beginning and the end are read. Never raises. 47 CFR 64.1200(a)(10); CTIA 5.1.3.
    """
    clauses = _clauses(body)
    whole = _bare(" ".join(clauses))
    added = _added(whole, extra)
    refusal = _refusal(whole, clauses)
    if refusal is Meaning.OPT_OUT or Meaning.OPT_OUT in added:
        return Meaning.OPT_OUT
    if refusal is Meaning.NEEDS_REVIEW or _refuses_by_sign(body, whole):
        return Meaning.NEEDS_REVIEW
    if added:
        return added[0]
    if _is_all(whole, _OPT_IN):
        return Meaning.OPT_IN
    # GDPR Art. 4(11): unambiguous. Someone who asks back has not agreed yet.
    if _is_all(whole, _CONFIRM) and "?" not in unicodedata.normalize("NFKC", body[:_READ]):
        return Meaning.CONFIRM
    if _is_all(whole, _HELP):
        return Meaning.HELP
    return Meaning.OTHER


def _refusal(whole: str, clauses: Sequence[str]) -> Meaning:
    """OPT_OUT, NEEDS_REVIEW or, when nothing refuses, OTHER."""
    if _is_all(whole, _OPT_OUT):
        return Meaning.OPT_OUT
    found = set()
    before = ""
    for clause in clauses:
        meaning = _refusal_of_clause(clause)
        if meaning is Meaning.OPT_OUT and harmless.REFUSING.search(before):
            meaning = Meaning.NEEDS_REVIEW
        found.add(meaning)
        before = clause
    if Meaning.OPT_OUT in found:
        return Meaning.NEEDS_REVIEW if phrases.INSTEAD.search(whole) else Meaning.OPT_OUT
    # The whole as well: punctuation or a line's end may have cut a sentence in two.
    rest = _without_the_harmless(whole)
    if Meaning.NEEDS_REVIEW in found or phrases.OPT_OUT.search(rest) or _UNMISTAKABLE_ANYWHERE.search(rest):
        return Meaning.NEEDS_REVIEW
    words = rest.split()
    # One of the everyday words with little else, such as "cancel it".
    if len(words) <= _SHORT and not _EVERYDAY.isdisjoint(words) and not harmless.OTHER_THINGS.search(rest):
        return Meaning.NEEDS_REVIEW
    return Meaning.OTHER


def _refusal_of_clause(clause: str) -> Meaning:
    if _is_all(clause, _UNMISTAKABLE):
        return Meaning.OPT_OUT
    if _is_all(clause, _OPT_OUT):
        return Meaning.NEEDS_REVIEW
    rest = _without_the_harmless(clause)
    if phrases.OPT_OUT.search(rest):
        return Meaning.NEEDS_REVIEW if phrases.HEDGE.search(rest) else Meaning.OPT_OUT
    if phrases.DOUBT.search(rest) or _UNMISTAKABLE_ANYWHERE.search(rest):
        return Meaning.NEEDS_REVIEW
    return Meaning.OTHER


def _without_the_harmless(text: str) -> str:
    return harmless.ELSEWHERE.sub("_", harmless.NEGATED.sub(_unless_complaint, text))


def _unless_complaint(negated: re.Match[str]) -> str:
    return negated[0] if negated[1] else "_"


def _refuses_by_sign(body: str, whole: str) -> bool:
    return whole.count(" ") < _SHORT and not _REFUSING_SIGNS.isdisjoint(body)


def _added(whole: str, extra: Sequence[Word]) -> list[Meaning]:
    return [word.meaning for word in extra if whole and _bare(normalise(word.text)) == whole]


def _is_all(text: str, words: "_Words") -> bool:
    """Whether the text, but for politeness at its ends, is one of the words, or several in a row."""
    core = _POLITE_END.sub("", _POLITE_START.sub("", text))
    # Without its spaces as well: "un subscribe", "s-t-o-p".
    if core in words.written or core.replace(" ", "") in words.joined or text.replace(" ", "") in words.joined:
        return True
    return bool(core) and words.written.issuperset(core.split())


def _clauses(body: str) -> list[str]:
    """The clauses as they are compared, without accents; of a long text only those near its ends."""
    # Runs first, so that no amount of blanks or of "o" pushes a word out of what is read.
    text = _RUNS.sub(r"\1\1\1", _seen(body))
    if len(text) > 2 * _READ:
        text = f"{text[:_READ]}\n{text[-_READ:]}"
    clauses = (_bare(" ".join(clause.split())) for clause in _marked(text).split(_BREAK))
    return [clause for clause in clauses if clause]


def _bare(text: str) -> str:
    """A normalised text without accents, "don't" as one word, and spelled-out words put together."""
    text = unicodedata.normalize("NFKC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text))).translate(_STROKES)
    text = _CONTRACTED.sub(r"\1t", _DRAWN_OUT.sub(r"\1", text))
    return _SPELLED.sub(lambda letters: letters[0].replace(" ", ""), text)


def _marked(body: str) -> str:
    """The normalised text, but with white space as it comes, and with a mark between its clauses."""
    text = _seen(body)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    text = _ENDS_CLAUSE.sub(_BREAK, _seen(text))
    signs = {char for char in set(text) if unicodedata.category(char)[0] not in "LNM"} - {_BREAK}
    return text.translate(dict.fromkeys(map(ord, signs), " "))


def _seen(text: str) -> str:
    """What can be seen: no control, format or stray half characters, no accents without end or without a letter."""
    chars = set(text)
    if _UNSEEN.isdisjoint(chars) and all(unicodedata.category(char)[0] in "LNPSZ" for char in chars):
        return text
    return "".join(_seen_one_by_one(text))


def _seen_one_by_one(text: str) -> Iterator[str]:
    marks = _MARKS
    for char in text:
        category = unicodedata.category(char)
        if category[0] == "M":
            marks += 1
            if marks <= _MARKS and char not in _UNSEEN:
                yield char
        elif char.isspace():
            marks = _MARKS
            yield " " if char == _BREAK else char
        elif category not in ("Cc", "Cf", "Cs") and char not in _UNSEEN:
            marks = 0 if category[0] in "LN" else _MARKS
            yield char


@dataclass(frozen=True, slots=True)
class _Words:
    """Keywords as they are compared, and the same without spaces."""

    written: frozenset[str]
    joined: frozenset[str]


def _words(sets: Iterable[keyword_sets.KeywordSet]) -> _Words:
    written = frozenset(_bare(normalise(word)) for one in sets for word in one.words)
    return _Words(written, frozenset(word.replace(" ", "") for word in written))


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_OPT_OUT = _words(keyword_sets.OPT_OUT)
_UNMISTAKABLE = _words(one for one in keyword_sets.OPT_OUT if one.unmistakable)
_OPT_IN, _CONFIRM, _HELP = map(_words, (keyword_sets.OPT_IN, keyword_sets.CONFIRM, keyword_sets.HELP))
# The per se words of 47 CFR 64.1200(a)(10) that everyday speech has other uses for.
_EVERYDAY = frozenset({"quit", "end", "revoke", "cancel", "remove"})
_UNMISTAKABLE_ANYWHERE = re.compile(rf"\b(?:{_alternatives(_UNMISTAKABLE.written)})\b")
_POLITE_START = re.compile(rf"^(?:(?:{_alternatives(keyword_sets.POLITENESS)})\b ?)+(?!$)")
_POLITE_END = re.compile(rf"(?: (?:{_alternatives(keyword_sets.POLITENESS)}))+$")
