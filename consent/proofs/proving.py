"""The proof file of entries: made from the entries themselves, and only where they are what was sealed."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from consent import sealing
from consent.models import ConsentEvent, Seal, SealedEntry
from consent.rules import merkle
from consent.rules.entries import COLUMNS, Entry, Wording, canonical
from consent.rules.proof import Proven, proof_file


class NotSealed(LookupError):
    """Entries are under no seal yet: the next sealer takes them. entries: their ids."""

    def __init__(self, entries: Sequence[int]) -> None:
        super().__init__(f"not sealed yet: {', '.join(map(str, entries))}")
        self.entries = entries


class Broken(RuntimeError):
    """An entry is not what was sealed, so nothing can be proven by it: `verify_ledger` says more."""

    def __init__(self, entry: int) -> None:
        super().__init__(f"entry {entry} is not what was sealed")
        self.entry = entry


def prove(*, entries: Iterable[ConsentEvent]) -> dict[str, Any]:
    """Return the content of the proof file of these entries, as JSON takes it. Raises NotSealed, Broken."""
    found = sorted(entries, key=lambda entry: entry.pk)
    sealed = SealedEntry.objects.in_bulk([entry.pk for entry in found])
    if missing := [entry.pk for entry in found if entry.pk not in sealed]:
        raise NotSealed(missing)
    by_seal: dict[int, list[ConsentEvent]] = defaultdict(list)
    for entry in found:
        by_seal[sealed[entry.pk].seal_id].append(entry)
    proven = [one for number in sorted(by_seal) for one in _under(number, by_seal[number], sealed)]
    return proof_file(proven)


def _under(number: int, entries: Sequence[ConsentEvent], sealed: dict[int, SealedEntry]) -> Iterable[Proven]:
    seal = sealing.facts_of(Seal.objects.get(number=number))
    rows = SealedEntry.objects.filter(seal=number).order_by("position").values_list("leaf", flat=True)
    leaves = [sealing.leaf_bytes(leaf.encode()) for leaf in rows]
    for row in entries:
        entry, wording, at = *_said(row), sealed[row.pk].position
        leaf = merkle.leaf(canonical(entry, wording))
        path = merkle.path(leaves, at) if at < len(leaves) else []
        if not merkle.is_under(bytes.fromhex(seal.root), leaf=leaf, index=at, size=seal.entries, path=path):
            raise Broken(row.pk)
        yield Proven(entry, wording, row.notice.text if row.notice else None, at, path, seal)


def _said(row: ConsentEvent) -> tuple[Entry, Wording | None]:
    entry = Entry(**{name: getattr(row, name) for name in COLUMNS})
    notice = row.notice
    return entry, Wording(notice.language, notice.version, notice.digest) if notice else None
