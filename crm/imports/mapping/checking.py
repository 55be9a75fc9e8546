"""Checking a mapping that somebody has made, before anything is read by it."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext_noop as _

from crm import phones
from crm.imports.mapping.fields import EXTENSION, LABEL, PHONE, PHONES_JSON, SEVERAL, is_phone, may_repeat
from crm.imports.reading import UnreadableFile

_LONGEST_LABEL = 60


def checked(
    mapping: Mapping[str, str], *, headers: Sequence[str], fields: Mapping[str, frozenset[str]]
) -> dict[str, str]:
    """Return a mapping of header to field in the order of the file, without the columns that mean nothing.

    Raises UnreadableFile for a column that the file has not got, a field that there is not, one that two columns
    mean, a label or an extension of what is no phone column, and when no column holds phone numbers.
    """
    wanted = {header: field for header, field in mapping.items() if field}
    for header, field in wanted.items():
        if header not in headers or not header:
            raise UnreadableFile(_("The file has no column %(column)s."), column=header)
        _check_field(header, field, wanted, fields)
    ordered = {header: wanted[header] for header in headers if header in wanted}
    refuse_twice(ordered)
    if not any(map(is_phone, ordered.values())):
        raise UnreadableFile(_("No column is said to hold phone numbers."))
    return ordered


def refuse_twice(mapping: Mapping[str, str]) -> None:
    """Raise UnreadableFile for two columns that mean the same field, where only one may."""
    first: dict[str, str] = {}
    for header, field in mapping.items():
        if not may_repeat(field) and field in first:
            raise UnreadableFile(
                _("The columns %(first)s and %(second)s both mean %(field)s."),
                first=first[field],
                second=header,
                field=field,
            )
        first[field] = header


def _check_field(header: str, field: object, mapping: Mapping[str, str], fields: Mapping[str, frozenset[str]]) -> None:
    """Raise UnreadableFile when a column cannot mean this."""
    if not isinstance(field, str):
        raise UnreadableFile(_("The field of the column %(column)s is no text."), column=header)
    kind, colon, rest = field.partition(":")
    if kind == PHONE and colon:
        # A label is kept with the batch: no number may stand in it.
        if len(rest) > _LONGEST_LABEL or phones.mentions_number(rest):
            raise UnreadableFile(_("The label of the column %(column)s is no label."), column=header)
    elif field.startswith((LABEL, EXTENSION)):
        if not is_phone(mapping.get(rest)) or mapping[rest] == PHONES_JSON:
            raise UnreadableFile(
                _("The column %(column)s belongs to %(phone)s, which is no phone column."), column=header, phone=rest
            )
    elif field not in fields and field not in SEVERAL:
        raise UnreadableFile(
            _("The column %(column)s cannot mean %(field)s: there is no such field."), column=header, field=field
        )
