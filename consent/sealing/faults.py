"""What can be wrong with the sealed ledger, and the search for it within a seal that does not verify."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from consent.rules import merkle
from consent.rules.seals import MARK_BYTES, Published, SealFacts
from consent.sealing.reading import Leaves


class Kind(StrEnum):
    """What is wrong."""

    EDITED = "edited"  # an entry is not what was sealed
    DELETED = "deleted"  # an entry is gone, and its proof period was not over
    MOVED = "moved"  # an entry stands under its seal where it did not
    INSERTED = "inserted"  # an entry stands under a seal that was made without it
    LEAF_EDITED = "leaf_edited"  # the entry is what was sealed, its leaf is not
    LEAF_MISSING = "leaf_missing"  # an entry that was sealed is under its seal no more
    ROOT_WRONG = "root_wrong"  # the leaves are not those of the seal, and nothing is left by which to say which
    SEAL_EDITED = "seal_edited"  # a seal does not have the digest of what it says
    SEAL_MISSING = "seal_missing"  # a seal is gone from the database
    CHAIN_BROKEN = "chain_broken"  # a seal does not follow the one before it
    FORKED = "forked"  # there are two seals of one number, or the file and the database have different ones
    FILE_EDITED = "file_edited"  # the file of seals was changed
    FILE_MISSING = "file_missing"  # the file of seals is gone, or lost its end
    NOT_WRITTEN = "not_written"  # the last seal is not in the file: a sealer died; the next one writes it
    NOTICE_EDITED = "notice_edited"  # a wording does not have its digest


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: with which seal, which entry or which notice, as far as that can be told."""

    kind: Kind
    seal: int | None = None
    entry: int | None = None
    notice: int | None = None
    detail: str = ""


class Gathered(Leaves):
    """The entries under one seal, as far as they were read."""

    def is_whole(self, seal: SealFacts, line: Published | None) -> bool:
        """Whether everything under the seal is as it was sealed."""
        if len(self.ids) != seal.entries or self.positions != list(range(seal.entries)) or None in self.found:
            return False
        leaves = [leaf for leaf in self.found if leaf is not None]
        if b"".join(leaves).hex().encode() != b"".join(self.stored) or merkle.root(leaves).hex() != seal.root:
            return False
        return line is None or (line.ids == self.ids and line.marks == b"".join([leaf[:MARK_BYTES] for leaf in leaves]))

    def faults(self, seal: SealFacts, line: Published | None) -> Iterator[Fault]:
        """Yield what is wrong under a seal that is not whole."""
        if line and self.is_whole(seal, None):
            yield Fault(Kind.FILE_EDITED, seal.number, detail="it names other entries than are under its root")
            return
        found = [*(self._faults_by(line, seal.number) if line else self._faults_alone(seal.number))]
        yield from found or [Fault(Kind.ROOT_WRONG, seal.number, detail=f"{len(self.ids)} leaves of {seal.entries}")]

    def _faults_by(self, line: Published, number: int) -> Iterator[Fault]:
        """Yield what differs from the line of the file, which names every entry and the beginning of its leaf."""
        at = {pk: position for position, pk in enumerate(line.ids)}
        for pk, position, stored, found in self._rows():
            if pk not in at:
                yield Fault(Kind.INSERTED, number, pk)
                continue
            mark = line.marks[at[pk] * MARK_BYTES : (at[pk] + 1) * MARK_BYTES]
            if position != at[pk]:
                yield Fault(Kind.MOVED, number, pk, detail=f"from position {at[pk]} to {position}")
            if found is None:
                yield Fault(Kind.DELETED, number, pk)
            elif not found.startswith(mark):
                yield Fault(Kind.EDITED, number, pk)
            elif found.hex().encode() != stored:
                yield Fault(Kind.LEAF_EDITED, number, pk)
        for pk in sorted(set(line.ids) - set(self.ids)):
            yield Fault(Kind.LEAF_MISSING, number, pk)

    def _faults_alone(self, number: int) -> Iterator[Fault]:
        """Yield what does not fit together, where the file does not help."""
        expected = 0
        for pk, position, stored, found in self._rows():
            if position < expected:
                yield Fault(Kind.MOVED, number, pk, detail=f"to position {position}")
            elif position > expected:
                yield Fault(
                    Kind.LEAF_MISSING, number, detail=f"positions {expected} to {position - 1}, before entry {pk}"
                )
            expected = max(expected, position + 1)
            if found is None:
                yield Fault(Kind.DELETED, number, pk)
            elif found.hex().encode() != stored:
                yield Fault(Kind.EDITED, number, pk)

    def _rows(self) -> Iterator[tuple[int, int, bytes, bytes | None]]:
        return zip(self.ids, self.positions, self.stored, self.found, strict=True)
