"""Proofs that leave the house: the file that shows an entry to be sealed, the certificate, and the receipt.

`prove` for whoever checks, `certificate_of` for whoever reads, `receipt_of` for other programs. `dossier` has
all three.
"""

from consent.proofs.certificate import Certificate, certificate_of
from consent.proofs.dossier import as_json, dossier
from consent.proofs.printing import Section, Sheet, pdf
from consent.proofs.proving import Broken, NotSealed, prove
from consent.proofs.receipt import receipt_of
from consent.proofs.sheet import put_on_record, sheet_of

__all__ = [
    "Broken",
    "Certificate",
    "NotSealed",
    "Section",
    "Sheet",
    "as_json",
    "certificate_of",
    "dossier",
    "pdf",
    "prove",
    "put_on_record",
    "receipt_of",
    "sheet_of",
]
