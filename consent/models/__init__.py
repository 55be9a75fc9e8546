"""Consent data: one file per noun."""

from consent.models.access_record import AccessRecord
from consent.models.ledger import Consent, ConsentEvent, Evidence, Method
from consent.models.purpose import CHANNELS, Notice, Purpose
from consent.models.retention import LegalHold, PurgeRun, Receipt, RetentionPolicy
from consent.models.suppression import Suppression

__all__ = [
    "CHANNELS",
    "AccessRecord",
    "Consent",
    "ConsentEvent",
    "Evidence",
    "LegalHold",
    "Method",
    "Notice",
    "PurgeRun",
    "Purpose",
    "Receipt",
    "RetentionPolicy",
    "Suppression",
]
