"""What the entries of a ledger add up to, for one person at one number, one purpose and one channel.

The names are those of the W3C Data Privacy Vocabulary (DPV 2, consent statuses). Everything not named as
permitting permits nothing. GDPR Article 7(3): a withdrawal counts at any time, so it wins every doubt about
order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from consent.rules.times import require_aware


class Status(StrEnum):
    """A consent status of the DPV."""

    UNKNOWN = "unknown"
    REQUESTED = "requested"
    DEFERRED = "deferred"
    REFUSED = "refused"
    GIVEN = "given"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"

    @property
    def dpv(self) -> str:
        """The term of the vocabulary, such as "ConsentGiven"."""
        return _DPV[self]

    @property
    def permits(self) -> bool:
        """Whether processing may rest on it (the DPV's ConsentStatusValidForProcessing)."""
        return self in _PERMITTING


_PERMITTING = frozenset({Status.GIVEN, Status.RENEWED})
_DPV = {
    Status.UNKNOWN: "ConsentUnknown",
    Status.REQUESTED: "ConsentRequested",
    Status.DEFERRED: "ConsentRequestDeferred",
    Status.REFUSED: "ConsentRefused",
    Status.GIVEN: "ConsentGiven",
    Status.EXPIRED: "ConsentExpired",
    Status.INVALIDATED: "ConsentInvalidated",
    Status.REVOKED: "ConsentRevoked",
    Status.WITHDRAWN: "ConsentWithdrawn",
    Status.RENEWED: "RenewedConsentGiven",
}


class Act(StrEnum):
    """What happened, as an entry says it; `withdrawn` is the person's act, `revoked` somebody else's."""

    REQUESTED = "requested"
    DEFERRED = "deferred"
    GIVEN = "given"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"
    INVALIDATED = "invalidated"
    RENEWED = "renewed"
    # Somebody says that consent was given and shows nothing for it: known of, and worth nothing (GDPR 7(1)).
    CLAIMED = "claimed"


_ENDS = frozenset({Act.REFUSED, Act.WITHDRAWN, Act.REVOKED, Act.INVALIDATED, Act.EXPIRED})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: `occurred_at` is aware, in any time zone; the ids are database keys."""

    id: int
    act: Act
    occurred_at: datetime
    notice_id: int | None = None
    source_id: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a consent stands. All times are in UTC.

    `since`: when the status began (repeating an act does not move it). `given_at`: when the permission was
    last given, confirmed or renewed, from which its lapse is counted; an act that ends it leaves it standing,
    with the notice and the source, so that one can see what ended. `entry_ids`: the entries that decided,
    oldest first.
    """

    status: Status = Status.UNKNOWN
    since: datetime | None = None
    given_at: datetime | None = None
    notice_id: int | None = None
    source_id: int | None = None
    entry_ids: tuple[int, ...] = ()


def fold(entries: Iterable[Entry], *, needs_confirmation: bool) -> State:
    """The state after all entries, which may come in any order.

    They count by `occurred_at`; at the same instant acts that end come last, so that a stop wins a tie; then
    by id. With `needs_confirmation` (double opt-in) a grant stays a request until it is confirmed. Raises
    NaiveTimestamp.
    """
    timed = [_in_utc(entry) for entry in entries]
    if len(timed) > 1:
        timed.sort(key=lambda entry: (entry.occurred_at, entry.act in _ENDS, entry.id))
    folding = _Folding(needs_confirmation=needs_confirmation)
    for entry in timed:
        folding.add(entry)
    return folding.state


def _in_utc(entry: Entry) -> Entry:
    if entry.occurred_at.tzinfo is UTC:
        return entry
    return replace(entry, occurred_at=require_aware(entry.occurred_at, name="occurred_at"))


class _Folding:
    """The state so far, and the two things about the past that a status does not tell."""

    def __init__(self, *, needs_confirmation: bool) -> None:
        self.needs_confirmation = needs_confirmation
        self.state = State()
        # The request or grant that a confirmation would answer; whatever ends or puts off closes it.
        self.asked: State | None = None
        # Whether a permission expired: an unanswered request expires too, but holds nothing to renew.
        self.lapsed = False

    def add(self, entry: Entry) -> None:
        status = self.state.status
        match entry.act:
            case Act.REFUSED | Act.WITHDRAWN | Act.REVOKED | Act.INVALIDATED:
                self._end(entry)
            case Act.EXPIRED if status.permits or status is Status.REQUESTED:
                self._end(entry)
            case Act.RENEWED if status.permits or self.lapsed:
                self._move(entry, Status.RENEWED, before=self.state, given_at=entry.occurred_at)
            case Act.CONFIRMED if self.asked:
                self._move(entry, Status.GIVEN, before=self.asked, given_at=entry.occurred_at)
            case Act.GIVEN if not self.needs_confirmation:
                self._move(entry, Status.GIVEN, before=State(), given_at=entry.occurred_at)
            case Act.GIVEN:
                self._ask(entry, Status.REQUESTED)
            case Act.REQUESTED if not status.permits:
                self._ask(entry, Status.REQUESTED)
            case Act.DEFERRED:
                self._ask(entry, Status.DEFERRED)
            case Act.CLAIMED if not self.state.entry_ids:
                self.state = State(since=entry.occurred_at, source_id=entry.source_id, entry_ids=(entry.id,))

    def _end(self, entry: Entry) -> None:
        lapsed = entry.act is Act.EXPIRED and self.state.status.permits
        # Said twice, it ended the first time.
        if entry.act.value != self.state.status.value:
            self._move(entry, Status(entry.act.value), before=self.state, given_at=self.state.given_at)
        self.lapsed = lapsed

    def _ask(self, entry: Entry, status: Status) -> None:
        before = self.state
        pending = before if before.status is Status.REQUESTED else State()
        self._move(entry, status, before=pending, given_at=before.given_at)
        self.asked = self.state if status is Status.REQUESTED else None
        # No request, no deferral and no grant still to be confirmed lowers a permission that stands.
        if before.status.permits:
            self.state = before

    def _move(self, entry: Entry, status: Status, *, before: State, given_at: datetime | None) -> None:
        """Change the state; the notice and source of `before` hold where the entry has none of its own."""
        self.state = State(
            status=status,
            since=self.state.since if status is self.state.status else entry.occurred_at,
            given_at=given_at,
            notice_id=before.notice_id if entry.notice_id is None else entry.notice_id,
            source_id=before.source_id if entry.source_id is None else entry.source_id,
            entry_ids=(*before.entry_ids, entry.id),
        )
        self.asked = None
        self.lapsed = False
