"""Consent data: one file per noun."""

from consent.models.access_record import AccessRecord
from consent.models.alert import Alert
from consent.models.bulk_act import BulkAct, BulkActItem
from consent.models.collection_point import ApiKey, CollectionPoint, IdempotencyRecord
from consent.models.figures import Figures
from consent.models.journal import JournalMark
from consent.models.ledger import Consent, ConsentEvent, Evidence, Method
from consent.models.ledger_check import LedgerCheck
from consent.models.legal_hold import LegalHold
from consent.models.messages import Challenge, InboundMessage, Keyword, OutgoingMessage
from consent.models.purge_run import PurgeRun, PurgeShare
from consent.models.purpose import CHANNELS, Notice, Purpose
from consent.models.receipt import Receipt
from consent.models.retention import RetentionPolicy
from consent.models.seal import EndedProof, Seal, SealedEntry
from consent.models.subject import Disclosure, PreferenceToken, SubjectRequest
from consent.models.suppression import Suppression

__all__ = [
    "CHANNELS",
    "AccessRecord",
    "Alert",
    "ApiKey",
    "BulkAct",
    "BulkActItem",
    "Challenge",
    "CollectionPoint",
    "Consent",
    "ConsentEvent",
    "Disclosure",
    "EndedProof",
    "Evidence",
    "Figures",
    "IdempotencyRecord",
    "InboundMessage",
    "JournalMark",
    "Keyword",
    "LedgerCheck",
    "LegalHold",
    "Method",
    "Notice",
    "OutgoingMessage",
    "PreferenceToken",
    "PurgeRun",
    "PurgeShare",
    "Purpose",
    "Receipt",
    "RetentionPolicy",
    "Seal",
    "SealedEntry",
    "SubjectRequest",
    "Suppression",
]
