"""Imports in the admin: upload, say what the columns mean, see what would happen, confirm, and see what did."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from consent.admin import import_findings as findings
from consent.admin import import_progress as progress
from consent.admin.import_acts import Undo, may_fetch_rejected, send
from consent.admin.import_columns import ColumnsForm, facts, glance_at
from consent.admin.import_upload import UploadForm, take_in
from crm.admin.act import run_act
from crm.imports import mapping, rejected, run, steps, upload
from crm.imports.reading import UnreadableFile
from crm.models import Actor, ImportBatch
from crm.theme import ModelAdmin, ReadOnly, badge, display

Stage = ImportBatch.Stage
_COLOURS = {
    Stage.STAGED: "",
    Stage.PREVIEWING: "warning",
    Stage.PREVIEWED: "info",
    Stage.CONFIRMED: "warning",
    Stage.COMMITTED: "success",
    Stage.FAILED: "danger",
    Stage.DISCARDED: "",
    Stage.UNDOING: "warning",
    Stage.UNDONE: "",
}


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnly, ModelAdmin):
    """Batches are made by uploading, and change by confirming or discarding; nothing else edits them."""

    empty_hint = _(
        "Nothing was imported yet. Add a source first, then upload a file: you see what it would do before it does."
    )
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
    change_form_template = "admin/import/batch.html"
    change_form_outer_before_template = "admin/import/outcome.html"

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Uploading needs the right to add batches and the right to import."""
        return request.user.has_perms(["crm.add_importbatch", "crm.import_contacts"])

    def get_urls(self) -> list[URLPattern]:
        """Add the acts, which take POST only, how far a batch is, and the act that asks before."""
        acts: dict[str, Callable[..., HttpResponseBase]] = {
            act.__name__: require_POST(act)
            for act in (self.preview, self.back, self.confirm, self.discard, self.rejected)
        }
        acts["progress"] = require_GET(self.progress)
        pages = [
            path(f"<int:batch_id>/{name}/", self.admin_site.admin_view(act), name=f"crm_importbatch_{name}")
            for name, act in acts.items()
        ]
        undoing = self.admin_site.admin_view(self.undo)
        return [*pages, path("<path:object_id>/undo/", undoing, name="crm_importbatch_undo"), *super().get_urls()]

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
        return ", ".join(f"{number} {label.lower()}" for label, number in findings.counts(batch) if number) or "—"

    @display(description=_("SHA-256 of the file"))
    def fingerprint(self, batch: ImportBatch) -> str:
        """Return the file's digest in groups, which a page can break."""
        return " ".join(batch.digest[start : start + 8] for start in range(0, len(batch.digest), 8))

    @display(description=_("columns"))
    def columns(self, batch: ImportBatch) -> str:
        """Return which column was read as which field."""
        return ", ".join(f"{header} → {mapping.title(field)}" for header, field in batch.mapping.items())

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take in a file, and go on to what its columns mean."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and (batch := take_in(request, form)):
            return _to(batch.pk)
        context = {"title": gettext("Import contacts"), "form": form, **(extra_context or {})}
        return self._page(request, "admin/import/upload.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show a batch where it stands: its columns, how far it is, its preview or its report."""
        batch = (
            ImportBatch.objects.select_related("source").filter(pk=object_id if object_id.isdecimal() else 0).first()
        )
        if batch and batch.stage == Stage.STAGED and request.method == "GET":
            if not self.has_view_permission(request, batch):
                raise PermissionDenied
            return self._columns_page(request, batch)
        context = self._stand(request, batch) if batch else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def preview(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Take over what somebody says of the columns, and ask a worker for the preview."""
        batch = self._batch(request, batch_id)
        if batch.stage != Stage.STAGED:
            messages.error(request, str(steps.MovedOn(batch)))
            return _to(batch_id)
        try:
            form = ColumnsForm(request.POST, batch=batch, glance=glance_at(batch))
            with transaction.atomic():
                if not form.is_valid() or not form.correct(user_id=request.user.pk):
                    return self._columns_page(request, batch, form)
                steps.ask_for_preview(batch)
                transaction.on_commit(partial(send, batch.pk, "preview_import"))
        except (steps.MovedOn, UnreadableFile) as error:
            messages.error(request, str(error))
        return _to(batch_id)

    def back(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Return from the preview to the columns."""
        return self._step(request, batch_id, steps.back, "")

    def confirm(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Release a batch for committing. The second of two people who confirm at once is told so."""

        def release(batch: ImportBatch) -> None:
            # Somebody may have gone back, and previewed it otherwise, while this page stood open.
            now = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
            if now.stage == Stage.PREVIEWED and findings.seen(now) != request.POST.get("seen"):
                raise steps.MovedOn(batch)
            run.confirm(batch, actor=Actor.staff(request.user), at=timezone.now())  # type: ignore[arg-type]
            transaction.on_commit(partial(send, batch.pk))

        return self._step(request, batch_id, release, _("Import %(id)s is confirmed; its rows are being stored."))

    def discard(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Give a batch up and delete its file."""
        return self._step(request, batch_id, run.discard, _("Import %(id)s is discarded and its file deleted."))

    def rejected(self, request: HttpRequest, batch_id: int) -> HttpResponseBase:
        """Give out the rows that were rejected, with their reasons, as long as they are kept."""
        batch = self._batch(request, batch_id)
        if not may_fetch_rejected(request, batch):
            raise PermissionDenied
        try:
            file = rejected.opened(batch)
        except UnreadableFile as error:
            messages.error(request, str(error))
            return _to(batch_id)
        self.log_change(request, batch, gettext("Rejected rows fetched."))
        name = f"rejected-{batch.pk}.csv"
        answer = FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
        answer["Cache-Control"] = "no-store"
        return answer

    def progress(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Say how far a batch is, for the script of its page."""
        batch = get_object_or_404(ImportBatch, pk=batch_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return JsonResponse(progress.of(batch), headers={"Cache-Control": "no-store"})

    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether a batch is to be undone, and release it for that."""
        return run_act(self, request, object_id, Undo)

    def _step(
        self, request: HttpRequest, batch_id: int, step: Callable[[ImportBatch], None], done: Any
    ) -> HttpResponse:
        batch = self._batch(request, batch_id)
        try:
            with transaction.atomic():
                step(batch)
        except (run.AlreadyConfirmed, steps.MovedOn) as error:
            messages.error(request, str(error))
        else:
            if done:
                messages.success(request, done % {"id": batch.pk})
        return _to(batch_id)

    def _batch(self, request: HttpRequest, batch_id: int) -> ImportBatch:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return get_object_or_404(ImportBatch.objects.select_related("source"), pk=batch_id)

    def _stand(self, request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
        """Return what the page of a batch shows of it where it stands."""
        return {
            **findings.of(batch, at=timezone.now()),
            "batch": batch,
            "under_way": batch.stage in progress.UNDER_WAY,
            "far": progress.words(batch),
            "undone": progress.undone(batch),
            "may_import": self.has_add_permission(request),
            "may_fetch": bool(batch.rejected_name) and may_fetch_rejected(request, batch),
            "may_undo": batch.stage == Stage.COMMITTED and request.user.has_perm(Undo.permission),
        }

    def _columns_page(self, request: HttpRequest, batch: ImportBatch, form: ColumnsForm | None = None) -> HttpResponse:
        """Show what a staged file was recognised as, and what its columns mean."""
        gone = ""
        try:
            form = form or ColumnsForm(None, batch=batch, glance=glance_at(batch))
        except UnreadableFile as error:
            gone = str(error)
        context = {
            "title": gettext("Import %(id)s: what the file is") % {"id": batch.pk},
            "batch": batch,
            "facts": facts(batch),
            "form": form,
            "gone": gone,
            "before": upload.imported_before(batch),
            "may_import": self.has_add_permission(request),
        }
        return self._page(request, "admin/import/columns.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )


def _to(batch_id: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:crm_importbatch_change", args=[batch_id]))
