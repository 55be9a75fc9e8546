"""The countries that a number may be of, named in the visitor's language."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from babel.core import Locale, get_global
from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from consent.models import CollectionPoint


@dataclass(frozen=True, slots=True)
class Country:
    """A country in the list: ISO 3166 alpha-2, its name, and its dialling code without the plus."""

    region: str
    name: str
    dialling: int


@lru_cache(maxsize=8)
def countries(language: str) -> tuple[Country, ...]:
    """Return every country that has phone numbers, by its name in a language (CLDR's, by way of Babel)."""
    names = Locale(language).territories
    found = [
        Country(region, str(names.get(region, region)), phonenumbers.country_code_for_region(region))
        for region in phonenumbers.SUPPORTED_REGIONS
    ]
    return tuple(sorted(found, key=lambda each: _sorting(each.name)))


def region_of(request: HttpRequest, place: CollectionPoint, *, language: str) -> str:
    """Return the country that is proposed: that of the place, of the browser, or the most likely of the language."""
    tags = [tag for tag, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])]
    of_browser = [part.upper() for tag in tags for part in tag.split("-")[1:]]
    of_language = str(get_global("likely_subtags").get(language, "")).split("_")[-1]
    proposed = [place.source.default_region, *of_browser, of_language]
    return next(region for region in [*proposed, "US"] if region in phonenumbers.SUPPORTED_REGIONS)


def _sorting(name: str) -> str:
    """Return a name without its accents, as a reader looks for it: Österreich under O."""
    return "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char)).casefold()
