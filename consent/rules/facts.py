"""What the rules need to know to say whether a line may be contacted: frozen values, as of the time asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.rules.bases import LawfulBasis
from consent.rules.states import State

# What a suppression's reason says where it counts for more, or less, than any other.
OBJECTION = "objection"
UNCLEAR = "unclear text"


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """A purpose, its lawful basis and its terms."""

    id: int
    basis: LawfulBasis
    channels: Sequence[str]
    lapses_after_months: int | None = None
    necessary: bool = False
    active: bool = True
    security: bool = False


@dataclass(frozen=True, slots=True)
class SuppressionFacts:
    """A suppression in force at the time asked; None and "" mean every purpose and every channel.

    `objection`: to marketing, by GDPR 21. `unclear`: a text that looked like a no, and waits for a person to read it.
    """

    purpose_id: int | None = None
    channel: str = ""
    objection: bool = False
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source behind a point at the time asked; `permits` is for the purpose asked, `told` is GDPR 14's notice.

    `dealt_at`: when the person last had to do with us, by this source; `customer`: as one who bought.
    """

    id: int
    third_party: bool = False
    names_us: bool = True
    permits: bool = False
    licence_ended_at: datetime | None = None
    told: bool = True
    security_only: bool = False
    customer: bool = False
    dealt_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PointFacts:
    """A contact at the line: its folded consent state, its sources, and `grant_source`, which the grant came by.

    `reassigned`: the line was given to somebody else after this contact was reached at it; the state is then that of
    the entries since.
    """

    id: int
    state: State
    restricted: bool = False
    until: datetime | None = None
    sources: Sequence[SourceFacts] = ()
    grant_source: SourceFacts | None = None
    reassigned: bool = False


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line at the time asked. `known` is false for a number of which we have no row at all."""

    known: bool
    erased: bool = False
    region: str = ""
    line_type: str = ""
    zones: tuple[str, ...] = ()
    suppressions: Sequence[SuppressionFacts] = ()
    points: Sequence[PointFacts] = ()
