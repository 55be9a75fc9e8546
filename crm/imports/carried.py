"""What a dry run has decided on the earlier rows of a file, by which the later ones are decided.

A dry run writes nothing and locks nothing: whoever says stop meanwhile does not wait for it. So what it would have
written is kept here, in a database file of its own in the private staging directory, and goes with the dry run;
the memory that it takes is that of one chunk, however many rows there are.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from crm.imports import staging
from crm.intake import Decision, Held, HeldContact, HeldLine, HeldPoint
from crm.models import Outcome
from crm.rows import ReadRow

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE contact (number INTEGER PRIMARY KEY, state TEXT NOT NULL);
    CREATE TABLE known (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
    CREATE TABLE line (key TEXT PRIMARY KEY, gone INTEGER NOT NULL, notes TEXT NOT NULL) WITHOUT ROWID;
"""


class Carried:
    """The contacts that earlier rows would have made or changed, found by number, e-mail or external id."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._last_number = 0

    def lay_over(self, held: Held, rows: Sequence[ReadRow]) -> None:
        """Add to what is held what these rows may touch of what was decided before."""
        held.last_number = self._last_number
        keys = {key for row in rows for key in _keys(held, row)} | {f"contact {pk}" for pk in held.contacts}
        lines = self._database.execute(
            "SELECT key, gone, notes FROM line WHERE 'line ' || key IN (SELECT value FROM json_each(?))",
            [json.dumps(list(keys))],
        )
        for key, gone, notes in lines.fetchall():
            line = held.lines.setdefault(key, HeldLine(key))
            line.gone, line.notes = line.gone or bool(gone), set(json.loads(notes))
        found = self._database.execute(
            "SELECT DISTINCT contact.number, state FROM known JOIN contact USING (number)"
            " WHERE key IN (SELECT value FROM json_each(?)) ORDER BY contact.number",
            [json.dumps(list(keys))],
        )
        for number, state in found.fetchall():
            _restore(held, number, json.loads(state))

    def take_up(self, decisions: Sequence[Decision], held: Held) -> None:
        """Keep what rows have made, changed or noted."""
        for decision in decisions:
            self._take_up_lines(decision.row, held)
            contact = decision.contact
            named = decision.row.external_id and decision.traced
            if contact is None or (decision.outcome is Outcome.UNCHANGED and not named):
                continue
            if contact.number is None:
                contact.number = held.next_number()
            keys = {*_keys(held, decision.row), *_lines_of(contact), f"contact {contact.id}"}
            self._database.execute(
                "INSERT OR REPLACE INTO contact VALUES (?, ?)", [contact.number, json.dumps(_state(contact))]
            )
            self._database.executemany(
                "INSERT OR IGNORE INTO known VALUES (?, ?)", [(key, contact.number) for key in keys]
            )
        self._last_number = held.last_number

    def _take_up_lines(self, row: ReadRow, held: Held) -> None:
        for number in row.numbers:
            line = held.line(number.e164)
            if line and line.notes:
                self._database.execute(
                    "INSERT OR REPLACE INTO line VALUES (?, ?, ?)",
                    [line.key, line.gone, json.dumps(sorted(line.notes))],
                )


@contextmanager
def carrying() -> Iterator[Carried]:
    """Give a dry run the place to keep what it has decided; nothing is left of it afterwards."""
    with staging.scratch() as path, closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_TABLES)
        database.execute("BEGIN")
        yield Carried(database)


def _keys(held: Held, row: ReadRow) -> Iterator[str]:
    for number in row.numbers:
        for key in held.fingerprints(number.e164):
            yield f"line {key}"
    if email := row.profile.get("email"):
        yield f"email {email.upper()}"
    if row.external_id:
        yield f"external {held.external_key(row.external_id)}"


def _lines_of(contact: HeldContact) -> Iterator[str]:
    return (f"line {point.line.key}" for point in contact.points if point.line.key)


def _state(contact: HeldContact) -> dict[str, Any]:
    seen = contact.last_interaction_at
    return {
        "id": contact.id,
        "profile": contact.profile,
        "status": contact.status,
        "seen": seen and seen.isoformat(),
        "said": sorted(contact.said),
        "collected": contact.collected and contact.collected.isoformat(),
        "external": contact.external,
        "points": [
            [p.line.key, p.line.id, p.extension, p.label, p.is_primary, p.id, p.traced, sorted(p.notes)]
            for p in contact.points
        ],
    }


def _restore(held: Held, number: int, state: dict[str, Any]) -> None:
    """Bring a contact to where the earlier rows have brought it, or add it."""
    contact = held.contacts.get(state["id"]) or HeldContact({}, state["status"], id=state["id"])
    contact.number, contact.profile = number, state["profile"]
    contact.last_interaction_at = state["seen"] and datetime.fromisoformat(state["seen"])
    contact.said = set(state["said"])
    contact.collected = state["collected"] and datetime.fromisoformat(state["collected"])
    if contact.id is not None:
        held.contacts[contact.id] = contact
    for key, line_id, extension, label, is_primary, pk, traced, notes in state["points"]:
        point = next((p for p in contact.points if p.id == pk), None) if pk else None
        if point is None:
            line = held.lines.get(key) or HeldLine(key, line_id)
            if key:
                held.lines[key] = line
            point = HeldPoint(contact, line, extension, is_primary=is_primary, id=pk)
            contact.points.append(point)
            line.points.append(point)
        point.label, point.traced, point.notes = label, traced, set(notes)
    held.index(contact)
    contact.external = state["external"]
    for key in contact.external:
        held.know(contact, key)
