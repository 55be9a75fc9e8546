"""Whom an export takes, and with which numbers, read in chunks: however many they are, memory stays flat."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast

from crm import phones
from crm.models import Contact, ContactPoint, Provenance, Source

CHUNK = 1000
# Contacts that are left out whole; any other code is of a single number, and whoever refuses it names it.
RESTRICTED = "contact_restricted"

# Given the ids of contact points, returns those that may not be taken, each with a stable reason code.
Refused = Callable[[Sequence[int]], Mapping[int, str]]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts: these, or all; and of them only the numbers that a source stands behind, if one is named."""

    contact_ids: Sequence[int] | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written out, masked or in E.164; a masked one has no extension."""

    label: str = field(repr=False)
    text: str = field(repr=False)
    extension: str = field(repr=False)
    masked: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as it is written out: every field of the profile, and the numbers, the primary one first."""

    profile: Mapping[str, str] = field(repr=False)
    numbers: Sequence[Number]


@dataclass(slots=True)
class Tally:
    """What was taken, and what was left out: by reason code, contacts for RESTRICTED and numbers for any other.

    contact_ids: of those that were taken, in order; eight bytes each, so that memory stays flat.
    """

    contact_ids: "array[int]" = field(default_factory=lambda: array("q"))
    points: int = 0
    left_out: "Counter[str]" = field(default_factory=Counter)

    @property
    def contacts(self) -> int:
        """How many contacts were taken."""
        return len(self.contact_ids)


def people(selection: Selection, *, masked: bool, refused: Refused | None, tally: Tally) -> Iterator[Person]:
    """Yield the people of a selection in the order of their ids, counting them in `tally`.

    Erased contacts, and numbers that have ended or are erased, do not exist here. A restricted contact is only kept
    (GDPR 18(2)), so it is left out. refused: asked for each chunk of numbers; whoever has no number left is left out
    then. Without it everybody is taken, also who has no number.
    """
    for contacts in _chunks(selection):
        living = [contact for contact in contacts if contact["status"] == Contact.Status.LIVE]
        if restricted := len(contacts) - len(living):
            tally.left_out[RESTRICTED] += restricted
        points = list(
            _points(selection)
            .filter(contact__in=[contact["id"] for contact in living])
            .order_by("-is_primary", "pk")
            .annotate(e164=Cast("line__number", CharField()))
            .values_list("pk", "contact_id", "label", "e164", "extension")
        )
        denied = refused([pk for pk, *_rest in points]) if refused else {}
        tally.left_out.update(denied.values())
        numbers: dict[int, list[Number]] = defaultdict(list)
        for pk, contact_id, label, e164, extension in points:
            if pk not in denied:
                shown, also = (phones.mask(e164), "") if masked else (e164, extension)
                numbers[contact_id].append(Number(label, shown, also, masked))
        for contact in living:
            if refused and contact["id"] not in numbers:
                continue
            tally.contact_ids.append(contact["id"])
            tally.points += len(numbers[contact["id"]])
            yield Person({name: contact[name] for name in Contact.PROFILE}, numbers[contact["id"]])


def most_numbers(selection: Selection) -> int:
    """Return how many numbers the contact has that has the most, and at least one: so many columns there are."""
    points = _points(selection).filter(contact__status=Contact.Status.LIVE)
    chunks = [points] if selection.contact_ids is None else [points.filter(contact__in=ids) for ids in _ids(selection)]
    counts = (
        chunk.values("contact").annotate(n=Count("pk")).order_by("-n").values_list("n", flat=True)[:1]
        for chunk in chunks
    )
    most: list[int] = [count for found in counts for count in found]
    return max([1, *most])


def _points(selection: Selection) -> QuerySet[ContactPoint]:
    """Return the points at which somebody is reachable now."""
    points = ContactPoint.objects.filter(erased_at=None, until=None, line__number__isnull=False)
    if selection.source:
        points = points.filter(Exists(Provenance.objects.filter(point=OuterRef("pk"), source=selection.source)))
    return points


def _chunks(selection: Selection) -> Iterator[list[dict[str, Any]]]:
    gone = (Contact.Status.ERASED, Contact.Status.MERGED)
    wanted = Contact.objects.exclude(status__in=gone).order_by("pk")
    if selection.source:
        wanted = wanted.filter(Exists(_points(selection).filter(contact=OuterRef("pk"))))
    rows = wanted.values("id", "status", *Contact.PROFILE)
    if selection.contact_ids is not None:
        yield from (list(rows.filter(pk__in=ids)) for ids in _ids(selection))
        return
    last = 0
    # By key and not by cursor: nothing is held open between two chunks, on either database.
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        last = chunk[-1]["id"]


def _ids(selection: Selection) -> Iterator[list[int]]:
    ids = iter(sorted(set(selection.contact_ids or ())))
    while chunk := list(islice(ids, CHUNK)):
        yield chunk
