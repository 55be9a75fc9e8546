"""How often a fault is tried, and what came of it: a few times in the default suite, in full by `./run faults`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from django.db import connection

# What may never happen, in the order of the report.
KINDS = ("lost", "doubled", "half_erased", "back")


def tried(*, small: int, full: int) -> Callable[..., pytest.MarkDecorator]:
    """Return the parameter `cases`: the small count, and the full one behind the marker `faults`."""
    mark: Callable[..., pytest.MarkDecorator] = pytest.mark.parametrize(
        "cases", [pytest.param(small, id="small"), pytest.param(full, id="full", marks=pytest.mark.faults)]
    )
    return mark


@dataclass(slots=True)
class Verdict:
    """What is amiss after a fault, each as a line that says what and where, by id."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    half_erased: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)

    def add(self, other: "Verdict") -> None:
        """Take in what another look found."""
        for kind in KINDS:
            getattr(self, kind).extend(getattr(other, kind))

    def said(self) -> list[str]:
        """Return all of it, each line with its kind."""
        return [f"{kind}: {line}" for kind in KINDS for line in getattr(self, kind)]


class Tally:
    """Counts the cases of one fault, and writes them where the report finds them."""

    def __init__(self, write: Callable[[str, object], None]) -> None:
        self._write = write
        self.cases = 0
        self.notes: list[str] = []
        self.found = Verdict()

    def case(self, *found: Verdict, cases: int = 1) -> None:
        """Count so many cases, and what was found amiss in them."""
        self.cases += cases
        for each in found:
            self.found.add(each)

    def note(self, text: str) -> None:
        """Say how the cases spread: without that, a zero proves little."""
        self.notes.append(text)

    def close(self, fault: str, expected: int) -> None:
        """Write the counts of `fault`; fail where anything is amiss, or where a case was left out."""
        self._write("fault", fault)
        self._write("database", "PostgreSQL" if connection.vendor == "postgresql" else "SQLite")
        self._write("cases", self.cases)
        for kind in KINDS:
            self._write(kind, len(getattr(self.found, kind)))
        self._write("note", "; ".join(self.notes))
        said = self.found.said()
        assert not said, f"{len(said)} amiss: {said[:10]}"
        assert self.cases >= expected


def spread(moments: Iterable[float]) -> str:
    """Return how many of the moments (0 to 1) fall into each fifth."""
    fifths = [0] * 5
    for moment in moments:
        fifths[min(4, int(moment * 5))] += 1
    return "/".join(map(str, fifths))
