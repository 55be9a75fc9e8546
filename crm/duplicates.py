"""Who may be the same person as a contact, and why: looked up by indexes, a bounded number of rows at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Left, Upper
from rapidfuzz import fuzz

from crm.models import Contact, ContactPoint, DistinctPeople, Provenance

# So many rows are looked at for each of the ways, however many there are.
LOOKED_AT = 200
# Of two names that are written so alike, in percent, one is most often a slip.
ALIKE = 80


class Why(StrEnum):
    """Why two contacts may be one person, the strongest reason first."""

    EXTERNAL_ID = "external_id"
    LINE = "line"
    EMAIL = "email"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A contact that may be the same person, and the reasons."""

    contact: Contact
    reasons: tuple[Why, ...]


def suggest(contact: Contact, *, most: int = 10) -> list[Suggestion]:
    """Return who may be the same person, the best suggestion first; nobody whom somebody has said to be another.

    The queries are as many for a table of a million contacts as for one of three.
    """
    if contact.status not in (Contact.Status.LIVE, Contact.Status.RESTRICTED):
        return []
    reasons: dict[int, list[Why]] = defaultdict(list)
    for why, ids in (
        (Why.EXTERNAL_ID, _of_the_same_id(contact)),
        (Why.LINE, _at_the_same_line(contact)),
        (Why.EMAIL, _with_the_same_email(contact)),
        (Why.NAME, _of_a_name_alike(contact)),
    ):
        for pk in ids:
            reasons[pk].append(why)
    reasons.pop(contact.pk, None)
    for pk in _others(contact, reasons):
        reasons.pop(pk, None)
    ranked = sorted(reasons, key=lambda pk: (-len(reasons[pk]), list(Why).index(reasons[pk][0]), pk))[:most]
    held = _held().in_bulk(ranked)
    return [Suggestion(held[pk], tuple(reasons[pk])) for pk in ranked if pk in held]


def dismiss(one: Contact, other: Contact, *, user_id: int | None, at: datetime) -> None:
    """Remember that two contacts are two people; said again, it was said the first time."""
    first, second = sorted((one.pk, other.pk))
    DistinctPeople.objects.get_or_create(
        first_id=first, second_id=second, defaults={"decided_at": at, "decided_by_id": user_id}
    )


def _held() -> "QuerySet[Contact]":
    return Contact.objects.filter(status__in=[Contact.Status.LIVE, Contact.Status.RESTRICTED])


def _others(contact: Contact, ids: Collection[int]) -> Iterator[int]:
    """Yield those of whom somebody has said that they are another person."""
    if ids:
        pairs = DistinctPeople.objects.filter(
            Q(first=contact, second__in=list(ids)) | Q(second=contact, first__in=list(ids))
        )
        for first, second in pairs.values_list("first", "second"):
            yield second if first == contact.pk else first


def _at_the_same_line(contact: Contact) -> list[int]:
    own = list(contact.points.filter(erased_at=None, until=None).values_list("line", flat=True))
    there = ContactPoint.objects.filter(line__in=own, erased_at=None, until=None).exclude(contact=contact)
    return list(there.order_by().values_list("contact", flat=True)[:LOOKED_AT]) if own else []


def _with_the_same_email(contact: Contact) -> list[int]:
    if not contact.email:
        return []
    found = Contact.objects.alias(upper_email=Upper("email")).filter(upper_email=Upper(Value(contact.email)))
    return list(found.order_by().values_list("pk", flat=True)[:LOOKED_AT])


def _of_the_same_id(contact: Contact) -> list[int]:
    own = Provenance.objects.filter(point__contact=contact).exclude(external_key="")
    keys = set(own.values_list("source", "external_key")[:LOOKED_AT])
    if not keys:
        return []
    same = Provenance.objects.filter(
        source__in={source for source, _key in keys}, external_key__in={key for _source, key in keys}
    ).exclude(external_key="")
    rows = same.order_by().values_list("source", "external_key", "point__contact")[:LOOKED_AT]
    return [pk for source, key, pk in rows if (source, key) in keys]


def _of_a_name_alike(contact: Contact) -> list[int]:
    """Return contacts of nearly the same name, in the same country or organisation or with the same e-mail domain.

    One of the two names is written the same, but for case, and the other begins the same: a slip in both is not found.
    """
    if not contact.given_name or not contact.family_name:
        return []
    given, family = Upper(Value(contact.given_name)), Upper(Value(contact.family_name))
    named = _held().alias(
        upper_given=Upper("given_name"),
        upper_family=Upper("family_name"),
        given_begins=Upper(Left("given_name", 1)),
        family_begins=Upper(Left("family_name", 2)),
    )
    columns = ("pk", "given_name", "family_name", "country", "organisation", "email")
    found: dict[int, tuple[str, ...]] = {}
    for rows in (
        named.filter(upper_family=family, given_begins=Upper(Value(contact.given_name[:1]))),
        named.filter(upper_given=given, family_begins=Upper(Value(contact.family_name[:2]))),
    ):
        found |= {pk: said for pk, *said in rows.order_by().values_list(*columns)[:LOOKED_AT]}
    return [
        pk
        for pk, (given_name, family_name, *about) in sorted(found.items())
        if _alike(contact.given_name, given_name)
        and _alike(contact.family_name, family_name)
        and _is_near(contact, *about)
    ]


def _alike(one: str, other: str) -> bool:
    return fuzz.ratio(one.casefold(), other.casefold()) >= ALIKE


def _is_near(contact: Contact, country: str, organisation: str, email: str) -> bool:
    """Whether anything but the name speaks for the same person."""
    pairs = (
        (contact.country, country),
        (contact.organisation.casefold(), organisation.casefold()),
        (contact.email.casefold().partition("@")[2], email.casefold().partition("@")[2]),
    )
    return any(one and one == other for one, other in pairs)
