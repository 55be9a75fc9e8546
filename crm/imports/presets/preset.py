"""What is known of the file that one program writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from crm.imports.headers import plain

IGNORED = ""


@dataclass(frozen=True)
class Preset:
    """The file of one program.

    signs: sets of headers; where all of one set are there, this is the program's file. fields: field by header;
    of several headers of one field that may stand only once, the one that is filled most is read. phones: the label
    that a phone column gives, by header. labels: phone header by the header of its label. others: headers that
    would be taken for ours and are not.
    """

    name: str
    signs: Sequence[Iterable[str]]
    fields: Mapping[str, str] = field(default_factory=dict)
    phones: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    others: Iterable[str] = ()

    def means(self, headers: Sequence[str]) -> dict[str, str]:
        """Return by header what this preset says of it: a field, or IGNORED; what it does not know is left out.

        A phone column's field is "phone:" and its label, a label column's is "label:" and the header it labels.
        """
        real = {plain(header): header for header in headers}
        known = {plain(header): meaning for header, meaning in self.fields.items()}
        known |= {plain(header): f"phone:{label}" for header, label in self.phones.items()}
        known |= {
            plain(label): f"label:{real[plain(header)]}"
            for label, header in self.labels.items()
            if plain(header) in real
        }
        known |= {plain(header): IGNORED for header in self.others}
        return {header: known[plain(header)] for header in headers if plain(header) in known}
