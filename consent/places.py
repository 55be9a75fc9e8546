"""Collection points: what one asks for, and the keys by which programs and tills speak for it.

A key is shown once, when it is made. What is kept is its prefix, to find it by, and a digest of the whole: the secret
has 256 random bits, so nothing is gained by hashing it slowly.
"""

import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Case, F, Q, When

from consent import tokens
from consent.models import ApiKey, CollectionPoint, Notice, Purpose
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.times import require_aware

_TEXT = re.compile(rf"{ApiKey.BEGINNING}_([0-9a-f]{{12}})_([0-9A-Za-z_-]{{43}})")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a collection point asks for, in the wording of one language; `necessary` is told, never asked."""

    purpose: Purpose
    notice: Notice
    channels: tuple[Channel, ...]

    @property
    def optional(self) -> bool:
        """Whether people may say no: only consent is asked for (GDPR 6(1)(a), 7)."""
        return self.purpose.basis == LawfulBasis.CONSENT


def asked(place: CollectionPoint, *, language: str) -> list[Asked]:
    """Return what the collection point asks for in a language, what is necessary last.

    A purpose that is not in use, or has no published wording in the language, is not asked for. Of several versions
    the newest published one counts.
    """
    newest: dict[int, Notice] = {}
    published = Notice.objects.filter(
        purpose__collection_points=place, purpose__active=True, language=language, published_at__isnull=False
    )
    for notice in published.select_related("purpose").order_by("version"):
        newest[notice.purpose_id] = notice
    found = [
        Asked(notice.purpose, notice, tuple(Channel(name) for name in notice.purpose.channels))
        for notice in newest.values()
    ]
    return sorted(found, key=lambda each: (not each.optional, each.purpose.name, each.purpose.pk))


def asked_by_text(place: CollectionPoint, *, language: str) -> list[Asked]:
    """Return what of it can be agreed to by text message."""
    return [each for each in asked(place, language=language) if each.optional and Channel.SMS in each.channels]


def languages(place: CollectionPoint) -> list[str]:
    """Return those of its languages in which the collection point has something to ask for, in its own order."""
    published = set(
        Notice.objects.filter(
            purpose__collection_points=place,
            purpose__active=True,
            purpose__basis=LawfulBasis.CONSENT,
            published_at__isnull=False,
        ).values_list("language", flat=True)
    )
    return [language for language in place.languages if language in published]


class BadKey(ValueError):
    """There is no such key, or it is revoked or expired, or its collection point is closed: nobody is told which."""


class MissingScope(ValueError):
    """The key is good and does not allow this: `scope` is what it lacks. The `key` is counted all the same."""

    def __init__(self, scope: str, key: ApiKey) -> None:
        super().__init__(f"the key lacks the scope {scope}")
        self.scope, self.key = scope, key


def issue_key(
    *,
    place: CollectionPoint,
    name: str,
    scopes: Collection[str],
    expires_at: datetime,
    created_by: User | None,
    at: datetime,
    per_minute: int = 300,
) -> tuple[ApiKey, str]:
    """Make a key at `at` (aware) and return it with its text, which nobody can ever be shown again.

    scopes: values of ApiKey.Scope. Raises ValueError for scopes that are none, and for an end in the past.
    """
    at, expires_at = require_aware(at, name="at"), require_aware(expires_at, name="expires_at")
    if not scopes or set(scopes) - set(ApiKey.Scope.values):
        raise ValueError("a key has one or more of the known scopes")
    if expires_at <= at:
        raise ValueError("a key expires later than it is made")
    prefix = secrets.token_hex(6)
    text = f"{ApiKey.BEGINNING}_{prefix}_{tokens.new()}"
    key = ApiKey.objects.create(
        collection_point=place,
        name=name,
        prefix=prefix,
        digest=tokens.digest(text),
        scopes=sorted(scopes),
        created_at=at,
        created_by=created_by,
        expires_at=expires_at,
        per_minute=per_minute,
    )
    return key, text


def revoke_key(key: ApiKey, *, at: datetime) -> None:
    """End a key at `at` (aware), for good; one that has ended stays as it ended."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=require_aware(at, name="at"))
    key.refresh_from_db(fields=["revoked_at"])


def authenticate(text: str, *, scope: str, at: datetime) -> ApiKey:
    """Return the key whose text this is, with its collection point. Raises BadKey, MissingScope."""
    found = _TEXT.fullmatch(text)
    key = (
        ApiKey.objects.select_related("collection_point__source").filter(prefix=found.group(1)).first()
        if found
        else None
    )
    # Compared in constant time, also where there is nothing to compare with.
    right = hmac.compare_digest(tokens.digest(text), key.digest if key else "0" * 64)
    if key is None or not right or not is_in_force(key, at=at):
        raise BadKey("unknown, revoked or expired")
    if scope not in key.scopes:
        raise MissingScope(scope, key)
    return key


def is_in_force(key: ApiKey, *, at: datetime) -> bool:
    """Whether the key may be used at `at` (aware), and its collection point is open."""
    return key.revoked_at is None and at < key.expires_at and key.collection_point.active


@dataclass(frozen=True, slots=True)
class Window:
    """How a key stands in the minute that is counted: what is allowed, what is left, and when the next one begins."""

    limit: int
    remaining: int
    resets_at: datetime
    allowed: bool


def count_request(key: ApiKey, *, at: datetime) -> Window:
    """Count a request at `at` (aware) and return how the key stands: one row, so that all workers count together."""
    minute = require_aware(at, name="at").replace(second=0, microsecond=0)
    ApiKey.objects.filter(pk=key.pk).update(
        window_count=Case(When(Q(window_started_at=minute), then=F("window_count") + 1), default=1),
        window_started_at=minute,
        last_used_at=at,
    )
    count = ApiKey.objects.values_list("window_count", flat=True).get(pk=key.pk)
    return Window(key.per_minute, max(0, key.per_minute - count), minute + MINUTE, count <= key.per_minute)
