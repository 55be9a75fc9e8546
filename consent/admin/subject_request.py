"""Requests by people: what somebody asked of us, until when it must be answered, and what was done."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import requests
from consent.models import SubjectRequest
from crm import faults
from crm.admin.act import Act, ActForm, Refusal, run_act
from crm.theme import ModelAdmin, ReadOnly, Textarea, action, badge, display, timed

_State = SubjectRequest.State


class AnswerForm(ActForm):
    answer = forms.CharField(
        label=_("What was done, or why not"),
        max_length=2000,
        widget=Textarea(attrs={"rows": 4}),
        help_text=_("Kept until the person is erased. No phone numbers here."),
    )


class Close(Act):
    """The end of a request."""

    permission = "consent.change_subjectrequest"
    form_class = AnswerForm
    state: ClassVar[SubjectRequest.State]

    def obstacle(self) -> str:
        return "" if self.obj.state == _State.OPEN else gettext("This request was closed already.")

    def perform(self, form: ActForm) -> str:
        try:
            requests.close(self.obj, state=self.state, answer=form.cleaned_data["answer"], user=self.user, at=self.now)
        except requests.AlreadyClosed:
            raise Refusal(gettext("Somebody else has just closed this request.")) from None
        except requests.NumberInText:
            raise Refusal(str(faults.message("number_in_text")), "answer") from None
        return gettext("The request was closed: %(state)s.") % {"state": self.obj.get_state_display()}


class Done(Close):
    title = _("Done")
    submit = _("It is done")
    state = _State.DONE

    def effects(self) -> list[str]:
        return [
            gettext("You say that the person has their answer. The request is closed under your name, for good."),
            gettext("This does nothing else: erase the contact, or record the objection, by its own act first."),
        ]


class Refused(Close):
    title = _("Refused")
    submit = _("Refuse it")
    state = _State.REFUSED
    danger = True

    def effects(self) -> list[str]:
        return [
            gettext("The person must be told why, and that they can complain to an authority (GDPR 12(4))."),
            gettext("The request is closed under your name, for good."),
        ]


@admin.register(SubjectRequest)
class SubjectRequestAdmin(ReadOnly, ModelAdmin):
    empty_hint = _(
        "Nobody has asked for anything. Record a request on the page of the contact: you have a month to answer."
    )
    list_display = ("__str__", "kind", "contact", "received_at", "due", "status", "came_by")
    list_filter = ("state", "kind")
    list_select_related = ("contact",)
    fields = (
        ("kind", "contact"),
        ("received_at", "came_by"),
        ("due", "status"),
        ("closed_at", "closed_by"),
        "answer",
    )
    readonly_fields = ("due", "status")
    actions_detail = ("done", "refuse")

    @display(description=_("due"), ordering="received_at")
    def due(self, obj: SubjectRequest) -> str:
        return timed(requests.due_at(obj).earlier)

    @display(description=_("state"), ordering="state")
    def status(self, obj: SubjectRequest) -> str:
        if obj.state != _State.OPEN:
            return badge(obj.get_state_display(), "success" if obj.state == _State.DONE else "")
        now, due = timezone.now(), requests.due_at(obj)
        if now > due.rolled:
            return badge(gettext("overdue"), "danger")
        # The month is over, and its last day was no working day: nobody need rely on that.
        return badge(gettext("due now") if now > due.earlier else obj.get_state_display(), "warning")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        found = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if found and found.state == _State.OPEN else []

    @action(description=Done.title, url_path="done", permissions=[Done.permission], icon="task_alt")
    def done(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Done)

    @action(description=Refused.title, url_path="refuse", permissions=[Refused.permission], icon="block")
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Refused)
