"""Consent data: one file per noun."""

from consent.models.access_record import AccessRecord
from consent.models.collection_point import ApiKey, CollectionPoint, IdempotencyRecord
from consent.models.ledger import Consent, ConsentEvent, Evidence, Method
from consent.models.messages import Challenge, InboundMessage, Keyword, OutgoingMessage
from consent.models.purpose import CHANNELS, Notice, Purpose
from consent.models.retention import LegalHold, PurgeRun, Receipt, RetentionPolicy
from consent.models.subject import Disclosure, PreferenceToken, SubjectRequest
from consent.models.suppression import Suppression

__all__ = [
    "CHANNELS",
    "AccessRecord",
    "ApiKey",
    "Challenge",
    "CollectionPoint",
    "Consent",
    "ConsentEvent",
    "Disclosure",
    "Evidence",
    "IdempotencyRecord",
    "InboundMessage",
    "Keyword",
    "LegalHold",
    "Method",
    "Notice",
    "OutgoingMessage",
    "PreferenceToken",
    "PurgeRun",
    "Purpose",
    "Receipt",
    "RetentionPolicy",
    "SubjectRequest",
    "Suppression",
]
