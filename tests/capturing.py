"""Small makers of what hangs on capture: places of collection, keys, challenges, messages, requests."""

import secrets
from datetime import timedelta
from typing import Any

from consent.models import (
    ApiKey,
    Challenge,
    CollectionPoint,
    Disclosure,
    IdempotencyRecord,
    InboundMessage,
    Keyword,
    OutgoingMessage,
    PreferenceToken,
    SubjectRequest,
)
from crm.models import ContactPoint, PhoneNumber, attributed_to
from tests import factories
from tests.factories import NOON


def a_line() -> PhoneNumber:
    """Return the line of a new contact's point."""
    found = factories.point().line
    assert found is not None
    return found


def collection_point(slug: str = "shop", **values: Any) -> CollectionPoint:
    """Return the collection point `slug`, a web form in English unless `values` say otherwise."""
    values = {"name": slug.title(), "kind": "web_form", "languages": ["en"]} | values
    values.setdefault("source", factories.source(f"{slug}-source", kind=values["kind"]))
    purposes = values.pop("purposes", [])
    with attributed_to(factories.origin()):
        found = CollectionPoint.objects.get_or_create(slug=slug, defaults=values)[0]
    found.purposes.add(*purposes)
    return found


def api_key(**values: Any) -> ApiKey:
    """Return a key that nobody knows the text of."""
    values = {
        "name": "Shop",
        "prefix": secrets.token_hex(4),
        "digest": secrets.token_hex(32),
        "scopes": ["capture"],
        "created_at": NOON,
        "expires_at": NOON + timedelta(days=365),
    } | values
    values.setdefault("collection_point", collection_point())
    return ApiKey.objects.create(**values)


def idempotency_record(**values: Any) -> IdempotencyRecord:
    """Return the record of a request that was answered."""
    values = {
        "key_digest": "1" * 64,
        "request_digest": "2" * 64,
        "status": 201,
        "body": {},
        "created_at": NOON,
    } | values
    values.setdefault("api_key", api_key())
    return IdempotencyRecord.objects.create(**values)


def challenge(point: ContactPoint | None = None, **values: Any) -> Challenge:
    """Return a live challenge that a page and a reply can answer."""
    values = {
        "code_digest": "3" * 64,
        "token_digest": secrets.token_hex(32),
        "created_at": NOON,
        "expires_at": NOON + timedelta(minutes=10),
        "tries_left": 5,
    } | values
    return Challenge.objects.create(point=point or factories.point(), **values)


def inbound(line: PhoneNumber | None = None, **values: Any) -> InboundMessage:
    """Return a message that came in and waits for a person."""
    values = {
        "provider": "console",
        "provider_message_id": secrets.token_hex(8),
        "received_at": NOON,
        "occurred_at": NOON,
        "body": "we have to stop",
        "meaning": "needs_review",
        "state": "review",
    } | values
    return InboundMessage.objects.create(line=line or a_line(), **values)


def outgoing(line: PhoneNumber | None = None, **values: Any) -> OutgoingMessage:
    """Return a message that waits to be sent."""
    values = {"kind": "code", "created_at": NOON, "not_after": NOON + timedelta(minutes=10)} | values
    return OutgoingMessage.objects.create(line=line or a_line(), **values)


def keyword(word: str = "ENOUGH", **values: Any) -> Keyword:
    """Return a word that staff have added."""
    return Keyword.objects.create(word=word, **{"meaning": "opt_out"} | values)


def preference_token(point: ContactPoint | None = None, **values: Any) -> PreferenceToken:
    """Return a preference link whose address nobody knows."""
    point = point or factories.point()
    values = {
        "digest": secrets.token_hex(32),
        "line": point.line,
        "created_at": NOON,
        "expires_at": NOON + timedelta(days=90),
    } | values
    return PreferenceToken.objects.create(point=point, **values)


def subject_request(**values: Any) -> SubjectRequest:
    """Return an open request for a copy."""
    values = {"kind": "access", "received_at": NOON, "came_by": "staff"} | values
    values.setdefault("contact", factories.contact())
    return SubjectRequest.objects.create(**values)


def disclosure(**values: Any) -> Disclosure:
    """Return a record that somebody was given a contact's data."""
    values = {"recipient": "Couriers Ltd", "at": NOON, "note": "parcel", "actor_name": "tester"} | values
    values.setdefault("contact", factories.contact())
    return Disclosure.objects.create(**values)
