"""Whether what stands in all tables after a fault follows from what stood there before.

The auditor knows nothing of how an erasure works: only which points were due, what `privacy` declares of each model,
and which rows belong to whom. At any moment a point is whole, with every row of it as it was, or it is erased, with
every row of it blank and one receipt; whatever belongs to nobody who is erased is as it was.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models

from consent import journal
from consent.models import Evidence, Receipt, Suppression
from consent.rules.retention import Action
from crm.models import AnonymousCount, Contact, ContactPoint, PhoneNumber, Provenance
from crm.models.history import HistoryRow
from tests.faults.counting import Verdict
from tests.faults.snapshot import BOOKS, Owner, Row, Snapshot


def _personal(model: type[models.Model]) -> dict[str, Any]:
    """Return the blanks that are written over a row of the model, by column."""
    if model is LogEntry:
        return {"object_repr": "erased", "change_message": ""}
    if issubclass(model, HistoryRow):
        of: Any = model
        personal = dict(of.instance_type.privacy.personal)
        # Where the rest says nothing of a person, as in a consent, the reason is a code of ours.
        personal |= HistoryRow.privacy.personal if personal else {}
    else:
        personal = dict(getattr(getattr(model, "privacy", None), "personal", {}))
    return {model._meta.get_field(name).attname: blank for name, blank in personal.items()}


def gone(before: Snapshot, erased: Iterable[int], after: Snapshot | None = None) -> frozenset[Owner]:
    """Return what goes with these points: themselves, and the lines and contacts at which nobody else is.

    after: where somebody may have come meanwhile.
    """
    erased = set(erased)
    known = before.points | (after.points if after else {})
    left = [row for pk, row in known.items() if row["erased_at"] is None and pk not in erased]
    lines, contacts = {row["line_id"] for row in left}, {row["contact_id"] for row in left}
    going = [before.points[pk] for pk in erased]
    return frozenset(
        {(ContactPoint, pk) for pk in erased}
        | {(PhoneNumber, row["line_id"]) for row in going if row["line_id"] not in lines}
        | {(Contact, row["contact_id"]) for row in going if row["contact_id"] not in contacts}
    )


def audit(
    before: Snapshot,
    after: Snapshot,
    due: Mapping[int, Action],
    *,
    finished: bool,
    chunk: int | None = None,
    newcomers: bool = False,
    changed: frozenset[str] = frozenset(),
) -> Verdict:
    """Return what is amiss in `after`, where exactly the points `due` may have been erased since `before`.

    finished: whether all of them must be. chunk: how many of them, in order of id, go in one transaction. newcomers:
    whether others wrote meanwhile, so that there may be new rows. changed: labels of models whose rows they changed.
    """
    found = Verdict()
    standing = {pk for pk, row in before.points.items() if row["erased_at"] is None}
    erased = {pk for pk in standing if pk not in after.points or after.points[pk]["erased_at"] is not None}
    found.lost += [f"point {pk} was erased and is not due" for pk in sorted(erased - due.keys())]
    if finished:
        found.lost += [f"point {pk} is due and was left" for pk in sorted(due.keys() - erased)]
    away = gone(before, erased, after)
    if before.checksum(away, changed) != after.checksum(away, changed):
        _bystanders(before, after, away, found, changed=changed, newcomers=newcomers)
    _blanks(after, away, found)
    _receipts(after, erased, standing, found)
    _suppressions(after, away, found)
    _counts(before, after, {pk for pk in erased if due.get(pk) is Action.ANONYMIZE}, found)
    _numbers(before, after, away, found)
    if chunk:
        order = sorted(due)
        for at in range(0, len(order), chunk):
            part = erased.intersection(order[at : at + chunk])
            if 0 < len(part) < len(order[at : at + chunk]):
                found.half_erased.append(f"of the chunk at {order[at]} only {len(part)} points are erased")
    return found


def _bystanders(
    before: Snapshot,
    after: Snapshot,
    away: frozenset[Owner],
    found: Verdict,
    *,
    changed: frozenset[str],
    newcomers: bool,
) -> None:
    for model, rows in before.rows.items():
        if model._meta.label in BOOKS | changed:
            continue
        for pk, row in rows.items():
            if not before.owners[model, pk] & away and after.rows[model].get(pk) != row:
                found.lost.append(f"{model._meta.label} {pk} of a bystander was changed")
        for pk in () if newcomers else after.rows[model].keys() - rows.keys():
            if not after.owners[model, pk] & away:
                found.back.append(f"{model._meta.label} {pk} is new")


def _blanks(after: Snapshot, away: frozenset[Owner], found: Verdict) -> None:
    for model in after.rows:
        if personal := _personal(model):
            for pk, row in after.table(model).items():
                if not after.owners[model, pk] & away:
                    continue
                said = [name for name, blank in personal.items() if row[name] not in (blank, "", None)]
                if said or model is Evidence:
                    found.half_erased.append(f"{model._meta.label} {pk} still says {', '.join(said)}")


def _receipts(after: Snapshot, erased: set[int], standing: set[int], found: Verdict) -> None:
    of_points = (row["point_id"] for row in after.table(Receipt).values())
    receipts = Counter(pk for pk in of_points if pk in standing)
    found.half_erased += [f"point {pk} has no receipt" for pk in sorted(erased - receipts.keys())]
    found.half_erased += [f"point {pk} has a receipt and stands" for pk in sorted(receipts.keys() - erased)]
    found.doubled += [f"point {pk} has {many} receipts" for pk, many in receipts.items() if many > 1]


def _suppressions(after: Snapshot, away: frozenset[Owner], found: Verdict) -> None:
    holds = Counter(
        row["line_id"]
        for row in after.table(Suppression).values()
        if row["extent"] == Suppression.Extent.HOLD and row["lifted_at"] is None
    )
    for model, pk in away:
        if model is PhoneNumber:
            if not holds[pk]:
                found.half_erased.append(f"line {pk} was erased and is not suppressed")
            elif holds[pk] > 1:
                found.doubled.append(f"line {pk} is suppressed {holds[pk]} times")


def _counts(before: Snapshot, after: Snapshot, anonymized: set[int], found: Verdict) -> None:
    """Compare the anonymous counts with what the erased points were."""
    lines, kinds = before.table(PhoneNumber), {row["id"]: row["kind"] for row in _sources(before)}
    first: dict[int, tuple[datetime, int, str]] = {}
    for pk, row in before.table(Provenance).items():
        known = (row["obtained_at"], pk, kinds[row["source_id"]])
        first[row["point_id"]] = min(known, first.get(row["point_id"], known))
    expected: Counter[Row] = Counter(
        (
            lines[before.points[pk]["line_id"]]["region"],
            lines[before.points[pk]["line_id"]]["line_type"],
            first[pk][0].date().replace(day=1),
            first[pk][2],
        )
        for pk in anonymized
    )
    counted = _anonymous(after)
    counted.subtract(_anonymous(before))
    for facts in expected.keys() | counted.keys():
        if counted[facts] > expected[facts]:
            found.doubled.append(f"{counted[facts] - expected[facts]} anonymized points too many are counted")
        elif counted[facts] < expected[facts]:
            found.half_erased.append(f"{expected[facts] - counted[facts]} anonymized points are not counted")


def _sources(snapshot: Snapshot) -> Sequence[dict[str, Any]]:
    return list(snapshot.table(apps.get_model("crm", "Source")).values())


def _anonymous(snapshot: Snapshot) -> "Counter[Row]":
    return Counter(
        {
            (row["region"], row["line_type"], row["month"], row["source_kind"]): row["count"]
            for row in snapshot.table(AnonymousCount).values()
        }
    )


def _numbers(before: Snapshot, after: Snapshot, away: frozenset[Owner], found: Verdict) -> None:
    """Look for the national digits of every erased number in every value of every row."""
    everything = repr([list(rows.items()) for rows in after.rows.values()])
    for pk, digits in digits_of(before, away).items():
        if digits in everything:
            found.back.append(f"the number of line {pk} stands in a table")


def digits_of(before: Snapshot, away: frozenset[Owner]) -> dict[int, str]:
    """Return the national digits of the lines that are gone, by id."""
    lines = before.table(PhoneNumber)
    return {pk: str(lines[pk]["number"])[-10:] for model, pk in away if model is PhoneNumber and lines[pk]["number"]}


def in_files(before: Snapshot, due: Iterable[int], files: Iterable[Path]) -> Verdict:
    """Return whether the digits of a number that must be gone stand anywhere in the bytes of these files."""
    found = Verdict()
    digits = digits_of(before, gone(before, due))
    for file in files:
        content = file.read_bytes()
        found.back += [
            f"the number of line {pk} stands in the bytes of {file.suffix or file.name}"
            for pk, each in digits.items()
            if each.encode() in content
        ]
    return found


def in_journal(before: Snapshot, after: Snapshot) -> Verdict:
    """Return what the journal of erasures does not know of, and what is wrong with it: read as text, line by line."""
    path = Path(settings.JOURNAL_PATH)
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = {point[0] for line in lines for point in line.get("points", [])}
    erased = {pk for pk, row in after.points.items() if row["erased_at"] and not before.points[pk]["erased_at"]}
    found = Verdict(lost=[f"the journal does not know of point {pk}" for pk in sorted(erased - known)])
    found.lost += [f"record {fault.seq} of the journal: {fault.code}" for fault in journal.verify()]
    return found
