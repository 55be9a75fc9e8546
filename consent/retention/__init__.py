"""The promise: what is no longer carried by any ground goes, completely, at night, and leaves a receipt.

`due` is a query over facts as they stand, never a stored date, so a changed policy takes effect that night.
`run` takes the due points in chunks, one short transaction each: lock the lines, read everything again, decide
again, erase, write the receipts. A chunk is whole or was never begun, so a worker that is killed leaves nothing
half-erased, and the next run finds exactly what is left. A consent given again, or a hold placed, between the
listing and the lock is seen under the lock and respected.

What a wrong policy or a wrong clock would do is told beforehand, by `forecast` and `what_if`; and a run that would
erase very much waits until a second person approves it.
"""

from consent.retention.brake import ChangedPolicies, NoRight, NotApproved, NotTheSecond, NotWaiting, approve, why_not
from consent.retention.forecast import Night, WhatIf, forecast, what_if
from consent.retention.outlook import Outlook, outlook
from consent.retention.purging import Held, erase
from consent.retention.runs import approved, left, run, run_approved, work
from consent.retention.selection import DuePoint, due, standing_holds, terms_of

__all__ = [
    "ChangedPolicies",
    "DuePoint",
    "Held",
    "Night",
    "NoRight",
    "NotApproved",
    "NotTheSecond",
    "NotWaiting",
    "Outlook",
    "WhatIf",
    "approve",
    "approved",
    "due",
    "erase",
    "forecast",
    "left",
    "outlook",
    "run",
    "run_approved",
    "standing_holds",
    "terms_of",
    "what_if",
    "why_not",
    "work",
]
