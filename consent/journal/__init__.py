"""The journal of erasures: a file outside the database, by which a restored backup is erased again.

The principle: what is about to be erased is written, and on the disk, before the database commits the erasure; so no
backup can bring back what the journal does not know of. A record names ids and keyed fingerprints, never a number or
a name, and is chained to the record before it by a MAC whose key stands outside the database as well.

What is written before a commit is an intention. The transaction that erases also inserts a `JournalMark`; once it is
committed, a short line says so, and after a failure the next run says that it came to nothing. Whoever dies between
leaves a record of which nothing is said: `resolve` asks the database, when no erasure can be under way any more. In a
database that lacks what is known to be committed there is nobody to ask, and such a record counts as committed: there
the doubt goes against what was to be erased.

Undoing an import is no erasure, and is not written: nobody is to be forgotten by it, no tombstone comes of it, and
after a restore the import stands there whole, to be undone again.
"""

from consent.journal.file import JournalNotWritten
from consent.journal.guard import (
    DatabaseBehind,
    has_committed,
    is_behind,
    is_behind_for_now,
    is_lost,
    require_current,
    watched,
)
from consent.journal.lines import Line, Record
from consent.journal.reading import Outstanding, outstanding
from consent.journal.shortening import shorten
from consent.journal.verifying import Fault, verify
from consent.journal.writing import JournalLost, begin_anew, resolve, write

__all__ = [
    "DatabaseBehind",
    "Fault",
    "JournalLost",
    "JournalNotWritten",
    "Line",
    "Outstanding",
    "Record",
    "begin_anew",
    "has_committed",
    "is_behind",
    "is_behind_for_now",
    "is_lost",
    "outstanding",
    "require_current",
    "resolve",
    "shorten",
    "verify",
    "watched",
    "write",
]
