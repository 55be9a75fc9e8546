"""The upload: a file is staged, looked at in a child process, and becomes a batch whose columns mean something."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePath

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _

from crm import phones
from crm.imports import child, staging
from crm.imports import columns as meant
from crm.imports.reading import UnreadableFile
from crm.imports.resource import ContactResource
from crm.models import Actor, ImportBatch, Source

# So many rows show what a column holds.
SAMPLE = 1000


def stage(
    content: Iterable[bytes],
    *,
    file_name: str,
    source: Source,
    resource: type[ContactResource],
    actor: Actor,
    at: datetime,
    region: str = "",
    columns: Mapping[str, str] | None = None,
    preset: str = "",
    overwrite: bool = False,
    accept_flagged: bool = False,
    to_be_corrected: bool = False,
) -> ImportBatch:
    """Take in a file from `source` and return its batch, with what its columns mean.

    region: by which to read numbers without a country code, else the source's. columns: field by header, for a
    file whose columns somebody has told; preset: the program that wrote it. Else they are what was kept for the
    source's files with these columns, or what they seem to be. overwrite, accept_flagged: see ImportBatch.
    to_be_corrected: whether somebody will look at the columns before anything is imported. Raises UnreadableFile.
    """
    region = known_region(region or source.default_region)
    # A name that is no UTF-8 comes from the file system with halves of characters.
    name = PurePath(file_name).name.encode(errors="replace").decode()[:200]
    if phones.mentions_number(name, region=region or None):
        raise UnreadableFile(_("The file's name holds a phone number; give it another name."))
    staged_name, digest = staging.keep(content)
    most = settings.IMPORT_MAX_ROWS
    try:
        path = str(staging.directory() / staged_name)
        with child.running("crm.imports.reading.blocks:look", path=path, sample=SAMPLE, most=most) as items:
            file_format, encoding, delimiter, headers = next(items)
            # The headers are kept: were they somebody's data, their number would stand in a second place.
            if any(phones.mentions_number(header, region=region or None) for header in headers):
                raise UnreadableFile(_("The first row holds a phone number: it should name the columns."))
            meaning, program = meant.of(
                headers,
                next(items),
                source=source,
                fields=resource.FIELDS,
                told=columns,
                preset=preset,
                region=region,
                to_be_corrected=to_be_corrected,
            )
            # Read to the end before anything is written: a file that breaks off half-way is refused whole.
            *_so_far, total = items
        if not total:
            raise UnreadableFile(_("The file has no rows below its header."))
        if total > most:
            raise UnreadableFile(_("The file has more than %(limit)s rows."), limit=most)
        return ImportBatch.objects.create(
            source=source,
            file_name=name,
            digest=digest,
            region=region,
            mapping=meaning,
            preset=program,
            rows_total=total,
            format=file_format,
            encoding=encoding,
            delimiter=delimiter,
            overwrite=overwrite,
            accept_flagged=accept_flagged,
            staged_name=staged_name,
            actor=actor.name,
            uploaded_by_id=actor.user_id,
            created_at=at,
        )
    except BaseException:
        staging.drop(staged_name)
        raise


def known_region(region: str) -> str:
    """Return a region in capitals, or nothing for none. Raises UnreadableFile when there is no such region."""
    region = region.upper()
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        raise UnreadableFile(
            _("There is no region %(region)s to read its numbers by; write it as in GB."), region=region
        )
    return region


def imported_before(batch: ImportBatch) -> ImportBatch | None:
    """Return the last batch that committed the same file from the same source, if there is one."""
    same = ImportBatch.objects.filter(source=batch.source_id, digest=batch.digest, stage=ImportBatch.Stage.COMMITTED)
    return same.exclude(pk=batch.pk).order_by("-pk").first()
