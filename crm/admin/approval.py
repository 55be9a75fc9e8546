"""Approvals: what waits for a second person, who sees what it will do, and approves or refuses it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import approvals
from crm.admin import second_person, ways
from crm.admin.act import Act, ActForm, Refusal, run_act
from crm.admin.gate import is_confirmed, must_ask
from crm.models import Approval
from crm.theme import ActionVariant, ModelAdmin, ReadOnly, action, badge, display, timed

PERMISSION = "crm.view_approval"
COLOURS = {
    Approval.State.WAITING: "warning",
    Approval.State.APPROVED: "info",
    Approval.State.DONE: "success",
    Approval.State.REFUSED: "danger",
}


class Decision(Act):
    """What both decisions have in common."""

    permission = PERMISSION
    form_class = ActForm

    def obstacle(self) -> str:
        if not self.obj.is_open(now=self.now):
            return gettext("This does not wait any more.")
        return ""

    def effects(self) -> Sequence[str]:
        approval: Approval = self.obj
        way = ways.find(approval)
        asked = {"id": str(approval.asked_by_id), "name": approval.asked_by, "date": timed(approval.asked_at)}
        lines: list[str] = [format_html(gettext("Asked for by {name} (account {id}) on {date}."), **asked)]
        if way is None:
            return [*lines, gettext("This cannot be done any more.")]
        try:
            said = [f"{label}: {value}" for label, value in second_person.in_words(way.form(approval))]
            what = format_html("{}: {}", way.title, _of_what(approval))
            return [what, *lines, *said, *way.effects(approval)]
        except second_person.CannotBeDone as why:
            return [*lines, str(why)]


class Approve(Decision):
    title = _("Approve")
    submit = _("Approve, and do it")
    sensitive = "approve"
    danger = True

    @property
    def is_stuck(self) -> bool:
        """Whether this very person approved it, and a fault came before it was done: they press again."""
        way = ways.find(self.obj)
        approved = self.obj.state == Approval.State.APPROVED and self.obj.decided_by_id == self.user.pk
        return approved and way is not None and way.do is not None

    def obstacle(self) -> str:
        if not self.is_stuck and (obstacle := super().obstacle()):
            return obstacle
        if self.obj.asked_by_id == self.user.pk:
            return gettext("You asked for this: a second person has to approve it.")
        way = ways.find(self.obj)
        if way is None or not self.user.has_perm(way.permission):
            return gettext("You may not do this yourself, and so not approve it.")
        if not second_person.asker_may(self.obj, way.asks):
            return gettext("Whoever asked for this may not do it any more.")
        return ""

    def perform(self, form: ActForm) -> str:
        try:
            approval = self.obj if self.is_stuck else approvals.approve(self.obj, by=self.user, at=self.now)
        except (approvals.NotOpen, approvals.NotTheSecond):
            raise Refusal(gettext("This was decided meanwhile, or you are not the one to.")) from None
        way = ways.find(approval)
        if way is None or way.do is None:
            return gettext("Approved: whoever asked for it takes the file.")
        try:
            with approvals.alone(approval, at=self.now):
                done = way.do(approval)
                approvals.done(approval, at=self.now)
        except second_person.CannotBeDone as why:
            approvals.reopen(approval)
            raise Refusal(str(why)) from None
        except approvals.NotOpen:
            raise Refusal(gettext("This is being done just now, or was done already.")) from None
        return done


class Refuse(Decision):
    title = _("Refuse")
    submit = _("Refuse")

    def effects(self) -> Sequence[str]:
        return [*super().effects(), gettext("Refused, none of this is done. Whoever asked for it takes it back so.")]

    def perform(self, form: ActForm) -> str:
        try:
            approvals.refuse(self.obj, by=self.user, at=self.now)
        except approvals.NotOpen:
            raise Refusal(gettext("This was decided meanwhile.")) from None
        return gettext("It is not done.")


@admin.register(Approval)
class ApprovalAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nothing waits for a second person.")
    list_display = ("__str__", "what", "status", "asked_by", "asked_at", "decided_by", "decided_at")
    list_filter = ("state", "kind")
    list_select_related = ("content_type", "asked_by", "decided_by")
    fields = (
        ("what", "status"),
        ("asked_by", "asked_at"),
        ("decided_by", "decided_at"),
        ("done_at", "about"),
        "said_in_words",
        "foreseen",
    )
    readonly_fields = ("what", "status", "about", "said_in_words", "foreseen")
    actions_detail = ("approve", "refuse", "take")

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Approval]":
        """Leave out what is none of one's business: neither asked for nor to be approved."""
        user: Any = request.user
        mine = Q(asked_by=user) | Q(act__in=ways.names_for(user)) | Q(decided_by=user)
        rows: QuerySet[Approval] = super().get_queryset(request).filter(mine)
        return rows

    @display(description=_("what"))
    def what(self, obj: Approval) -> str:
        way = ways.find(obj)
        return str(way.title) if way else obj.get_kind_display()

    @display(description=_("of what"))
    def about(self, obj: Approval) -> str:
        return _of_what(obj)

    @display(description=_("state"), ordering="state")
    def status(self, obj: Approval) -> str:
        return badge(obj.get_state_display(), COLOURS.get(Approval.State(obj.state), ""))

    @display(description=_("what was said"))
    def said_in_words(self, obj: Approval) -> str:
        way = ways.find(obj)
        try:
            lines = list(second_person.in_words(way.form(obj))) if way and obj.said else []
        except second_person.CannotBeDone:
            lines = []
        return format_html_join("", "<div>{}: {}</div>", lines) or "—"

    @display(description=_("what it will do"))
    def foreseen(self, obj: Approval) -> str:
        way = ways.find(obj)
        if way is None or obj.state not in (Approval.State.WAITING, Approval.State.APPROVED):
            return "—"
        try:
            lines = way.effects(obj)
        except second_person.CannotBeDone as why:
            lines = [str(why)]
        return format_html_join("", "<div>{}</div>", ([line] for line in lines)) or "—"

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        approval: Any = self.get_object(request, str(object_id))
        if approval is None:
            return []
        user: Any = request.user
        may = {
            "approve": not Approve(request, approval).obstacle(),
            "refuse": not Refuse(request, approval).obstacle(),
            "take": _may_take(approval, user, at=timezone.now()),
        }
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if may.get(str(each.action_name).rpartition("_")[2], True)]

    @action(
        description=Approve.title,
        url_path="approve",
        permissions=[PERMISSION],
        variant=ActionVariant.DANGER,
        icon="how_to_reg",
    )
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Approve)

    @action(description=Refuse.title, url_path="refuse", permissions=[PERMISSION], icon="block")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Refuse)

    @action(description=_("Take the file"), url_path="take", permissions=[PERMISSION], icon="download")
    def take(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Give an approved file to whoever asked for it, once. Raises PermissionDenied."""
        if request.method not in ("GET", "POST") or not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        approval: Any = self.get_object(request, unquote(object_id))
        if approval is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        back = reverse("admin:crm_approval_change", args=[approval.pk])
        if not _may_take(approval, request.user, at=timezone.now()):
            messages.error(request, gettext("There is no file here for you to take."))
            return HttpResponseRedirect(back)
        if asks := must_ask(request, approval.kind):
            return asks
        form = ActForm(request.POST if request.method == "POST" else None, obj=None)
        if form.is_valid() and is_confirmed(request, approval.kind, form) and (file := self._file(approval, form)):
            return file
        return self._take_page(request, approval, form, back)

    def _file(self, approval: Approval, form: forms.Form) -> HttpResponseBase | None:
        way = ways.find(approval)
        if way is None or way.file is None:
            raise PermissionDenied
        try:
            file = way.file(approval)
        except second_person.CannotBeDone as why:
            form.add_error(None, str(why))
            return None
        try:
            approvals.done(approval, at=timezone.now())
        except approvals.NotOpen:
            file.close()
            form.add_error(None, gettext("The file was taken already."))
            return None
        return file

    def _take_page(self, request: HttpRequest, approval: Approval, form: forms.Form, back: str) -> HttpResponse:
        request.current_app = self.admin_site.name
        way = ways.find(approval)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Take the file"),
            "opts": self.opts,
            "original": approval,
            "act": {"effects": way.effects(approval) if way else [], "submit": gettext("Take the file")},
            "form": form,
            "media": self.media,
            "back": back,
        }
        return TemplateResponse(request, "admin/act.html", context)


def _may_take(approval: Approval, user: Any, *, at: datetime) -> bool:
    way = ways.find(approval)
    approved = approval.state == Approval.State.APPROVED and approval.asked_by_id == user.pk
    if not approved or approval.is_late(now=at) or way is None or way.file is None:
        return False
    return second_person.asker_may(approval, way.asks)


def _of_what(approval: Approval) -> str:
    """Return a link to what the approval is on, or what kind of thing it is."""
    model = approval.content_type
    if approval.object_id is None:
        return str(model.name)
    name = f"admin:{model.app_label}_{model.model}_change"
    text = f"{model.name} {approval.object_id}"
    return format_html('<a href="{}" class="underline">{}</a>', reverse(name, args=[approval.object_id]), text)
