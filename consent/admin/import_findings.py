"""What a preview or a report says of a batch: counts, what is wrong by kind, what would change, and what follows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from consent.rules.times import notice_due_at
from crm.faults import message
from crm.imports import mapping, upload
from crm.imports.chunks import SAMPLED_ROWS
from crm.imports.glance import first_rows, shown
from crm.imports.preparing import prepare
from crm.imports.reading import UnreadableFile
from crm.models import Contact, ImportBatch, Outcome
from crm.theme import timed_day

FAULTS_SHOWN, LINES_SHOWN = 200, 5
MATCHED = {"line": _("the same number"), "email": _("the same e-mail"), "external_id": _("the source's id")}
FLAGS = {
    "premium_rate": _("Premium-rate numbers: wait for a yes"),
    "shared_line": _("Numbers that many people share: wait for a yes"),
    "reserved": _("Numbers reserved for examples: imported, never sent to"),
}
NOTED = {
    "opted_out": _("People who say no: suppressed before anything else"),
    "consents": _("Consents with their evidence"),
    "claims": _("Consents that are only claimed: they permit nothing"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Faults of one kind: its code, what it means, how many, and the first lines."""

    code: str
    words: str
    count: int
    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A contact that the file would change: where it stands, how it was found, and (field, old, new)."""

    line: int
    contact: int
    reason: str
    changes: Sequence[tuple[str, str, str]]


def of(batch: ImportBatch, *, at: datetime) -> dict[str, Any]:
    """Return what the page of a batch shows of what was found, as of `at` (aware)."""
    first = faults(batch)
    found = {
        "counts": counts(batch),
        "kinds": kinds(batch),
        "faults": first[:FAULTS_SHOWN],
        "more_faults": len(first) > FAULTS_SHOWN,
    }
    if batch.stage != ImportBatch.Stage.PREVIEWED:
        return found
    return found | {
        "previewed": True,
        "seen": seen(batch),
        "noted": noted(batch),
        "matches": matches(batch),
        "samples": samples(batch),
        "notice_due": notice_due(batch, at=at),
        "before": upload.imported_before(batch),
    }


def seen(batch: ImportBatch) -> str:
    """Return a digest of what a preview was made of and says: whoever confirms it confirms this and no other."""
    told = [batch.mapping, batch.region, batch.overwrite, batch.accept_flagged, batch.counts, batch.preview]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def counts(batch: ImportBatch) -> list[tuple[str, int]]:
    """Return how many rows had each outcome, always in the same order; nothing before they were counted."""
    return [(str(outcome.label), batch.counts.get(outcome, 0)) for outcome in Outcome] if batch.counts else []


def faults(batch: ImportBatch) -> list[tuple[int, str, str]]:
    """Return the first faults as (line, column, words), one more than are shown where there are more."""
    return [(each.line, each.column, message(each.code)) for each in batch.faults.all()[: FAULTS_SHOWN + 1]]


def kinds(batch: ImportBatch) -> list[Kind]:
    """Return the faults by kind, the most frequent first."""
    found = batch.faults.order_by().values_list("code").annotate(number=Count("pk")).order_by("-number", "code")
    return [
        Kind(
            code,
            message(code),
            number,
            list(batch.faults.filter(code=code).values_list("line", flat=True)[:LINES_SHOWN]),
        )
        for code, number in found
    ]


def noted(batch: ImportBatch) -> list[tuple[str, int]]:
    """Return the flags, and what the file says of consent, as (words, how many)."""
    flags = batch.preview.get("flags", {})
    return [(str(words), flags[code]) for code, words in FLAGS.items() if flags.get(code)] + [
        (str(words), batch.preview[name]) for name, words in NOTED.items() if batch.preview.get(name)
    ]


def matches(batch: ImportBatch) -> list[tuple[str, int]]:
    """Return how many rows are of people whom we hold, by how they were recognised."""
    found = batch.preview.get("matched", {})
    return [(str(words), found[reason]) for reason, words in MATCHED.items() if found.get(reason)]


def notice_due(batch: ImportBatch, *, at: datetime) -> str:
    """Return by when people must be told if the batch is committed at `at` (aware), or "" where it is not owed.

    GDPR 14(3)(a): within a month, where the data was obtained from somebody else.
    """
    if not batch.source.is_third_party:
        return ""
    return timed_day(notice_due_at(at))


def samples(batch: ImportBatch) -> list[Sample]:
    """Return what would change in some of the contacts that there are, read now: what they hold, and the file."""
    wanted: dict[int, Mapping[str, Any]] = {each["line"]: each for each in batch.preview.get("samples", ())}
    if not wanted:
        return []
    try:
        glance = first_rows(batch, rows=SAMPLED_ROWS)
    except UnreadableFile:
        return []
    columns = {header: batch.mapping[header] for header in glance.headers if header in batch.mapping}
    contacts = Contact.objects.filter(erased_at=None).prefetch_related("points__line")
    held = contacts.in_bulk([each["contact"] for each in wanted.values()])
    found = []
    for row in glance.rows:
        each = wanted.get(row.line)
        contact = held.get(each["contact"]) if each else None
        if not each or not contact:
            continue
        said = prepare(row, glance.headers, columns, region=batch.region or batch.source.default_region)
        new = {name: shown(value, means=None, region=batch.region) for name, value in said.profile.items()}
        new["phone"] = " / ".join(shown(number[0], means="phone", region="") for number in said.numbers)
        changes = [(mapping.title(name), _held(contact, name), new.get(name, "")) for name in each["fields"]]
        # Somebody may have made the change meanwhile.
        changes = [(field, old, now) for field, old, now in changes if old != now]
        found.append(Sample(row.line, contact.pk, str(MATCHED.get(each["matched_by"], "")), changes))
    return found


def _held(contact: Contact, field: str) -> str:
    """Return what a contact holds in a field, shortened; its numbers masked."""
    if field == "phone":
        points = [point for point in contact.points.all() if point.erased_at is None and point.until is None]
        return " / ".join(point.line.masked for point in points if point.line)
    value = getattr(contact, field, "")
    return shown(str(value or ""), means=None, region="")
