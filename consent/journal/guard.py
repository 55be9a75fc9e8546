"""Whether the database is older than the journal: then somebody restored it, and nothing may be served or sent.

It is asked before whatever reads or writes people's data. The end of the file is remembered, so that the answer takes
one look at the file and one query, however long the journal is.
"""

import time

from django.conf import settings
from django.db import OperationalError

from consent.journal.file import end
from consent.models import JournalMark

# So long an answer is good for requests.
_GOOD_FOR_SECONDS = 2.0
_answers: dict[object, tuple[float, bool]] = {}


class DatabaseBehind(OperationalError):
    """The database lacks erasures that were committed: a restore, after which `replay_erasures` has not run yet.

    To whoever can wait it is what a database that does not answer is: rows stay as they are, and are taken up again.
    """


def is_behind() -> bool:
    """Whether the database lacks any of the erasures that were last committed."""
    committed = end().committed
    if not committed:
        return False
    marks = JournalMark.objects.filter(pk__in=committed).values_list("seq", "mac")
    return dict(marks) != committed


def watched() -> frozenset[int]:
    """Return the seqs of the records by which `is_behind` tells: the last ones that were committed."""
    return frozenset(end().committed)


def has_committed() -> bool:
    """Whether the journal has anything that was committed: for a database that has no table to ask yet."""
    return bool(end().committed)


def is_behind_for_now() -> bool:
    """The same, as of two seconds ago at most: for requests."""
    path, now = settings.JOURNAL_PATH, time.monotonic()
    asked_at, answer = _answers.get(path, (None, False))
    if asked_at is None or now - asked_at > _GOOD_FOR_SECONDS:
        answer = is_behind()
        _answers[path] = now, answer
    return answer


def require_current() -> None:
    """Raise DatabaseBehind where the database is older than the journal."""
    if is_behind():
        raise DatabaseBehind("the database is older than the journal of erasures: run manage.py replay_erasures")


def is_lost() -> bool:
    """Whether the journal is older than the database: the file, or its end, is lost, or is another database's."""
    newest = JournalMark.objects.order_by("-seq").first()
    if newest is None:
        return False
    last = end()
    return newest.seq > last.seq or (newest.seq == last.seq and newest.mac != last.mac)
