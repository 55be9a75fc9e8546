"""The formats in which people are taken out, by name."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.exports import delimited, vcard, xlsx
from crm.exports.xlsx import TooMany

__all__ = ["FORMATS", "Format", "TooMany"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for people, the ending of its files, its media type, and what writes it."""

    title: str | Promise
    ending: str
    media_type: str
    write: Callable[..., None]


FORMATS = {
    "csv": Format(_("CSV"), "csv", "text/csv; charset=utf-8", delimited.write),
    "xlsx": Format(
        _("Excel workbook (XLSX)"),
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        xlsx.write,
    ),
    "vcard": Format(_("vCard 4.0"), "vcf", "text/vcard; charset=utf-8", vcard.write),
}
