"""The blame of a contact in words: each value that we hold of it, since when, by whom, and from where."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from crm import changes
from crm.changes import Blame, Names
from crm.models import Contact, ContactPoint, ImportBatch, Source

# What says nothing of the person, or is said by the heading.
_LEFT_OUT = {Contact: {"erased_at"}, ContactPoint: {"contact", "erased_at"}}


@dataclass(frozen=True, slots=True)
class Row:
    """A value and whose it is."""

    label: str
    value: str = field(repr=False)
    since: datetime
    who: str
    source: str
    batch: str
    way_in: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """The profile, or a number, and its values."""

    title: str
    rows: list[Row]


def sections(contact: Contact, *, until: datetime | None = None) -> list[Section]:
    """Return the profile and each number with the blame of every value; until: as it was then (aware).

    As many queries for a hundred numbers as for one.
    """
    profile = changes.blame(Contact, [contact.pk], leave_out=_LEFT_OUT[Contact], until=until).get(contact.pk, [])
    points = list(contact.points.filter(erased_at=None).select_related("line").order_by("-is_primary", "pk"))
    of_points = changes.blame(
        ContactPoint, [point.pk for point in points], leave_out=_LEFT_OUT[ContactPoint], until=until
    )
    every = [*profile, *(each for some in of_points.values() for each in some)]
    names = changes.names_of(reference for each in every for reference in _named(each))
    found = [Section(gettext("Profile"), _rows(profile, names))]
    found += [Section(changes.name_of(point), _rows(of_points.get(point.pk, []), names)) for point in points]
    return [section for section in found if section.rows]


def _named(each: Blame) -> list[tuple[type[models.Model], int | None]]:
    named: list[tuple[type[models.Model], int | None]] = [
        (User, each.user_id),
        (Source, each.source_id),
        (ImportBatch, each.batch_id),
    ]
    if each.field.is_relation:
        named.append((each.field.related_model, each.value))  # type: ignore[arg-type]
    return named


def _rows(some: Sequence[Blame], names: Names) -> list[Row]:
    return [
        Row(
            str(capfirst(each.field.verbose_name)),
            changes.readable(each.field, each.value, names),
            each.since,
            f"{names[User, each.user_id]} ({each.actor})" if each.user_id else each.actor,
            names.get((Source, each.source_id or 0), ""),
            names.get((ImportBatch, each.batch_id or 0), ""),
            changes.way_in(each.channel),
            each.reason,
        )
        for each in some
    ]
