"""Proofs that leave the house: the file that shows an entry to be sealed, the certificate, and the receipt.

`prove` for whoever checks, `certificate_of` for whoever reads, `receipt_of` for other programs.
"""

from consent.proofs.certificate import Certificate, certificate_of
from consent.proofs.printing import Section, Sheet, pdf
from consent.proofs.proving import Broken, NotSealed, prove
from consent.proofs.receipt import receipt_of

__all__ = ["Broken", "Certificate", "NotSealed", "Section", "Sheet", "certificate_of", "pdf", "prove", "receipt_of"]
