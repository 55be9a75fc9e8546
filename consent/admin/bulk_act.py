"""Bulk acts: what was chosen in the list of contacts, what it will do in numbers, how far it is, what came of it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from consent import bulk_acts
from consent.admin.bulk_kinds import ACTS
from consent.bulk_acts import Kind, Outcome, State
from consent.models import BulkAct
from crm.admin.act import run_act
from crm.models import Actor
from crm.theme import ModelAdmin, ReadOnly, badge, display

# So many of those to whom it could not be done are named on the page.
NAMED = 200
WHY = {
    "erased": _("was erased"),
    "merged": _("was merged into another contact"),
    "no_number": _("has no number"),
    "held": _("a legal hold or a restriction stands"),
    "journal": _("the journal of erasures could not be written"),
    "error": _("failed; whoever runs this service finds it in the log"),
}
_COLOURS = {State.DRAFT: "warning", State.RUNNING: "info", State.DONE: "success"}


class BulkActions:
    """Mixed into the list of contacts: what can be done to those that are chosen, or to all that match the filter."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        for kind, act in ACTS.items():
            if request.user.has_perm(act.permission) and request.user.has_perm("consent.view_bulkact"):
                name = f"bulk_{kind}"
                found[name] = (partial(_choose, kind), name, act.title)
        return found


def _choose(kind: Kind, model_admin: Any, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
    """Write down which contacts were chosen, and go on to the page that says what will happen to them."""
    if not request.user.has_perm(ACTS[kind].permission):
        raise PermissionDenied
    ids = list(queryset.order_by("pk").values_list("pk", flat=True).distinct()[: bulk_acts.most() + 1])
    try:
        actor = Actor.staff(request.user)  # type: ignore[arg-type]
        act = bulk_acts.choose(kind, ids, actor=actor, at=timezone.now())
    except bulk_acts.TooMany:
        messages.error(request, gettext("Choose up to %(most)d contacts.") % {"most": bulk_acts.most()})
        return None
    return HttpResponseRedirect(reverse("admin:consent_bulkact_confirm", args=[act.pk]))


@admin.register(BulkAct)
class BulkActAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nothing was done to many contacts yet. Choose some in the list of contacts.")
    list_display = ("__str__", "kind", "stands", "outcome", "actor_user", "chosen_at", "finished_at")
    list_filter = ("kind", "state")
    list_select_related = ("actor_user",)
    fields = (("kind", "stands"), "reason", ("actor_name", "actor_user"), ("chosen_at", "confirmed_at", "finished_at"))
    readonly_fields = ("stands",)
    change_form_template = "admin/consent/bulkact/change.html"
    change_form_outer_before_template = "admin/consent/bulkact/outcome.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks, and how far the act is."""
        confirm = self.admin_site.admin_view(self.confirm)
        progress = self.admin_site.admin_view(require_GET(self.progress))
        return [
            path("<int:object_id>/confirm/", confirm, name="consent_bulkact_confirm"),
            path("<int:object_id>/progress/", progress, name="consent_bulkact_progress"),
            *super().get_urls(),
        ]

    @display(description=_("state"))
    def stands(self, act: BulkAct) -> str:
        return badge(act.get_state_display(), _COLOURS[State(act.state)])

    @display(description=_("outcome"))
    def outcome(self, act: BulkAct) -> str:
        return ", ".join(_told(act.counts)) or "—"

    def confirm(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask before, and let it begin."""
        act = BulkAct.objects.filter(pk=object_id).first()
        if act is None:
            raise Http404
        return run_act(self, request, str(object_id), ACTS[Kind(act.kind)])

    def progress(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Say how far the worker is, for the script that asks while the page is open."""
        act = self.get_object(request, str(object_id))
        if not self.has_view_permission(request, act):
            raise PermissionDenied
        if act is None:
            raise Http404
        return JsonResponse(_far(act), headers={"Cache-Control": "no-store"})

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        act = kwargs.get("obj")
        if act is not None:
            failed = act.items.filter(outcome=Outcome.FAILED).order_by("id")
            context |= {
                "under_way": act.state == State.RUNNING,
                "own_draft": act.state == State.DRAFT and act.actor_user_id == request.user.pk,
                "far": _far(act),
                "told": _told(bulk_acts.counted(act)),
                "failed": [(item.contact_ref, WHY.get(item.code, item.code)) for item in failed[:NAMED]],
                "more": max(0, failed.count() - NAMED),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _far(act: BulkAct) -> dict[str, Any]:
    counts = bulk_acts.counted(act)
    total = sum(counts.values())
    done = total - counts.get(Outcome.WAITING.value, 0)
    words = gettext("%(done)d of %(total)d contacts.") % {"done": done, "total": total}
    return {"stage": act.state, "done": done, "total": total, "words": words}


def _told(counts: Mapping[str, int]) -> list[str]:
    """Return how many have come to which outcome, in words."""
    return [f"{outcome.label}: {counts[outcome.value]}" for outcome in Outcome if counts.get(outcome.value)]
