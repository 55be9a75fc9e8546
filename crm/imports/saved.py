"""Mappings that are kept: what the columns of a source's files mean, for the next file that has the same ones."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from crm.imports import mapping as columns
from crm.imports.headers import plain
from crm.imports.reading import UnreadableFile
from crm.models import SavedMapping, Source


def remember(
    source: Source, mapping: Mapping[str, str], headers: Sequence[str], *, user_id: int | None, at: datetime
) -> None:
    """Keep a mapping, as checked, for a source's next file with these columns, in place of the one before.

    user_id: who has made it. at: when (aware).
    """
    SavedMapping.objects.update_or_create(
        source=source,
        columns_digest=_digest(headers),
        defaults={"mapping": dict(mapping), "saved_by_id": user_id, "saved_at": at},
    )


def recall(source: Source, headers: Sequence[str], *, fields: Mapping[str, frozenset[str]]) -> dict[str, str] | None:
    """Return the mapping that was kept for a source's files with these columns, if there is one that still holds."""
    kept = SavedMapping.objects.filter(source=source, columns_digest=_digest(headers)).first()
    if kept is None:
        return None
    # The same columns may be written otherwise this time; two that are alike can only be told apart as they stand.
    now = {_compared(header): header for header in headers} | {header: header for header in headers}
    named = {now.get(header, now.get(_compared(header), header)): field for header, field in kept.mapping.items()}
    for header, field in named.items():
        kind, colon, rest = field.partition(":")
        if f"{kind}{colon}" in (columns.LABEL, columns.EXTENSION):
            named[header] = f"{kind}:{now.get(rest, now.get(_compared(rest), rest))}"
    try:
        return columns.checked(named, headers=headers, fields=fields)
    except UnreadableFile:
        return None


def _digest(headers: Sequence[str]) -> str:
    return sha256("\n".join(map(_compared, headers)).encode(errors="replace")).hexdigest()


def _compared(header: str) -> str:
    """Return a header as it is compared; in a script without our letters, as it stands."""
    return plain(header) or header.casefold()
