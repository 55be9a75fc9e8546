"""The only way in for people and numbers: whatever a form, a file or an API brings is stored here.

A number that was erased is recognised by its fingerprint under the lock of its own row, before anything is
written; so an import that races an erasure loses, whichever comes first.
"""

from crm.intake.acts import end, reassign, replace, restrict
from crm.intake.deciding import Decision, Plan
from crm.intake.held import Held, HeldContact, HeldLine, HeldPoint
from crm.intake.notices import exempt_from_notice, record_notices, untold
from crm.intake.storing import Stored, Storing, store
from crm.rows import Fault, Number, Rejected, Row

__all__ = [
    "Decision",
    "Fault",
    "Held",
    "HeldContact",
    "HeldLine",
    "HeldPoint",
    "Number",
    "Plan",
    "Rejected",
    "Row",
    "Stored",
    "Storing",
    "end",
    "exempt_from_notice",
    "reassign",
    "record_notices",
    "replace",
    "restrict",
    "store",
    "untold",
]
