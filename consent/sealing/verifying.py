"""Verifying the sealed ledger: every entry, leaf, seal and line of the file is held against the others, and named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef

from consent.models import ConsentEvent, Notice, Seal, SealedEntry
from consent.models.purpose import digest_of_wording
from consent.rules.seals import GENESIS, SealFacts
from consent.sealing import publishing, reading
from consent.sealing.faults import Fault, Gathered, Kind
from consent.sealing.publishing import Outside, line_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """The entries that are under no seal yet: how many, and when the oldest was recorded (aware)."""

    entries: int
    oldest: datetime | None


def waiting() -> Waiting:
    """Return how much waits to be sealed."""
    leaf = SealedEntry.objects.filter(entry_id=OuterRef("pk"))
    found = ConsentEvent.objects.filter(~Exists(leaf)).aggregate(entries=Count("pk"), oldest=Min("recorded_at"))
    return Waiting(found["entries"], found["oldest"])


def verify(*, path: Path | None = None) -> list[Fault]:
    """Return all that is wrong with the sealed part of the ledger: see Kind. Memory does not grow with its length."""
    path = path or settings.SEALS_PATH
    # First the file: a seal is in the database before it is there.
    outside = publishing.read(path)
    rows = list(Seal.objects.order_by("number"))
    seals = {row.number: SealFacts(row.number, row.entries, row.root, row.previous, row.sealed_at) for row in rows}
    faults = [*_chain(rows, seals), *_outside(outside, seals, path)]
    faults += _entries({number: outside.seals.get(number, seals[number]) for number in seals}, outside, path)
    faults += _notices()
    return faults


def verify_seal(number: int, *, path: Path | None = None) -> list[Fault]:
    """Return all that is wrong with one seal and the entries under it; how it hangs on the others is not looked at.

    Raises Seal.DoesNotExist.
    """
    path = path or settings.SEALS_PATH
    outside = publishing.read(path)
    row = Seal.objects.get(number=number)
    seal = SealFacts(row.number, row.entries, row.root, row.previous, row.sealed_at)
    faults = [] if seal.digest == row.digest else [Fault(Kind.SEAL_EDITED, number)]
    said = outside.seals.get(number)
    if said is None:
        faults.append(Fault(Kind.NOT_WRITTEN, number))
    elif said.digest != seal.digest:
        faults.append(Fault(Kind.FORKED, number, detail="the file has another one"))
    gathered = Gathered(number)
    for leaves in reading.sealed(beginning=number, up_to=number):
        gathered.extend(leaves)
    line = line_of(outside, number, path)
    return faults if gathered.is_whole(seal, line) else [*faults, *gathered.faults(seal, line)]


def _chain(rows: list[Seal], seals: Mapping[int, SealFacts]) -> Iterator[Fault]:
    digest, number = GENESIS, 0
    for row in rows:
        for missing in range(number + 1, row.number):
            yield Fault(Kind.SEAL_MISSING, missing)
        if seals[row.number].digest != row.digest:
            yield Fault(Kind.SEAL_EDITED, row.number)
        if row.number == number + 1 and row.previous != digest:
            yield Fault(Kind.CHAIN_BROKEN, row.number)
        digest, number = row.digest, row.number


def _outside(outside: Outside, seals: Mapping[int, SealFacts], path: Path) -> Iterator[Fault]:
    for number, detail in outside.wrong:
        yield Fault(Kind.FILE_EDITED, number, detail=detail)
    for number in outside.forks:
        yield Fault(Kind.FORKED, number, detail="it stands in the file twice")
    for number, said in outside.seals.items():
        if number not in seals:
            if number > max(seals, default=0):  # one in between was missed in the chain
                yield Fault(Kind.SEAL_MISSING, number)
        elif seals[number].digest != said.digest:
            yield Fault(Kind.FORKED, number, detail="the file has another one")
    # Written meanwhile, perhaps.
    unwritten = sorted(set(seals) - set(publishing.read(path).seals)) if set(seals) - set(outside.seals) else []
    if unwritten == [max(seals, default=0)]:
        yield Fault(Kind.NOT_WRITTEN, unwritten[0])
    elif unwritten:
        detail = "it is not there" if not outside.exists else ""
        yield from (Fault(Kind.FILE_MISSING, number, detail=detail) for number in unwritten)


def _entries(seals: Mapping[int, SealFacts], outside: Outside, path: Path) -> Iterator[Fault]:
    """Yield what is wrong under the seals: a seal is let go as soon as all of it was seen and is whole."""
    gathered = {number: Gathered(number) for number in seals}
    for leaves in reading.sealed(up_to=max(seals, default=0)):
        number = leaves.seal
        if number not in gathered:
            if number in seals:
                yield from (Fault(Kind.INSERTED, number, pk) for pk in leaves.ids)
            continue
        gathered[number].extend(leaves)
        if len(gathered[number].ids) == seals[number].entries and gathered[number].is_whole(
            seals[number], line_of(outside, number, path)
        ):
            del gathered[number]
    for number, rest in gathered.items():
        yield from rest.faults(seals[number], line_of(outside, number, path))


def _notices() -> Iterator[Fault]:
    for pk, text, digest in Notice.objects.values_list("pk", "text", "digest").iterator(500):
        if digest_of_wording(text) != digest:
            yield Fault(Kind.NOTICE_EDITED, notice=pk)
