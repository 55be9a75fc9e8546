"""Purge runs, read-only, with their receipts; the button that queues one now, and the approval of one that waits."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from consent import retention
from consent.admin import forecast
from consent.admin.forecast import counted
from consent.models import PurgeRun, PurgeShare, Receipt, RetentionPolicy
from consent.rules.retention import Action
from crm.admin.act import Act, ActForm, Refusal, run_act, run_act_on_all
from crm.celery import app as celery_app
from crm.theme import ActionVariant, ModelAdmin, ReadOnly, TabularInline, action, badge, display, timed

COLOURS = {
    PurgeRun.State.RUNNING: "info",
    PurgeRun.State.DONE: "success",
    PurgeRun.State.FAILED: "danger",
    PurgeRun.State.WAITING: "warning",
    PurgeRun.State.REPLACED: "",
}
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


class Approve(Act):
    title = _("Approve this run")
    submit = _("Approve, and erase")
    permission = "consent.approve_purge"
    form_class = ActForm
    danger = True
    sensitive = "approve_run"

    def obstacle(self) -> str:
        match retention.why_not(self.obj, user=self.user):
            case None:
                return ""
            case retention.NotTheSecond():
                return gettext("You began this run: a second person has to approve it.")
            case retention.ChangedPolicies():
                return gettext("You have changed a retention policy since the last run: somebody else has to approve.")
            case _other:
                return gettext("This run does not wait for approval.")

    def effects(self) -> list[str]:
        run = self.obj
        points = {"due": counted(run.due or 0), "held": counted(run.held or 0)}
        effects = [
            gettext("It waits because: %(why)s.") % {"why": run.get_brake_display()},
            gettext("Contact points that it erases for good: up to %(due)s of the %(held)s that are held.") % points,
            *(f"{name}: {counted(number)}" for name, number in _named(run.foreseen)),
            format_html(gettext("It decides as of {date}, and again for each under its lock."), date=timed(run.as_of)),
        ]
        if run.as_of > self.now:
            effects.append(gettext("That lies in the future: the clock may have been wrong when it was begun."))
        return effects

    def perform(self, form: ActForm) -> str:
        try:
            retention.approve(self.obj, user=self.user, at=self.now)
        except retention.NotApproved:
            raise Refusal(gettext("This run was approved or replaced meanwhile, or you are not the one to.")) from None
        return gettext("The run was approved; a worker begins it within a minute.")


class RunNow(Act):
    title = _("Run now")
    submit = _("Run now")
    permission = "consent.run_purge"
    form_class = ActForm
    danger = True
    sensitive = "run_purge"

    def effects(self) -> list[str]:
        count = sum(1 for _point in islice(retention.due(as_of=self.now), COUNTED))
        exact, more = gettext("Points that are due now: %(count)d."), gettext("More than %(count)d are due.")
        due = exact if count < COUNTED else more
        return [
            due % {"count": count},
            gettext("They are erased for good, with their history and evidence; a receipt is kept of each."),
            gettext("A run that is already at work goes on, and this one steps back."),
            gettext("Where that is very much, or the clock has jumped, it waits until a second person approves."),
        ]

    def perform(self, form: ActForm) -> str:
        try:
            with transaction.atomic():
                kwargs = {"user_id": self.user.pk}
                transaction.on_commit(lambda: celery_app.send_task("consent.tasks.purge", kwargs=kwargs))
        except (OperationalError, OSError):
            raise Refusal(gettext("The queue does not answer: nothing was started. Try again later.")) from None
        return gettext("A run was queued. It shows up here as soon as a worker begins.")


@admin.register(PurgeRun)
class PurgeRunAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("The nightly job has not run yet. “Run now” begins one, and “Forecast” says what it will erase.")
    list_display = ("__str__", "status", "as_of", "started_at", "took", "outcome", "actor_name")
    list_filter = ("state",)
    fields = (
        ("status", "error"),
        ("as_of", "actor_name"),
        ("started_at", "took"),
        ("brake", "actor_user"),
        ("approved_by", "approved_at"),
        ("due", "held"),
        ("oldest_due_at", "oldest_overdue"),
        ("results", "work"),
        "sealed",
    )
    readonly_fields = ("status", "took", "oldest_overdue", "results", "work", "sealed")
    inlines = (ReceiptInline,)
    actions_list = ("forecast", "run_now")
    actions_detail = ("approve",)

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

    @display(description=_("took"))
    def took(self, obj: PurgeRun) -> str:
        return _length(obj.duration)

    @display(description=_("oldest was overdue by"))
    def oldest_overdue(self, obj: PurgeRun) -> str:
        return _length(obj.overdue)

    @display(description=_("shares"))
    def work(self, obj: PurgeRun) -> str:
        lines = [
            (share.number + 1, share.of, sum(share.counts.get(action, 0) for action in Action), _stage(share))
            for share in obj.shares.all()
        ]
        return format_html_join("", "<div>{}/{}: {} ({})</div>", lines) or "—"

    @display(description=_("what it did, or would do"))
    def results(self, obj: PurgeRun) -> str:
        names = {
            "anonymize": gettext("points anonymized"),
            "purge": gettext("points purged"),
            "numbers": gettext("numbers erased"),
            "profiles": gettext("profiles erased"),
            "kept": gettext("kept after all"),
            "expired": gettext("consents marked as expired"),
        }
        for policy in RetentionPolicy.objects.all():
            names[f"policy {policy.pk}"] = str(policy)
            names[f"due by policy {policy.pk}"] = gettext("due by: %(policy)s") % {"policy": policy}
        lines = [(names.get(key, key), count) for key, count in obj.counts.items() if count]
        return format_html_join("", "<div>{}: {}</div>", lines) or gettext("nothing was due")

    @display(description=_("sealed by"))
    def sealed(self, obj: PurgeRun) -> str:
        if obj.seal is None:
            return gettext("not sealed yet")
        lines = [(gettext("root"), obj.seal.root), (gettext("digest"), obj.seal.digest)]
        return format_html("<div>{}</div>{}", obj.seal, format_html_join("", "<div>{}: {}</div>", lines))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        run: Any = self.get_object(request, str(object_id))
        user: Any = request.user
        may = run is not None and retention.why_not(run, user=user) is None
        return super().get_actions_detail(request, object_id) if may else []

    @action(
        description=Approve.title,
        url_path="approve",
        permissions=[Approve.permission],
        variant=ActionVariant.DANGER,
        icon="how_to_reg",
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Approve)

    @action(description=forecast.TITLE, url_path="forecast", permissions=[forecast.PERMISSION], icon="event_upcoming")
    def forecast(self, request: HttpRequest) -> HttpResponse:
        return forecast.page(self, request)

    @action(description=RunNow.title, url_path="run-now", permissions=[RunNow.permission], icon="play_arrow")
    def run_now(self, request: HttpRequest) -> HttpResponse:
        return run_act_on_all(self, request, RunNow)


def _named(by_policy: Mapping[int, int]) -> list[tuple[str, int]]:
    policies = RetentionPolicy.objects.in_bulk(list(by_policy))
    return [(str(policies.get(policy_id, policy_id)), number) for policy_id, number in by_policy.items()]


def _length(time: timedelta | None) -> str:
    """Return a length of time as people read it, to the second; a dash for none."""
    return str(timedelta(seconds=round(time.total_seconds()))) if time is not None else "—"


def _stage(share: PurgeShare) -> str:
    if share.finished_at and share.started_at:
        return _length(share.finished_at - share.started_at)
    return gettext("not finished") if share.started_at else gettext("not begun")
