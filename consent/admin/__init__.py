"""The admin of consent: one file per noun."""

from consent.admin import (
    consent,
    consent_event,
    contact,
    evidence,
    import_batch,
    legal_hold,
    notice,
    purge_run,
    purpose,
    receipt,
    retention_policy,
    suppression,
)

__all__ = [
    "consent",
    "consent_event",
    "contact",
    "evidence",
    "import_batch",
    "legal_hold",
    "notice",
    "purge_run",
    "purpose",
    "receipt",
    "retention_policy",
    "suppression",
]
