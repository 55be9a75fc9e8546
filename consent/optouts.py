"""Many opt-outs at once: a list of numbers, such as a provider's or a regulator's, is withdrawn in sets.

The principle is that of one withdrawal: it works for a number that we hold, erased or never knew, as often as it is
asked, and whatever today's validity rules say. What cannot be read is named, and holds nothing else up.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone

from consent import ledger, suppression, withdrawal
from consent.models import Method, Purpose, Suppression
from consent.rules.lines import Channel
from consent.rules.times import require_aware
from crm import bulk, phones
from crm.imports import child
from crm.imports.mapping import FIELDS, is_phone, propose
from crm.imports.upload import known_region
from crm.models import Actor, PhoneNumber, all_fingerprints, fingerprint_keys


class Listed(NamedTuple):
    """A line of a list (the first is 1), and what stands there for a number."""

    line: int
    text: str


@dataclass(slots=True)
class Tally:
    """What became of a list, in numbers: each is counted once, and one that stands there again is there already.

    withdrawn: of lines that we hold. unknown: of others, suppressed by their fingerprint. already: suppressed so
    before. unread: lines at which no number could be read, and the code that says why.
    """

    withdrawn: int = 0
    unknown: int = 0
    already: int = 0
    unread: list[tuple[int, str]] = field(default_factory=list)


def read_list(path: Path, *, region: str = "") -> Iterator[Listed]:
    """Yield what a file has in its phone column, or in its first column where none looks like one.

    The file may have a header or none. region: by which its national numbers are told. Raises UnreadableFile, also
    while it is read.
    """
    region = known_region(region)
    with child.running("crm.imports.reading.blocks:blocks", path=str(path.absolute())) as items:
        _format, _encoding, _delimiter, headers = next(items)
        first: list[Any] = next(items, [])
        sample = [cells for _line, cells, _fault, _column in first]
        meant = propose(headers, sample, fields=FIELDS, region=region or None, to_be_corrected=True)
        at = next((n for n, column in enumerate(meant.columns) if is_phone(column.field)), 0)
        if any(map(str.isdecimal, headers[at])) and _read(Listed(1, headers[at]), region, []):
            yield Listed(1, headers[at])
        for line, cells, _fault, _column in chain(first, chain.from_iterable(items)):
            yield Listed(line, cells[at])


def withdraw_list(
    numbers: Iterable[Listed],
    *,
    at: datetime,
    reason: str,
    method: Method,
    actor: Actor,
    purpose: Purpose | None = None,
    channel: Channel | None = None,
    objection: bool = False,
    region: str = "",
) -> Tally:
    """Withdraw at `at` (aware) what everyone at these numbers has given, and suppress them; return the tally.

    reason: how we learned of it, without a number in it; it is the evidence. objection: to marketing, which outranks
    every lawful basis (GDPR 21(3)). region: by which numbers without country code are read. Numbers go in chunks of a
    transaction each: when it breaks off, those before are done, and all may be given again. Raises Refused for a
    future date, or NaiveTimestamp; then nothing was done.
    """
    at = require_aware(at, name="at")
    if at > timezone.now():
        raise ledger.Refused("a withdrawal cannot have occurred in the future")
    tally, seen = Tally(), set[str]()
    listed = iter(numbers)
    scope = _Scope(at, reason, method, actor, purpose, channel, suppression.OBJECTION if objection else reason[:60])
    while chunk := list(islice(listed, settings.IMPORT_CHUNK_ROWS)):
        read = [found for each in chunk if (found := _read(each, region, tally.unread))]
        new = sorted({e164: None for e164 in map(phones.canonical, read) if e164 not in seen})
        seen.update(new)
        tally.already += len(read) - len(new)
        if new:
            scope.withdraw(new, tally)
    return tally


def _read(listed: Listed, region: str, unread: list[tuple[int, str]]) -> str:
    """Return the E.164 number that is listed; or note why it is none, and return ""."""
    try:
        return phones.read_e164(listed.text, region=region or None)
    except phones.NotANumber as error:
        unread.append((listed.line, error.code))
        return ""


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is the same of all numbers of a list."""

    at: datetime
    said: str
    method: Method
    actor: Actor
    purpose: Purpose | None
    channel: Channel | None
    reason: str

    def withdraw(self, numbers: Sequence[str], tally: Tally) -> None:
        """Withdraw and suppress distinct E.164 numbers, in one transaction, and count them."""
        with transaction.atomic():
            held = _lines_for(numbers)
            standing = Suppression.objects.filter(
                bulk.one_of("line", held, text=False),
                extent=Suppression.Extent.CONTACT,
                purpose=self.purpose,
                channel=self.channel or "",
                lifted_at=None,
            )
            already = set(standing.values_list("line", flat=True))
            withdrawal.end_all(
                {(pk, self.channel or ""): self.at for pk in held},
                method=self.method,
                actor=self.actor,
                source=None,
                batch=None,
                purpose=self.purpose,
                evidence=ledger.Proof(message=self.said),
            )
            if self.purpose is None and self.channel in (None, Channel.SMS):
                withdrawal.end_challenges(held, at=self.at)
            suppression.strengthen(standing, reason=self.reason)
            new = {(pk, self.channel or ""): self.at for pk in held if pk not in already}
            suppression.suppress_all(new, reason=self.reason, actor=self.actor, purpose=self.purpose)
        withdrawn = sum(is_held for pk, is_held in held.items() if pk not in already)
        tally.already += len(already)
        tally.withdrawn += withdrawn
        tally.unknown += len(held) - len(already) - withdrawn


def _lines_for(numbers: Sequence[str]) -> dict[int, bool]:
    """Return the locked lines of distinct E.164 numbers by id, and whether we hold the number; make those missing."""
    keys = {e164: all_fingerprints(e164) for e164 in numbers}
    known = _locked({key for each in keys.values() for key in each})
    missing = [e164 for e164, each in keys.items() if not any(key in known for key in each)]
    made = _make_lines(sorted(keys[e164][0] for e164 in missing)) if missing else []
    if made is None:
        # Somebody else was quicker with one of them.
        made = [suppression.line_for(e164).pk for e164 in missing]
    return dict(known.values()) | dict.fromkeys(made, False)


def _locked(keys: Collection[str]) -> dict[str, tuple[int, bool]]:
    """Lock the lines with these fingerprints and return, by fingerprint, their id and whether we hold the number."""
    is_held = ExpressionWrapper(Q(number__isnull=False), output_field=BooleanField())
    lines = (
        PhoneNumber.objects.filter(bulk.one_of("number_key", keys, text=True), reopened_at=None)
        .locked()
        .annotate(is_held=is_held)
    )
    return {key: (pk, held) for pk, key, held in lines.values_list("pk", "number_key", "is_held")}


def _make_lines(keys: Sequence[str]) -> list[int] | None:
    """Insert lines of which we keep the fingerprint alone, and return their ids; None when one is there by now."""
    key_id, now = next(iter(fingerprint_keys())), timezone.now()
    ids = bulk.new_ids(PhoneNumber, len(keys))
    try:
        with transaction.atomic():
            bulk.insert(
                PhoneNumber,
                ("id", "number", "region", "line_type", "number_key", "key_id", "created_at"),
                [(pk, None, "", "", key, key_id, now) for pk, key in zip(ids, keys, strict=True)],
            )
    except IntegrityError:
        return None
    return ids
