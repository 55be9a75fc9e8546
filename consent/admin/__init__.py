"""The admin of consent: one file per noun."""

from consent.admin import (
    access_record,
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
    "access_record",
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
