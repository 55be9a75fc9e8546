"""What a cell answers, in the words that people and programs write: yes, no, or take it back.

The two mistakes are not alike. A no that is overlooked calls somebody who said stop; so in a column of opt-outs
whatever is not clearly "no opt-out" counts as one. A yes that is made up claims a consent that nobody gave; so in a
column of consents only a clear yes counts.
"""

import re
from datetime import datetime

from crm.phones.text import DATE

# Nothing, or the sign for it, of spreadsheets and databases.
_NOTHING = frozenset({"", "-", "--", "/", "null", "none", "nil", "nan", "n/a", "na", "#n/a", "[]", "{}", "☐"})
_DATE = re.compile(DATE, re.IGNORECASE)
_NO_DATE = re.compile(r"0000-00-00(?:[ t]00:00(?::00)?)?")
_NO = frozenset(
    {"0", "0.0", "0,0", "no", "n", "false", "f", "off", "never", "unchecked", "not opted out", "not unsubscribed"}
    | {"not blacklisted", "not blocklisted"}
    # German, French, Spanish, Italian, Portuguese, Dutch, Swedish; the second ones are what a spreadsheet writes.
    | {"nein", "niemals", "non", "jamais", "nunca", "mai", "não", "nao", "nee", "nej"}
    | {"falsch", "unwahr", "faux", "falso", "onwaar", "falskt"}
    | {"subscribed", "opted in", "opted-in", "opt-in", "optin", "abonniert", "abonné", "suscrito", "iscritto"}
)
_YES = frozenset(
    {"1", "1.0", "yes", "y", "true", "on", "x", "✓", "✔", "☑", "☒", "checked", "agreed", "accepted", "granted"}
    | {"given", "confirmed", "consented", "subscribed", "opted in", "opted-in", "opt-in", "optin"}
    | {"ja", "j", "wahr", "zugestimmt", "erteilt", "oui", "vrai", "accepté", "sí", "si", "verdadero"}
    | {"sì", "vero", "sim", "verdadeiro", "waar", "sann"}
)
_TAKEN_BACK = frozenset(
    {"unsubscribed", "opted out", "opted-out", "opt-out", "optout", "optedout", "blocklisted", "blacklisted"}
    | {"withdrawn", "revoked", "declined", "refused", "objected", "do not contact", "dnc", "stop", "stopped"}
    | {"abgemeldet", "widerrufen", "widersprochen", "désabonné", "désinscrit", "refusé", "baja", "revocado"}
    | {"disiscritto", "revocato", "cancelado", "afgemeld", "ingetrokken", "complained", "spam"}
)


def says_no(cell: str) -> bool:
    """Whether a cell of an opt-out column takes consent back: "1", "x", a date and a reason do, "0" and "" do not."""
    word = _word(cell)
    return word not in _NOTHING and word not in _NO and not _NO_DATE.fullmatch(word)


def says_yes(cell: str) -> bool:
    """Whether a cell of a column that claims consent clearly says so: a yes in some language, 1, x, or a date."""
    word = _word(cell)
    return word in _YES or _is_a_date(word)


def takes_back(cell: str) -> bool:
    """Whether a cell that says how a subscription or a consent stands says that it has ended by a no."""
    return _word(cell).replace("_", " ") in _TAKEN_BACK


def _is_a_date(word: str) -> bool:
    if _DATE.fullmatch(word):
        return True
    try:
        # Bare digits are an id rather than a date.
        return not word.isdigit() and bool(datetime.fromisoformat(word))
    except ValueError:
        return False


def _word(cell: str) -> str:
    return " ".join(cell.split()).casefold().strip(" .!'\"") if len(cell) <= 100 else cell
