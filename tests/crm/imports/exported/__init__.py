"""The files that other programs export: a header line as they write it, a row, and what it should come to."""

from tests.crm.imports.exported import address_books, campaigns, crms
from tests.crm.imports.exported.row import Exported

FILES: tuple[Exported, ...] = (*address_books.FILES, *crms.FILES, *campaigns.FILES)

__all__ = ["FILES", "Exported"]
