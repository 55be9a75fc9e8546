"""What changed in a model with history, and whose each of its values is: read from the history, never guessed."""

from crm.changes.blame import Blame, blame
from crm.changes.differences import Change, differences, fields_of, versions
from crm.changes.values import Names, name_of, names_of, readable, references, way_in

__all__ = [
    "Blame",
    "Change",
    "Names",
    "blame",
    "differences",
    "fields_of",
    "name_of",
    "names_of",
    "readable",
    "references",
    "versions",
    "way_in",
]
