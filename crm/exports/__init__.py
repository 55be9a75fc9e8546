"""Taking people out: who is taken, and the files that are written of them, which our own importer reads back."""

from crm.exports.formats import FORMATS, Format, TooMany
from crm.exports.selecting import RESTRICTED, Refused, Selection, Tally
from crm.exports.writing import write

__all__ = ["FORMATS", "RESTRICTED", "Format", "Refused", "Selection", "Tally", "TooMany", "write"]
