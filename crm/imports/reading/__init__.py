"""Reading a file of people, row by row, whatever program wrote it: delimited text, a workbook or vCards.

Cells come out as text, as they stand: a workbook's number that is no whole number stays one that nobody mistakes
for a phone number. The rest of an import knows one kind of file, the Table.
"""

from crm.imports.reading.opening import open_table
from crm.imports.reading.table import SourceRow, Table, UnreadableFile

__all__ = ["SourceRow", "Table", "UnreadableFile", "open_table"]
