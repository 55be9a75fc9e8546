"""What each model field is to the person: personal, a reference, or exempt with a ground.

Every model states `privacy = Privacy(...)`; a test walks all fields of all models and fails on one that is
not named. Erasure reads the same declaration, so a field cannot be declared personal and then forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Privacy:
    """The declaration of one model.

    personal: field name -> the blank that erasure writes over it.
    reference: names of fields that only point, date, count or classify.
    exempt: field name -> the ground on which it outlives an erasure (or why it is not about a contact at all).
    """

    personal: Mapping[str, Any] = field(default_factory=dict)
    reference: frozenset[str] = frozenset()
    exempt: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> set[str]:
        """Return every field name that the declaration covers."""
        return {*self.personal, *self.reference, *self.exempt}


# Tables of Django and of libraries: none of ours writes a contact's number there, and erasure scrubs what might.
LIBRARY_MODELS: Mapping[str, str] = {
    "account.EmailAddress": "of sign-in; nobody writes here, as no address is confirmed",
    "account.EmailConfirmation": "of sign-in; nobody writes here, as no address is confirmed",
    "admin.LogEntry": "names of staff acts; object_repr and change_message are blanked by crm.erasure",
    "auth.Permission": "holds no person",
    "auth.Group": "holds no person",
    "auth.User": "staff accounts, not data subjects of this system",
    "contenttypes.ContentType": "holds no person",
    "mfa.Authenticator": "second factors of staff accounts, their secrets encrypted",
    "sessions.Session": "staff sessions; ids only, searched by find_traces",
}
