"""Importing with evidence: crm's row pipeline, and beside it what the file says of consent."""

from consent.resources.resource import EvidenceResource

__all__ = ["EvidenceResource"]
