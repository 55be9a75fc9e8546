"""What a timeline is made of: frozen events, which hold ids, codes and names, and never a number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crm.changes import Change, Names


class Kind(StrEnum):
    """What an event is about."""

    PROFILE = "profile"
    NUMBER = "number"
    TAG = "tag"
    IMPORT = "import"
    NOTICE = "notice"
    ENTRY = "entry"
    SUPPRESSION = "suppression"
    CHALLENGE = "challenge"
    SENT = "sent"
    RECEIVED = "received"
    REQUEST = "request"
    DISCLOSURE = "disclosure"
    LOOK = "look"
    HOLD = "hold"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `at` (UTC) and stands in the row `pk` of the table that its kind is kept in.

    code: what happened, in the stable words of that table. known_at: when we learned of it, where that is told apart.
    note, more: what the row says beside it: a reason, a recipient, a policy. changes: of a profile or a number, with
    the id of the row that the version is of.
    """

    kind: Kind
    code: str
    at: datetime
    pk: int
    point_id: int | None = None
    actor: str = ""
    user: str = ""
    source: str = ""
    batch_id: int | None = None
    purpose: str = ""
    channel: str = ""
    notice: str = ""
    note: str = field(default="", repr=False)
    more: str = field(default="", repr=False)
    known_at: datetime | None = None
    version_of: int | None = None
    changes: tuple[Change, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events, the newest first; `points` are the masked numbers by contact point, `names` what changes refer to.

    is_cut: whether older ones follow.
    """

    events: Sequence[Event]
    points: dict[int, str]
    names: Names
    is_cut: bool = False
