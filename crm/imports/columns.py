"""What the columns of a source's file mean: as somebody has told it, as it was kept, or as it seems."""

from collections.abc import Mapping, Sequence

from crm.imports import mapping, presets, saved
from crm.models import Source


def of(
    headers: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    source: Source,
    fields: Mapping[str, frozenset[str]],
    told: Mapping[str, str] | None = None,
    preset: str = "",
    region: str = "",
    to_be_corrected: bool = False,
) -> tuple[dict[str, str], str]:
    """Return field by header, and the program that the file is of, or "".

    sample: the cells of the first rows. told: what somebody says the columns mean. preset: the program that wrote
    the file; without it, what was kept for the source's files with these columns comes before what they seem to
    mean. region: by which national numbers are read. to_be_corrected: whether somebody will look at it before
    anything is imported; then columns that say too little are no reason to refuse the file. Raises UnreadableFile.
    """
    program = presets.by_name(preset) if preset else presets.recognise(headers)
    name = program.name if program else ""
    if told is not None:
        return mapping.checked(told, headers=headers, fields=fields), name
    kept = None if preset else saved.recall(source, headers, fields=fields)
    if kept is not None:
        return kept, name
    proposal = mapping.propose(
        headers,
        sample,
        fields=fields,
        preset=preset or None,
        region=region or None,
        to_be_corrected=to_be_corrected,
    )
    return proposal.mapping(), proposal.preset
