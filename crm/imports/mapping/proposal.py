"""What the columns of a file seem to mean: as its program means them, by their names, by what they hold."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from crm.imports import presets
from crm.imports.headers import plain, words
from crm.imports.mapping.cells import label_of
from crm.imports.mapping.checking import refuse_twice
from crm.imports.mapping.contents import held_in
from crm.imports.mapping.fields import EXTENSION, FIELDS, LABEL, NAME, ONE_IS_ENOUGH, PHONE, is_phone, may_repeat
from crm.imports.mapping.names import means_something_else, meant_by
from crm.imports.reading import UnreadableFile

PRESET, BY_NAME, ALIKE, CONTENT = "preset", "name", "alike", "content"
_LABEL_COLUMN = re.compile(r"^(.*?)\s*-\s*(?:label|type)$", re.IGNORECASE)
_EXTENSION_WORDS = frozenset({"extension", "ext"})
_SAYS_PHONE = frozenset({"", "phone", "telephone", "tel"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file and the field that it seems to mean, or "" for none.

    fill: the share of the sample's rows in which it says something. why: "preset", "name" or "content".
    """

    header: str
    field: str
    fill: float
    why: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a file's columns seem to mean. preset: the program that wrote it, or ""."""

    preset: str
    columns: Sequence[Column]

    def mapping(self) -> dict[str, str]:
        """Return field by header in the order of the file, without the columns that mean nothing."""
        return {column.header: column.field for column in self.columns if column.field}


def propose(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    fields: Mapping[str, frozenset[str]],
    preset: str | None = None,
    region: str | None = None,
    to_be_corrected: bool = False,
) -> Proposal:
    """Return what each column seems to mean.

    rows: the cells of the first rows. preset: the program that wrote the file, by its name; else it is recognised.
    region: by which the file's national numbers are read. to_be_corrected: whether somebody will look at it before
    anything is imported. Raises UnreadableFile when there is no such preset; else also when no column holds phone
    numbers, or two headers are names of the same field.
    """
    program = presets.by_name(preset) if preset else presets.recognise(headers)
    if preset and program is None:
        raise UnreadableFile(_("There is no preset %(name)s."), name=preset)
    sample = list(rows)
    cells = {header: [row[at] if at < len(row) else "" for row in sample] for at, header in enumerate(headers)}
    fill = {header: _share(cells[header]) for header in headers}
    said = program.means(headers) if program else {}
    meant: dict[str, tuple[str, str]] = {}
    for header in filter(None, headers):
        if header in said:
            meant[header] = said[header], PRESET
        else:
            field, sure = meant_by(header, fields)
            meant[header] = field, BY_NAME if sure else ALIKE
    if program is None and not to_be_corrected:
        certain = {header: field for header, (field, why) in meant.items() if field and why == BY_NAME}
        refuse_twice({header: field for header, field in certain.items() if field not in ONE_IS_ENOUGH})
    chosen = _one_each(meant, fill)
    for header, (field, _why) in meant.items():
        if not field and header not in said and not means_something_else(header):
            guess = held_in(cells[header], fields, region=region or None)
            if guess and (may_repeat(guess) or all(guess != taken for taken, _why in chosen.values())):
                chosen[header] = guess, CONTENT
    mapping = {header: field for header, (field, _why) in chosen.items()}
    beside = _labels(headers, mapping)
    beside |= _extensions(headers, mapping | beside) | _part_of_name(cells, mapping)
    chosen |= {header: (field, chosen.get(header, ("", BY_NAME))[1]) for header, field in beside.items()}
    if not to_be_corrected and not any(is_phone(field) for field, _why in chosen.values()):
        raise UnreadableFile(
            _("The file has no phone column; its columns are: %(columns)s."), columns=", ".join(headers)
        )
    return Proposal(
        program.name if program else "",
        tuple(
            Column(header, field, fill[header], BY_NAME if why == ALIKE else why)
            for header in headers
            for field, why in [chosen.get(header, ("", ""))]
        ),
    )


def detect(headers: Sequence[str], *, fields: Mapping[str, frozenset[str]] = FIELDS) -> dict[str, str]:
    """Return field by header for the headers that are recognised. Raises UnreadableFile, as `propose` does."""
    return propose(headers, (), fields=fields).mapping()


def _share(cells: Sequence[str]) -> float:
    return sum(bool(cell.strip()) for cell in cells) / len(cells) if cells else 0.0


def _one_each(meant: Mapping[str, tuple[str, str]], fill: Mapping[str, float]) -> dict[str, tuple[str, str]]:
    """Return the columns that mean something, of each field the one that is surest and then the fullest."""
    surest = (PRESET, BY_NAME, ALIKE)
    best: dict[str, str] = {}
    for header, (field, why) in meant.items():
        rank = (surest.index(why), -fill[header])
        if field not in best or rank < (surest.index(meant[best[field]][1]), -fill[best[field]]):
            best[field] = header
    return {
        header: (field, why)
        for header, (field, why) in meant.items()
        if field and (may_repeat(field) or ":" in field or best[field] == header)
    }


def _labels(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what "Phone 1 - Label" and "Phone 1 - Type" mean beside "Phone 1" or "Phone 1 - Value"."""
    found: dict[str, str] = {}
    for header in headers:
        stem = _LABEL_COLUMN.match(header)
        for phone in (stem.group(1), f"{stem.group(1)} - Value") if stem else ():
            if mapping.get(phone) == PHONE:
                # A label that is left out is none: "value" says nothing.
                found |= {header: f"{LABEL}{phone}", phone: f"{PHONE}:{label_of(phone.removesuffix(' - Value'))}"}
    return found


def _extensions(headers: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what "Work Phone Ext" means beside "Work Phone", and "Extension" beside a lone phone column."""
    phones = [header for header, field in mapping.items() if is_phone(field)]
    found: dict[str, str] = {}
    for header in headers:
        parts = words(header)
        if header in mapping or not _EXTENSION_WORDS & set(parts):
            continue
        stem = "".join(part for part in parts if part not in _EXTENSION_WORDS)
        owners = [phone for phone in phones if plain(phone) in (stem, f"{stem}phone")]
        if not owners and stem in _SAYS_PHONE:
            owners = phones
        if len(owners) == 1 and f"{EXTENSION}{owners[0]}" not in found.values():
            found[header] = f"{EXTENSION}{owners[0]}"
    return found


def _part_of_name(cells: Mapping[str, Sequence[str]], mapping: Mapping[str, str]) -> dict[str, str]:
    """Return what "Name" means beside "Vorname", or "Nome" beside "Cognome": the other part, unless it repeats it."""
    named = {field: header for header, field in mapping.items()}
    parts = [field for field in ("given_name", "family_name") if field in named]
    if NAME not in named or len(parts) != 1:
        return {}
    pairs = zip(cells[named[NAME]], cells[named[parts[0]]], strict=True)
    both = [(name.casefold(), part.casefold().strip()) for name, part in pairs if name.strip() and part.strip()]
    if not both or 2 * sum(part in name for name, part in both) >= len(both):
        return {}
    return {named[NAME]: "family_name" if parts[0] == "given_name" else "given_name"}
