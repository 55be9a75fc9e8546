"""Storing rows: under the locks of their lines, matched to contacts, with their provenance; each whole or not at all.

Rows come in sets, as a file brings them: what they may touch is read in a few queries, each row is decided in
memory, and what was decided is written table by table. A single row is a set of one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from crm.intake.deciding import Deciding, Decision
from crm.intake.held import Held
from crm.intake.writing import write_lines, write_people
from crm.models import Actor, ImportBatch, Origin, Outcome, Source
from crm.rows import ReadRow, Rejected, Row, read

# Somebody else may insert the same new line at the same moment; then it is there at the next look.
TRIES = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a row; suppressed ones have neither contact nor points. Points are in the row's order.

    reopened: ids of the lines of the past in whose place a new one has come.
    """

    outcome: Outcome
    contact_id: int | None = None
    point_ids: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()


class Storing:
    """Stores sets of rows from `source` (by `batch`), obtained by `actor` at `at` (aware).

    One for each set, within a transaction of the caller's: `hold` its rows, decide each by `deciding`, then write
    the lines, then the people. reason: stands in the history of everything that changes. own_grant: see `store`.
    """

    def __init__(
        self,
        *,
        source: Source,
        actor: Actor,
        at: datetime,
        reason: str,
        batch: ImportBatch | None = None,
        own_grant: bool = False,
    ) -> None:
        self.origin = Origin(actor, at, reason, source=source, batch=batch, channel=source.kind)
        self.held = Held(source, batch)
        # Ids of points that were written here.
        self.new_points: set[int] = set()
        self.deciding = Deciding(
            self.held,
            at,
            overwrite=batch is not None and batch.overwrite,
            accept_flagged=batch is not None and batch.accept_flagged,
            own_grant=own_grant,
        )

    def hold(self, rows: Sequence[ReadRow], *, locking: bool = True) -> None:
        """Read what these rows may touch, and lock it unless nothing is to be written."""
        self.held.load(rows, locking=locking)

    def write_lines(self) -> None:
        """Write the new lines. Raises IntegrityError when another transaction was quicker with one of them."""
        write_lines(self.held, at=self.origin.at)

    def write_people(self, decisions: Sequence[Decision]) -> None:
        """Write what the decisions come to."""
        self.new_points = write_people(self.held, decisions, origin=self.origin)


def store(
    row: Row,
    *,
    source: Source,
    actor: Actor,
    at: datetime,
    reason: str,
    batch: ImportBatch | None = None,
    region: str = "",
    own_grant: bool = False,
) -> Stored:
    """Store a row from `source` (by `batch`), obtained by `actor` at `at` (aware), and return what became of it.

    Numbers without a country code are read as of `region`, else of the source's region. Third parties fill
    blanks only; what the person or staff said stands. own_grant: the number's owner gives it to us and, with
    evidence, agrees to something; then, and only then, a number comes back that was erased before they said so: as a
    new line, in the place of the old one, which stays a tombstone. Whoever passes it appends the grant to the ledger
    in the same transaction. Raises Rejected; then nothing was written.
    """
    ready = read(row, region=region or source.default_region)
    for attempt in range(1, TRIES + 1):
        storing = Storing(source=source, actor=actor, at=at, reason=reason, batch=batch, own_grant=own_grant)
        try:
            with transaction.atomic():
                storing.hold([ready])
                decision = storing.deciding.decide(ready)
                if decision.outcome in (Outcome.REJECTED, Outcome.FLAGGED):
                    raise Rejected(*decision.faults)
                storing.write_lines()
                storing.write_people([decision])
        except IntegrityError:
            if attempt == TRIES:
                raise
        else:
            break
    contact_id = decision.contact.id if decision.contact else None
    reopened = tuple(pk for line in storing.held.lines.values() for pk in line.before)
    return Stored(decision.outcome, contact_id, tuple(point.id for point in decision.points if point.id), reopened)
