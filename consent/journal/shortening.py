"""The oldest records go when what they speak of goes from the database: a fingerprint is kept no longer here."""

from collections.abc import Iterator
from datetime import datetime

from consent.journal.file import appending, lines, unresolved
from consent.journal.lines import beginning_line, glance, made_at, outcome_of
from consent.rules.ending import proof_ends_at


def shorten(*, as_of: datetime, months: int) -> int:
    """Let the records go that were made so many months before `as_of` (aware) or earlier, and return how many.

    The chain of those that are left holds. A backup that is older than they are cannot be brought up to date any more,
    and must not be kept. Raises JournalNotWritten; then the journal is as it was.
    """
    first = next(filter(None, map(made_at, lines())), None)
    if first is None or proof_ends_at([first], months=months) > as_of:
        return 0
    with appending() as file:
        open_ = unresolved()
        count, last, previous = 0, 0, ""
        for line in lines():
            record, at = glance(line), made_at(line)
            if record is None or at is None:
                continue
            if record[0] in open_ or proof_ends_at([at], months=months) > as_of:
                break
            count += 1
            last, previous = record
        if count:
            file.replace(_left(last, previous))
    return count


def _left(last: int, previous: str) -> Iterator[bytes]:
    """Yield the lines of a journal without the records up to `last`, and without what became of them."""
    yield beginning_line(last + 1, previous)
    going = True
    for line in lines():
        record, outcome = glance(line), outcome_of(line)
        going = going and not (record and record[0] > last)
        if not going and not (outcome and outcome.seq <= last):
            yield line
