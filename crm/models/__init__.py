"""The contact data: one file per noun."""

from crm.models.anonymous_count import AnonymousCount
from crm.models.approval import Approval
from crm.models.cache_entry import CacheEntry
from crm.models.contact import Contact
from crm.models.contact_point import ContactPoint
from crm.models.distinct_people import DistinctPeople
from crm.models.history import NIGHTLY, PERSON, Actor, NoOrigin, Origin, attributed_to
from crm.models.import_batch import ImportBatch, ImportFault, Outcome
from crm.models.lease import Lease, LeaseLost, LeaseTaken
from crm.models.number_search import NumberSearch
from crm.models.phone_number import PhoneNumber, all_fingerprints, current_fingerprint, fingerprint_keys
from crm.models.privacy import LIBRARY_MODELS, Privacy
from crm.models.provenance import Provenance
from crm.models.saved_mapping import SavedMapping
from crm.models.saved_view import SavedView
from crm.models.source import Source
from crm.models.tag import ContactTag, Tag

__all__ = [
    "LIBRARY_MODELS",
    "NIGHTLY",
    "PERSON",
    "Actor",
    "AnonymousCount",
    "Approval",
    "CacheEntry",
    "Contact",
    "ContactPoint",
    "ContactTag",
    "DistinctPeople",
    "ImportBatch",
    "ImportFault",
    "Lease",
    "LeaseLost",
    "LeaseTaken",
    "NoOrigin",
    "NumberSearch",
    "Origin",
    "Outcome",
    "PhoneNumber",
    "Privacy",
    "Provenance",
    "SavedMapping",
    "SavedView",
    "Source",
    "Tag",
    "all_fingerprints",
    "attributed_to",
    "current_fingerprint",
    "fingerprint_keys",
]
