"""The first page of an import: a file, and where it comes from. The file is staged, and nothing is stored of it."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.resources import EvidenceResource
from crm.imports import upload as uploads
from crm.imports.reading import UnreadableFile
from crm.models import Actor, ImportBatch, Source
from crm.theme import FileInput, Select, TextInput


class RegionField(forms.RegexField):
    """The region by which national numbers are read."""

    def __init__(self) -> None:
        super().__init__(
            r"^[A-Za-z]{2}$",
            label=_("Default region"),
            required=False,
            widget=TextInput,
            help_text=_("For numbers without a country code, such as GB. Empty: the source's own."),
        )


class UploadForm(forms.Form):
    """A file, and where it comes from."""

    source = forms.ModelChoiceField(
        Source.objects.exclude(kind=Source.Kind.STAFF),
        label=_("Source"),
        widget=Select,
        empty_label=_("Choose a source"),
    )
    region = RegionField()
    file = forms.FileField(
        label=_("File"),
        widget=FileInput,
        help_text=_(
            "CSV or another text in columns, XLSX, XLS or ODS, with a header row and a phone column; or vCards."
        ),
    )


def take_in(request: HttpRequest, form: UploadForm) -> ImportBatch | None:
    """Stage the file of a valid form and return its batch; or note on the form why it is refused."""
    upload: Any = form.cleaned_data["file"]
    try:
        return uploads.stage(
            upload.chunks(),
            file_name=upload.name,
            source=form.cleaned_data["source"],
            region=form.cleaned_data["region"],
            resource=EvidenceResource,
            actor=Actor.staff(request.user),  # type: ignore[arg-type]
            at=timezone.now(),
            to_be_corrected=True,
        )
    except UnreadableFile as error:
        form.add_error("file", str(error))
        return None
