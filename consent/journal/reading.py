"""What of the journal has not taken effect in this database: after a restore, what is to be erased again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from consent.journal.file import lines, unresolved
from consent.journal.lines import NotAuthentic, Record, beginning_of, glance, read
from consent.models import JournalMark


@dataclass(frozen=True, slots=True)
class Outstanding:
    """Records by which the database is behind: their MACs by seq.

    damaged: seqs of those that cannot be trusted, and what is wrong with each; known when all were read.
    """

    macs: Mapping[int, str] = field(default_factory=dict)
    damaged: dict[int, str] = field(default_factory=dict)

    def records(self) -> Iterator[tuple[Record, str]]:
        """Yield each record, in order, with its MAC; one that is damaged is noted instead."""
        previous, left = "", set(self.macs)
        for line in lines():
            found = glance(line)
            if found is None:
                previous = (beginning_of(line) or (0, previous))[1]
                continue
            seq, mac = found
            if seq in left:
                left.discard(seq)
                try:
                    yield read(line, previous=previous), mac
                except NotAuthentic as error:
                    self.damaged[seq] = str(error)
            previous = mac
        # It was said to be committed, and is not there.
        self.damaged.update((seq, "it is missing") for seq in sorted(left))


def outstanding() -> Outstanding:
    """Return what the database lacks of the journal: nothing where it has all that is known to be committed.

    Where it lacks anything, a record of which nothing is said counts as committed too.
    """
    committed: dict[int, str] = {}
    unsure = unresolved(committed=committed)
    marks = set(JournalMark.objects.values_list("seq", flat=True))
    if committed.keys() <= marks:
        return Outstanding()
    return Outstanding({seq: mac for seq, mac in (committed | unsure).items() if seq not in marks})
