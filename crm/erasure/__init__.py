"""How a number is erased. Whoever calls decides when and why; here stands what has to be blanked for it to be gone.

The principle: everything that is personal is named in the `privacy` of its model, and erasure writes those blanks
over the row and over every history row of it. A line keeps its keyed fingerprint, by which it is refused when it is
offered again; a point and a contact keep their ids, to which the ledger and the receipts point. Anonymized rows leave
their history, blanked, and a count; purged ones leave neither. All of it happens in the caller's transaction, under
locks on the lines, so that a point is whole or erased, never half.

It is done by table, for all points of a chunk at once: what a point costs is what its rows cost the database. Rows are
locked in one order, lines before points before contacts and each by id, and what two chunks may both write beside their
own rows, the anonymous counts, comes last: so chunks of different points are erased side by side.
"""

from crm.erasure.anonymous import counts_last
from crm.erasure.blanking import blank_approvals
from crm.erasure.erasing import Erased, blank_lines, erase, erase_profile
from crm.erasure.locking import Point, lock, read
from crm.erasure.residue import flush_residue
from crm.erasure.taking_back import take_back

__all__ = [
    "Erased",
    "Point",
    "blank_approvals",
    "blank_lines",
    "counts_last",
    "erase",
    "erase_profile",
    "flush_residue",
    "lock",
    "read",
    "take_back",
]
