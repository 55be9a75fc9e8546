"""The admin of the contact data: one file per noun.

Contacts and contact points are registered by `consent.admin`, which adds to them.
"""

from crm.admin import accounts, anonymous_count, approval, lease, phone_number, provenance, source, tag

__all__ = ["accounts", "anonymous_count", "approval", "lease", "phone_number", "provenance", "source", "tag"]
