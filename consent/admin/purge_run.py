"""Purge runs, read-only, with their receipts; and the button that queues one now."""

from itertools import islice
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from consent import retention
from consent.models import PurgeRun, Receipt, RetentionPolicy
from crm.admin.act import ActForm
from crm.celery import app as celery_app
from crm.theme import ModelAdmin, ReadOnly, TabularInline, action, badge, display

COLOURS = {PurgeRun.State.RUNNING: "info", PurgeRun.State.DONE: "success", PurgeRun.State.FAILED: "danger"}
PERMISSION = "consent.run_purge"
# To say beforehand what a run will do, so many are counted and no more.
COUNTED = 1000


class ReceiptInline(ReadOnly, TabularInline):
    model = Receipt
    fields = ("point", "policy", "action", "reason", "due_at", "erased_at", "line_erased", "profile_erased")
    readonly_fields = fields
    per_page = 25
    show_change_link = True
    hide_title = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("point", "policy")


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "status", "as_of", "started_at", "finished_at", "outcome", "actor_name")
    list_filter = ("state",)
    fields = (
        ("status", "actor_name", "error"),
        ("as_of", "started_at", "finished_at"),
        ("oldest_due_at", "results"),
        "sealed",
    )
    readonly_fields = ("status", "results", "sealed")
    inlines = (ReceiptInline,)
    actions_list = ("run_now",)

    @display(description=_("state"), ordering="state")
    def status(self, obj: PurgeRun) -> str:
        return badge(obj.get_state_display(), COLOURS[PurgeRun.State(obj.state)])

    @display(description=_("erased"))
    def outcome(self, obj: PurgeRun) -> str:
        done = obj.counts.get("anonymize", 0) + obj.counts.get("purge", 0)
        return gettext("%(points)d points, %(numbers)d numbers, %(profiles)d profiles") % {
            "points": done,
            "numbers": obj.counts.get("numbers", 0),
            "profiles": obj.counts.get("profiles", 0),
        }

    @display(description=_("what it did"))
    def results(self, obj: PurgeRun) -> str:
        names = {
            "anonymize": gettext("points anonymized"),
            "purge": gettext("points purged"),
            "numbers": gettext("numbers erased"),
            "profiles": gettext("profiles erased"),
            "kept": gettext("kept after all"),
            "expired": gettext("consents marked as expired"),
        }
        policies = {f"policy {policy.pk}": str(policy) for policy in RetentionPolicy.objects.all()}
        lines = [(names.get(key) or policies.get(key, key), count) for key, count in obj.counts.items() if count]
        return format_html_join("", "<div>{}: {}</div>", lines) or gettext("nothing was due")

    @display(description=_("sealed by"))
    def sealed(self, obj: PurgeRun) -> str:
        if obj.seal is None:
            return gettext("not sealed yet")
        lines = [(gettext("root"), obj.seal.root), (gettext("digest"), obj.seal.digest)]
        return format_html("<div>{}</div>{}", obj.seal, format_html_join("", "<div>{}: {}</div>", lines))

    @action(description=_("Run now"), url_path="run-now", permissions=[PERMISSION], icon="play_arrow")
    def run_now(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "POST") or not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        back = reverse("admin:consent_purgerun_changelist")
        if request.method == "POST":
            self._queue(request)
            return HttpResponseRedirect(back)
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Run now"),
            "opts": self.opts,
            "act": {"effects": _effects(), "danger": True, "submit": _("Run now")},
            "form": ActForm(obj=None),
            "media": self.media,
            "back": back,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def _queue(self, request: HttpRequest) -> None:
        try:
            with transaction.atomic():
                transaction.on_commit(lambda: celery_app.send_task("consent.tasks.purge"))
        except (OperationalError, OSError):
            messages.error(request, gettext("The queue does not answer: nothing was started. Try again later."))
            return
        LogEntry.objects.create(
            user=request.user,  # type: ignore[misc]
            content_type=ContentType.objects.get_for_model(PurgeRun),
            object_repr=gettext("purge run"),
            action_flag=ADDITION,
            change_message=gettext("Queued a run."),
        )
        messages.success(request, gettext("A run was queued. It shows up here as soon as a worker begins."))


def _effects() -> list[str]:
    count = sum(1 for _point in islice(retention.due(as_of=timezone.now()), COUNTED))
    due = gettext("Points that are due now: %(count)d.") if count < COUNTED else gettext("More than %(count)d are due.")
    return [
        due % {"count": count},
        gettext("They are erased for good, with their history and evidence; a receipt is kept of each."),
        gettext("A run that is already at work goes on, and this one steps back."),
    ]
