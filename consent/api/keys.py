"""Who asks: an API key in the Authorization header, what it allows, and how often it may be used."""

from datetime import datetime
from math import ceil

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja.security import HttpBearer

from consent import places
from consent.api.problems import Problem
from consent.models import ApiKey, CollectionPoint
from consent.places import Window
from crm.models import Actor


class Bearer(HttpBearer):
    """The check that a request has a key with a scope, and that the key has not been used too often."""

    def __init__(self, scope: ApiKey.Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        """Return the key, after counting the request. Raises Problem: 401, 403, 429."""
        now = timezone.now()
        try:
            key = places.authenticate(token, scope=self.scope, at=now)
        except places.BadKey:
            raise Problem(
                401,
                "bad_key",
                "This key is unknown, revoked or expired.",
                headers={"WWW-Authenticate": 'Bearer realm="Ringfence", error="invalid_token"'},
            ) from None
        except places.MissingScope as missing:
            _count(request, missing.key, at=now)
            raise Problem(
                403,
                "missing_scope",
                f"This key lacks the scope {missing.scope}.",
                headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{missing.scope}"'},
            ) from None
        _count(request, key, at=now)
        return key


def key_of(request: HttpRequest) -> ApiKey:
    """Return the key that a request was made with."""
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    return key


def place_of(request: HttpRequest) -> CollectionPoint:
    """Return the collection point for which a request speaks."""
    return key_of(request).collection_point


def actor_of(request: HttpRequest) -> Actor:
    """Return who acts: the key, by the part of it that is no secret."""
    return Actor(f"api key {key_of(request).prefix}")


def tell_limits(request: HttpRequest, response: HttpResponseBase) -> None:
    """Say in the headers how the key stands (draft-ietf-httpapi-ratelimit-headers-03), where one was counted."""
    window: Window | None = getattr(request, "rate_window", None)
    if window:
        response["RateLimit-Limit"] = str(window.limit)
        response["RateLimit-Remaining"] = str(window.remaining)
        response["RateLimit-Reset"] = str(_seconds_left(window, at=timezone.now()))


def _count(request: HttpRequest, key: ApiKey, *, at: datetime) -> None:
    window = places.count_request(key, at=at)
    request.rate_window = window  # type: ignore[attr-defined]
    if not window.allowed:
        raise Problem(
            429,
            "too_many_requests",
            f"This key may be used {window.limit} times a minute.",
            headers={"Retry-After": str(max(1, _seconds_left(window, at=at)))},
        )


def _seconds_left(window: Window, *, at: datetime) -> int:
    return max(0, ceil((window.resets_at - at).total_seconds()))
