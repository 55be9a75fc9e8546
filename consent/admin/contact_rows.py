"""What the list of contacts says of each: their numbers, consents, sources, and when they go. A handful of queries.

The page, and the filter for what is due soon, read the same facts; what was read for one is not read again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, DateField, Value, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone

from consent.models import Consent, Purpose
from consent.retention.selection import held_until, policies
from consent.rules.bases import LawfulBasis
from consent.rules.forecasting import first_night, nights_from
from consent.rules.retention import ConsentFacts, Ground, Kept, PointFacts, Policy, SourceFacts, decide
from consent.rules.states import Status
from crm import bulk, phones
from crm.models import Contact, ContactPoint, ContactTag, Provenance
from crm.models.source import end_of_licence

# How far ahead is said when somebody goes.
_NIGHTS = 3653


@dataclass(frozen=True, slots=True)
class PurposeOnList:
    """What the list needs to know of a purpose; lapses_after_months: see Purpose."""

    id: int
    name: str
    active: bool
    lapses_after_months: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one purpose over one channel stands at a number."""

    purpose_id: int
    channel: str
    status: Status


@dataclass(frozen=True, slots=True)
class PointOnList:
    """A number that a contact has or had: masked, and all by which it goes. sources: the names."""

    number: str
    living: bool
    standings: Sequence[Standing]
    sources: Sequence[str]
    facts: PointFacts


@dataclass(frozen=True, slots=True)
class Going:
    """On which night the first of a contact's numbers goes; where none does, on what ground the first is kept."""

    night: datetime | None = None
    nights_ahead: int | None = None
    ground: Ground | None = None


@dataclass
class Reading:
    """What a request has read, as of `at` (aware): the points by the ids of their contacts."""

    at: datetime
    points: dict[int, list[PointOnList]] = field(default_factory=dict)

    @cached_property
    def terms(self) -> list[Policy]:
        """The active policies."""
        return policies()

    @cached_property
    def nights(self) -> list[datetime]:
        """The coming nightly jobs."""
        return nights_from(self.at, hour=settings.NIGHTLY_HOUR, nights=_NIGHTS)

    @cached_property
    def purposes(self) -> dict[int, PurposeOnList]:
        """The purposes by id, in order of their names."""
        return self._purposes[0]

    @cached_property
    def _purposes(self) -> tuple[dict[int, PurposeOnList], set[int]]:
        """The purposes, and the ids of the sources whose data one of them may use without consent."""
        columns = ("pk", "name", "active", "lapses_after_months", "basis", "permitted_sources")
        found: dict[int, PurposeOnList] = {}
        carrying = set()
        for *said, basis, source_id in Purpose.objects.order_by("name", "pk").values_list(*columns):
            purpose = PurposeOnList(*said)
            found[purpose.id] = purpose
            if purpose.active and basis != LawfulBasis.CONSENT:
                carrying.add(source_id)
        return found, carrying

    @cached_property
    def _held(self) -> tuple[dict[int, datetime], ...]:
        return held_until(as_of=self.nights[0])

    @bulk.without_collection()
    def read(self, contacts: Iterable[Contact]) -> None:
        """Read the points of these contacts that are not erased, unless they were read before."""
        missing = {contact.pk: contact for contact in contacts if contact.pk not in self.points}
        if not missing:
            return
        self.points |= {pk: [] for pk in missing}
        found, consents, behind = self._rows(list(missing))
        tags = self._tags(missing)
        for pk, contact_id, until, number, region in found:
            contact, sources = missing[contact_id], behind.get(pk, [])
            facts = PointFacts(
                point_id=pk,
                last_interaction_at=contact.last_interaction_at or contact.created_at,
                ended_at=until,
                restricted=contact.status == Contact.Status.RESTRICTED,
                held_until=self._hold(pk, contact_id, [source.source_id for source, _name in sources]),
                consents=[each for _channel, each in consents.get(pk, ())],
                sources=[source for source, _name in sources],
                region=region or "",
                tag_ids=tags.get(contact_id, frozenset()),
            )
            standings = [Standing(c.purpose_id, channel, self._status(c)) for channel, c in consents.get(pk, ())]
            names = [name for _source, name in sources]
            masked = phones.mask(number) if number else "—"
            self.points[contact_id].append(PointOnList(masked, until is None, standings, names, facts))

    def _status(self, consent: ConsentFacts) -> Status:
        """Return how a consent stands now: what has lapsed since the last night is said to be."""
        lapsed_at = consent.lapsed_at() if consent.status.permits else None
        return Status.EXPIRED if lapsed_at and lapsed_at <= self.at else consent.status

    def _hold(self, point_id: int, contact_id: int, source_ids: Sequence[int]) -> datetime | None:
        points, contacts, sources = self._held
        ends = [points.get(point_id), contacts.get(contact_id), *(sources.get(pk) for pk in source_ids)]
        return max((end for end in ends if end), default=None)

    def _tags(self, contact_ids: Collection[int]) -> dict[int, set[int]]:
        tags: dict[int, set[int]] = defaultdict(set)
        if any(policy.tag_id for policy in self.terms):
            rows = bulk.among(ContactTag.objects, "contact", contact_ids)
            for contact_id, tag_id in rows.values_list("contact", "tag"):
                tags[contact_id].add(tag_id)
        return tags

    def _rows(
        self, contact_ids: Sequence[int]
    ) -> tuple[list[Any], dict[int, list[tuple[str, ConsentFacts]]], dict[int, list[tuple[SourceFacts, str]]]]:
        """Return the points of contacts, the primary one first; and by point the consents, each with its channel, and
        the sources behind it with their names.
        """
        points: list[Any] = []
        consents: dict[int, list[tuple[str, ConsentFacts]]] = defaultdict(list)
        behind: dict[int, list[tuple[SourceFacts, str]]] = defaultdict(list)
        unanswered = timedelta(days=settings.UNANSWERED_DAYS)
        known, carrying = self._purposes
        for what, point_id, pk, said, kind, since, moment, ends_on in _union(contact_ids):
            if what == "consent":
                lapses, ended = known[pk].lapses_after_months, end_of_licence(ends_on)
                facts = ConsentFacts.of(pk, Status(kind), since, moment, lapses, ended, unanswered)
                consents[point_id].append((said, facts))
            elif what == "source":
                source = SourceFacts(pk, pk in carrying, end_of_licence(ends_on), kind)
                behind[point_id].append((source, said))
            else:
                points.append((what != "primary", point_id, pk, moment, said, kind))
        return [point[1:] for point in sorted(points)], consents, behind

    def going(self, contact_id: int, *, within: int = _NIGHTS) -> Going:
        """Return when the first of the contact's numbers goes, if on one of the next `within` nights."""
        points = self.points[contact_id]
        living = [point.facts for point in points if point.living] or [point.facts for point in points]
        indexes = [
            first[0] for facts in living if (first := first_night(facts, self.terms, nights=self.nights[:within]))
        ]
        if indexes:
            return Going(self.nights[min(indexes)], min(indexes))
        for facts in living:
            decision = decide(facts, self.terms, as_of=self.nights[-1])
            if isinstance(decision, Kept):
                return Going(ground=decision.ground)
        return Going()


