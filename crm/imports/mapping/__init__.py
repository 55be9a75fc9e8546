"""Which column of a file means which field, and what its cells then say.

A mapping is a dict of header to field, in the order of the file; a column that means nothing is left out of it.
Nothing here knows of a database: a file is read in a process that has none.
"""

from crm.imports.mapping.answers import says_no, says_yes
from crm.imports.mapping.cells import claimed, first_of, label_of, numbers_of, opted_out
from crm.imports.mapping.checking import checked
from crm.imports.mapping.countries import region_of
from crm.imports.mapping.fields import (
    COLLECTED_AT,
    CONSENT,
    EXTENSION,
    EXTERNAL_ID,
    FIELDS,
    LABEL,
    NAME,
    OPTOUT,
    PHONE,
    STATUS,
    choices,
    is_phone,
    may_repeat,
    title,
)
from crm.imports.mapping.proposal import Column, Proposal, detect, propose

__all__ = [
    "COLLECTED_AT",
    "CONSENT",
    "EXTENSION",
    "EXTERNAL_ID",
    "FIELDS",
    "LABEL",
    "NAME",
    "OPTOUT",
    "PHONE",
    "STATUS",
    "Column",
    "Proposal",
    "checked",
    "choices",
    "claimed",
    "detect",
    "first_of",
    "is_phone",
    "label_of",
    "may_repeat",
    "numbers_of",
    "opted_out",
    "propose",
    "region_of",
    "says_no",
    "says_yes",
    "title",
]
