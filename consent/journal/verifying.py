"""Whether the journal is whole: nothing was changed, left out or moved, and it has all that the database knows."""

from collections.abc import Iterator
from dataclasses import dataclass

from consent.journal.file import lines
from consent.journal.lines import LOST, NotAuthentic, beginning_of, glance, outcome_of, read
from consent.models import JournalMark


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the journal, by a stable code, and at which record (0: none that can be named)."""

    seq: int
    code: str
    detail: str


def verify() -> Iterator[Fault]:
    """Yield every fault of the journal, in order of the file, and then what the database knows better."""
    marks = dict(JournalMark.objects.values_list("seq", "mac"))
    seen: set[int] = set()
    last, previous = 0, ""
    for number, line in enumerate(lines(), 1):
        found = glance(line)
        if found is None:
            if number == 1 and (beginning := beginning_of(line)):
                last, previous = beginning[0] - 1, beginning[1]
            elif outcome_of(line) is None:
                yield Fault(0, "unreadable_line", f"line {number} is neither a record nor an outcome of ours")
            continue
        seq, mac = found
        began_anew = False
        try:
            began_anew = read(line, previous=previous).reason == LOST
        except NotAuthentic as error:
            yield Fault(seq, "not_authentic", str(error))
        if seq <= last:
            yield Fault(seq, "out_of_order", f"it stands after record {last}")
        elif seq > last + 1 and not began_anew:
            yield Fault(seq, "gap", f"the records from {last + 1} on are missing before it")
        if seq in marks and marks[seq] != mac:
            yield Fault(seq, "other_mark", "the database knows another record of this number")
        seen.add(seq)
        if began_anew:
            seen.update(range(last + 1, seq))
        last, previous = max(last, seq), mac
    for seq in sorted(marks.keys() - seen):
        if seq > last:
            yield Fault(seq, "cut_off", "the database knows it, and the journal ends before it")
