"""Seals: the ledger's entries under Merkle roots, one chained to the next, in the database and outside it.

`seal` makes them, `verify` finds whatever was changed since and names it.
"""

from consent.sealing.faults import Fault, Kind
from consent.sealing.reading import leaf_bytes
from consent.sealing.sealer import SealsDisagree, facts_of, seal
from consent.sealing.verifying import Waiting, verify, verify_seal, waiting

__all__ = [
    "Fault",
    "Kind",
    "SealsDisagree",
    "Waiting",
    "facts_of",
    "leaf_bytes",
    "seal",
    "verify",
    "verify_seal",
    "waiting",
]
