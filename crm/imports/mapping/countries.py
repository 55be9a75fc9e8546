"""Countries as cells name them, as the two letters of ISO 3166-1.

The names in seven languages, and the codes of three letters, are those of CLDR, by way of Babel. They are read when
the first one is asked for: that takes 40 ms.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from babel.core import Locale, get_global

from crm.imports.headers import plain

_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
# CLDR's territories that are no country: groups of them, and codes for tests.
_NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})
# How people write what CLDR calls otherwise. The European Union and the United Kingdom write EL and UK.
_ALSO = {
    "GB": "UK, England, Scotland, Wales, Northern Ireland, Great Britain, Großbritannien, Grande-Bretagne, Britain"
    ", Gran Bretaña, Gran Bretagna, Grã-Bretanha, Groot-Brittannië, Inglaterra, Angleterre",
    "US": "United States of America, Vereinigte Staaten von Amerika, Estados Unidos de América, EE. UU., EUA"
    ", États-Unis d'Amérique, Stati Uniti d'America, Verenigde Staten van Amerika",
    "NL": "Holland, Holanda, Hollande, Olanda, The Netherlands",
    "GR": "EL, Hellas",
    "IE": "Republic of Ireland, Eire",
    "CZ": "Czech Republic, Tschechische Republik, République tchèque, República Checa, Repubblica Ceca",
    "TR": "Turkey",
    "CI": "Ivory Coast",
    "CV": "Cabo Verde",
    "MK": "Macedonia, Mazedonien",
    "MM": "Burma",
    "SZ": "Swaziland",
    "HK": "Hong Kong, Hongkong",
    "MO": "Macau, Macao",
    "PS": "Palestine, State of Palestine",
    "VA": "Vatican, Holy See",
    "BA": "Bosnia, Bosnia and Herzegovina",
    "BY": "Weißrussland",
    "RU": "Russian Federation",
    "KR": "Korea, Republic of Korea, Korea Republic of",
    "VN": "Viet Nam",
    "IR": "Islamic Republic of Iran",
    "SY": "Syrian Arab Republic",
    "MD": "Republic of Moldova",
    "AE": "UAE, Emirates",
}


@lru_cache(maxsize=1024)
def region_of(cell: str) -> str:
    """Return the two letters of a country that a cell names by a code or in words; nothing for any other text."""
    known = _countries()
    # "Germany (DE)", "DE - Germany"; not words in brackets: "Korea (North)" is not Korea.
    codes = re.findall(r"\(\s*([A-Za-z]{2,3})\s*\)|^\s*([A-Z]{2,3})\s+-\s", cell)
    tries = [cell, re.sub(r"\(the\)", "", cell, flags=re.IGNORECASE), *("".join(code) for code in codes)]
    return next((known[name] for text in tries if (name := plain(text)) in known), "")


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    """Return the two letters by each way of naming a country, as headers are compared."""
    codes = {code for code in _named_in("en") if re.fullmatch("[A-Z]{2}", code)} - _NO_COUNTRY
    known = {plain(name): code for code, names in _ALSO.items() for name in names.split(",")}
    for language in _LANGUAGES:
        for code, name in _named_in(language).items():
            if code in codes:
                known[plain(name)] = code
                # Who has no umlauts writes Oesterreich.
                known[plain(re.sub("[ÄÖÜäöü]", lambda found: f"{found.group()}e", name))] = code
    # Of two countries, CLDR calls the smaller one so in Spanish.
    known.pop("congo", None)
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    for old, new in aliases.items():
        if re.fullmatch("[A-Z]{3}", old) and len(new) == 1 and new[0] in codes:
            known[plain(old)] = new[0]
    return known | {plain(code): code for code in codes}


def _named_in(language: str) -> dict[str, str]:
    return {str(code): str(name) for code, name in Locale(language).territories.items()}
