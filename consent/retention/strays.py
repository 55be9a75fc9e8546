"""Strays: lines that no way in of ours has made, and by which an erased number may have come back.

The database refuses a second row with a fingerprint, and cannot compute one: a row that somebody has written by hand,
past everything, may hold an erased number under a fingerprint that is not its own. So every night each number that is
held is held against its fingerprints. What was erased is erased again, for its owner has not given it back; of any
other row with a wrong fingerprint it is only said how many there are, as a key that is missing from the settings
makes such rows too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from consent import suppression
from consent.models import Suppression
from consent.retention import purging
from crm import bulk, erasure, phones
from crm.models import Actor, Contact, Lease, PhoneNumber, fingerprint_keys

REASON = "stray"
_CHUNK = 5000
_Row = tuple[int, str, str]


def sweep(*, at: datetime, actor: Actor, lease: Lease) -> "Counter[str]":
    """Erase at `at` (aware) every number that is held though it was erased; return how many strays there were.

    strays: with a wrong fingerprint, or erased before; strays_erased: those of them that are gone. None: nothing.
    Under a legal hold or a restriction one stays until that has ended. Reads every line that holds a number; `lease` is
    renewed meanwhile. Raises LeaseLost, JournalNotWritten.
    """
    counts: Counter[str] = Counter()
    for line_id, was_erased in _strays(lease):
        counts["strays"] += 1
        if was_erased and _erase(line_id, at=at, actor=actor):
            counts["strays_erased"] += 1
    return counts


def _strays(lease: Lease) -> Iterator[tuple[int, bool]]:
    """Yield the ids of stray lines, and whether their numbers were erased."""
    lines = PhoneNumber.objects.filter(number__isnull=False).annotate(text=Cast("number", CharField())).order_by("pk")
    held = set(_not_given_back().values_list("line__number_key", flat=True))
    after = 0
    while rows := list(lines.filter(pk__gt=after).values_list("pk", "text", "number_key")[:_CHUNK]):
        lease.renew(seconds=settings.PURGE_LEASE_SECONDS, now=timezone.now())
        yield from _strays_of(rows, held)
        after = rows[-1][0]


def _strays_of(rows: Sequence[_Row], held: set[str]) -> Iterator[tuple[int, bool]]:
    keys = fingerprint_keys()
    wrong: set[int] = set()
    others: dict[str, int] = {}
    erased: set[int] = set()
    for pk, text, stands in rows:
        found = _fingerprints(text, keys)
        if stands not in found:
            wrong.add(pk)
        if not held.isdisjoint(found):
            erased.add(pk)
        others |= {key: pk for key in found if key != stands}
    if others:
        tombstones = PhoneNumber.objects.filter(bulk.one_of("number_key", others, text=True), reopened_at=None)
        erased |= {others[key] for key in tombstones.exclude(erased_at=None).values_list("number_key", flat=True)}
    yield from ((pk, pk in erased) for pk in sorted(wrong | erased))


def _fingerprints(text: str, keys: Mapping[str, bytes]) -> list[str]:
    """Return a number's fingerprint under every key; none of what is no number: by hand anything can be written."""
    try:
        return [phones.fingerprint(text, key=key) for key in keys.values()]
    except ValueError:
        pass
    try:
        e164 = phones.read_e164(text)
    except phones.NotANumber:
        return []
    return [phones.fingerprint(e164, key=key) for key in keys.values()]


def _not_given_back() -> "QuerySet[Suppression]":
    """Return the holds of lines of the past that no entry has lifted: there is no grant by which they are of it."""
    return Suppression.objects.filter(
        extent=Suppression.Extent.HOLD, lifted_at=None, line__reopened_at__isnull=False
    ).order_by()


def _erase(line_id: int, *, at: datetime, actor: Actor) -> bool:
    """Erase whoever is at a line, there alone, and its number; return whether it is gone."""
    for contact in Contact.objects.filter(points__line=line_id, points__erased_at=None).distinct().order_by("pk"):
        try:
            purging.erase(contact, reason=REASON, actor=actor, at=at, line_id=line_id)
        except purging.Held:
            continue
    with transaction.atomic():
        line = PhoneNumber.objects.filter(pk=line_id).locked().get()
        if erasure.blank_lines([line_id], at=at):
            suppression.suppress(line, extent=Suppression.Extent.HOLD, since=at, reason="erased", actor=actor)
        line.refresh_from_db()
    return line.number is None
