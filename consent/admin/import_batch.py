"""Imports in the admin: upload, see what would happen, confirm or discard, and see what did."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from consent.admin.import_acts import Undo, send
from consent.resources import EvidenceResource
from crm.admin.act import run_act
from crm.faults import message
from crm.imports import run
from crm.imports.reading import UnreadableFile
from crm.imports.undo import KEPT, REVERSED
from crm.models import Actor, ImportBatch, Outcome, Source
from crm.theme import FileInput, ModelAdmin, ReadOnly, Select, TextInput, badge, display

Stage = ImportBatch.Stage
FAULTS_SHOWN = 200
_COLOURS = {
    Stage.STAGED: "",
    Stage.PREVIEWED: "info",
    Stage.CONFIRMED: "warning",
    Stage.COMMITTED: "success",
    Stage.FAILED: "danger",
    Stage.DISCARDED: "",
    Stage.UNDOING: "warning",
    Stage.UNDONE: "",
}


class UploadForm(forms.Form):
    """A file, and where it comes from."""

    source = forms.ModelChoiceField(
        Source.objects.exclude(kind=Source.Kind.STAFF),
        label=_("Source"),
        widget=Select,
        empty_label=_("Choose a source"),
    )
    region = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Default region"),
        required=False,
        widget=TextInput,
        help_text=_("For numbers without a country code, such as GB. Empty: the source's own."),
    )
    file = forms.FileField(
        label=_("File"),
        widget=FileInput,
        help_text=_(
            "CSV or another text in columns, XLSX, XLS or ODS, with a header row and a phone column; or vCards."
        ),
    )


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, ModelAdmin):
    """Batches are made by uploading, and change by confirming or discarding; nothing else edits them."""

    list_display = ("id", "source", "file_name", "stage_shown", "outcome", "uploaded_by", "created_at")
    list_filter = ("stage", "source")
    list_select_related = ("source", "uploaded_by")
    fields: Sequence[Any] = (
        ("source", "file_name"),
        ("stage_shown", "region"),
        ("uploaded_by", "created_at"),
        ("confirmed_by", "confirmed_at"),
        ("committed_at", "rows_total"),
        ("undone_by", "undone_at"),
        "columns",
        "fingerprint",
    )
    readonly_fields = ("stage_shown", "columns", "fingerprint")
    change_form_outer_before_template = "admin/import/outcome.html"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Uploading needs the right to add batches and the right to import."""
        return request.user.has_perms(["crm.add_importbatch", "crm.import_contacts"])

    def get_urls(self) -> list[URLPattern]:
        """Add the two acts that take POST only, and the one that asks before."""
        acts = [
            path(
                f"<int:batch_id>/{act.__name__}/",
                self.admin_site.admin_view(require_POST(act)),
                name=f"crm_importbatch_{act.__name__}",
            )
            for act in (self.confirm, self.discard)
        ]
        undoing = self.admin_site.admin_view(self.undo)
        return [*acts, path("<path:object_id>/undo/", undoing, name="crm_importbatch_undo"), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Sequence[Any]:
        """Show the error of a failed import first."""
        fields = self.fields
        if isinstance(obj, ImportBatch) and obj.error:
            fields = ("error", *fields)
        return [(None, {"fields": fields})]

    @display(description=_("stage"))
    def stage_shown(self, batch: ImportBatch) -> str:
        """Return the stage as a label."""
        return badge(batch.get_stage_display(), _COLOURS[Stage(batch.stage)])

    @display(description=_("outcome"))
    def outcome(self, batch: ImportBatch) -> str:
        """Return the counts that are not zero, in words."""
        return ", ".join(f"{number} {label.lower()}" for label, number in _counts(batch) if number) or "—"

    @display(description=_("SHA-256 of the file"))
    def fingerprint(self, batch: ImportBatch) -> str:
        """Return the file's digest in groups, which a page can break."""
        return " ".join(batch.digest[start : start + 8] for start in range(0, len(batch.digest), 8))

    @display(description=_("columns"))
    def columns(self, batch: ImportBatch) -> str:
        """Return which column was read as which field."""
        return ", ".join(f"{header} → {field}" for header, field in batch.mapping.items())

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take in a file and show what importing it would do."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            batch = self._upload(request, form)
            if batch:
                return HttpResponseRedirect(reverse("admin:crm_importbatch_change", args=[batch.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import contacts"),
            "opts": self.opts,
            "form": form,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/import/upload.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a batch: its counts, its faults, and what may be done with it now."""
        batch = ImportBatch.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        context: dict[str, Any] = {}
        if batch:
            faults = batch.faults.all()[: FAULTS_SHOWN + 1]
            context = {
                "batch": batch,
                "counts": _counts(batch),
                "faults": [(each.line, each.column, message(each.code)) for each in faults[:FAULTS_SHOWN]],
                "more_faults": len(faults) > FAULTS_SHOWN,
                "may_decide": batch.stage == Stage.PREVIEWED and self.has_add_permission(request),
                "under_way": batch.stage == Stage.CONFIRMED,
                "may_undo": batch.stage == Stage.COMMITTED and request.user.has_perm(Undo.permission),
                "being_undone": batch.stage == Stage.UNDOING,
                "undone": [*_told(batch, "reversed", REVERSED), *_told(batch, "kept", KEPT)],
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def confirm(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Release a batch for committing. The second of two people who confirm at once is told so."""
        batch = self._batch(request, batch_id)
        try:
            with transaction.atomic():
                run.confirm(batch, actor=_actor(request), at=timezone.now())
                transaction.on_commit(partial(send, batch.pk))
        except run.AlreadyConfirmed as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Import %(id)s is confirmed; its rows are being stored.") % {"id": batch.pk})
        return HttpResponseRedirect(reverse("admin:crm_importbatch_change", args=[batch_id]))

    def discard(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Give a batch up and delete its file."""
        batch = self._batch(request, batch_id)
        try:
            run.discard(batch)
        except run.AlreadyConfirmed as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Import %(id)s is discarded and its file deleted.") % {"id": batch.pk})
        return HttpResponseRedirect(reverse("admin:crm_importbatch_change", args=[batch_id]))

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a batch is to be undone, and release it for that."""
        return run_act(self, request, object_id, Undo)

    def _batch(self, request: HttpRequest, batch_id: int) -> ImportBatch:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportBatch, pk=batch_id)

    def _upload(self, request: HttpRequest, form: UploadForm) -> ImportBatch | None:
        upload, now = form.cleaned_data["file"], timezone.now()
        try:
            batch = run.stage(
                upload.chunks(),
                file_name=upload.name,
                source=form.cleaned_data["source"],
                region=form.cleaned_data["region"].upper(),
                resource=EvidenceResource,
                actor=_actor(request),
                at=now,
            )
            run.preview(batch, resource=EvidenceResource, actor=_actor(request), at=now)
        except UnreadableFile as error:
            form.add_error("file", str(error))
            return None
        if before := run.imported_before(batch):
            messages.warning(request, _("This very file was imported before: see import %(id)s.") % {"id": before.pk})
        return batch


def _counts(batch: ImportBatch) -> list[tuple[str, int]]:
    """Return how many rows had each outcome, always in the same order; nothing before they were counted."""
    return [(str(outcome.label), batch.counts.get(outcome, 0)) for outcome in Outcome] if batch.counts else []


def _told(batch: ImportBatch, does: str, words: Mapping[str, Any]) -> list[str]:
    """Return what an undo reversed or kept, in words."""
    counts = batch.undone.get(does, {})
    prefix = gettext("Kept: ") if does == "kept" else ""
    return [f"{prefix}{counts[name]} {word}" for name, word in words.items() if name in counts]


def _actor(request: HttpRequest) -> Actor:
    return Actor.staff(request.user)  # type: ignore[arg-type]
