"""All that happened to a contact, in one list: changes, entries, imports, notices, requests, looks, receipts."""

from consent.timeline.events import Event, Kind, Timeline
from consent.timeline.reading import of

__all__ = ["Event", "Kind", "Timeline", "of"]
