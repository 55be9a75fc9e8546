"""Phone numbers as values: read them, mask them, fingerprint them."""

from crm.phones.cells import split
from crm.phones.lines import canonical, fingerprint, fingerprint_of_id, is_reserved, mask, spellings, time_zones
from crm.phones.prose import mentions_number
from crm.phones.reading import SENTENCES, LineType, NotANumber, Parsed, parse, parse_for_withdrawal

__all__ = [
    "SENTENCES",
    "LineType",
    "NotANumber",
    "Parsed",
    "canonical",
    "fingerprint",
    "fingerprint_of_id",
    "is_reserved",
    "mask",
    "mentions_number",
    "parse",
    "parse_for_withdrawal",
    "spellings",
    "split",
    "time_zones",
]
