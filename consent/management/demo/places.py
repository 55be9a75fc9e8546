"""Where Finch & Harbour collects consent: a form on its web pages, its app, its text club and its till."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from consent import places
from consent.models import ApiKey, CollectionPoint, Purpose
from crm.models import Source

FORM, APP, CLUB, TILL = "garden-news", "loyalty-app", "text-club", "harbour-street"
KEYWORD = "garden"
_KEYS = {APP: tuple(scope for scope in ApiKey.Scope.values if scope != ApiKey.Scope.KIOSK), TILL: ("kiosk",)}


def make(sources: Mapping[str, Source], purposes: Mapping[str, Purpose]) -> None:
    """Make the collection points, within an origin."""
    languages = ["en", "de", "fr", "es"]
    for slug, name, source, asks, more in (
        (FORM, "Garden news, web pages", "shop", ("news", "survey", "orders"), {"asks_age": True}),
        (APP, "Loyalty app", "app", ("news", "survey"), {}),
        (CLUB, "Text club", "text-club", ("news",), {"languages": ["en"], "join_keyword": KEYWORD}),
        (TILL, "Till, Harbour Street", "till", ("news", "survey"), {"languages": ["en"]}),
    ):
        of = sources[source]
        values: dict[str, Any] = {"name": name, "kind": of.kind, "source": of, "languages": languages} | more
        place = CollectionPoint.objects.create(slug=slug, **values)
        place.purposes.set([purposes[each] for each in asks])


def new_keys(*, at: datetime) -> dict[str, str]:
    """Return a new key for the app and one for the till, by collection point; those of an earlier demo end."""
    found = {}
    for slug, scopes in _KEYS.items():
        place = CollectionPoint.objects.get(slug=slug)
        for old in place.keys.filter(name="demo", revoked_at=None):
            places.revoke_key(old, at=at)
        how: dict[str, Any] = {
            "name": "demo",
            "scopes": scopes,
            "expires_at": at + timedelta(days=1),
            "created_by": None,
            "at": at,
        }
        _key, found[slug] = places.issue_key(place=place, **how)
    return found