def _union(contact_ids: Sequence[int]) -> Any:
    """Return the points of contacts, their consents and their provenances by one query, each as a row of eight.

    What it is, the id of the point, then of a point: the contact, the number, the region, since and until when; of a
    consent: the purpose, the channel, the status, since when, when it was given; of a provenance: the source, its name
    and kind, when it was obtained and its notice sent. Last the day on which the licence ends.
    """
    points = bulk.among(ContactPoint.objects, "contact", contact_ids).filter(erased_at=None)
    points = points.annotate(
        what=Case(When(is_primary=True, then=Value("primary")), default=Value("point"), output_field=CharField()),
        text=Cast("line__number", CharField()),
        never=Cast(Value(None), DateField()),
    )
    consents = bulk.among(Consent.objects, "point__contact", contact_ids).filter(point__erased_at=None)
    sources = bulk.among(Provenance.objects, "point__contact", contact_ids).filter(point__erased_at=None)
    return points.values_list("what", "pk", "contact", "text", "line__region", "since", "until", "never").union(
        consents.annotate(what=Value("consent", output_field=CharField())).values_list(
            *("what", "point", "purpose", "channel", "status", "since", "given_at", "source__licence_ends_on")
        ),
        sources.annotate(what=Value("source", output_field=CharField())).values_list(
            *("what", "point", "source", "source__name", "source__kind", "obtained_at", "notice_sent_at"),
            "source__licence_ends_on",
        ),
        all=True,
    )


def reading_of(request: HttpRequest) -> Reading:
    """Return what this request has read, or begin to."""
    if not hasattr(request, "_contacts_read"):
        request._contacts_read = Reading(timezone.now())  # type: ignore[attr-defined]
    found: Reading = request._contacts_read  # type: ignore[attr-defined]
    return found
