"""Acts: what staff do to an object beside editing it. A page says beforehand what will happen, a POST does it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import approvals, faults, phones
from crm.admin import locking, second_person
from crm.admin.gate import is_confirmed, must_ask
from crm.intake import Rejected
from crm.models import Actor
from crm.theme import MomentInput, TextInput


class Refusal(Exception):
    """The act cannot be done: the field of the form that is at fault ("" for none), and why, in words."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message, self.field = message, field


class ActForm(forms.Form):
    """What is asked before an act. Texts that stay must not hold a number."""

    # Fields in which a number belongs: everything else that is typed is searched for one.
    numbers: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *args: Any, obj: Model | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.obj = obj

    @property
    def region(self) -> str:
        """The country by which a number without country code is read."""
        return getattr(self.obj, "country", "")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, value in list(cleaned.items()):
            if name in self.numbers or not isinstance(value, str):
                continue
            if phones.mentions_number(value, region=self.region or None):
                self.add_error(name, faults.message("number_in_text"))
        return cleaned


class ReasonedForm(ActForm):
    """Asks why, and takes no silence for an answer."""

    reason = forms.CharField(label=_("Reason"), max_length=200, widget=TextInput)


class DatedForm(ActForm):
    """Asks when it happened; nothing means just now."""

    when = forms.DateTimeField(
        label=_("When"), required=False, widget=MomentInput, help_text=_("Empty means just now.")
    )

    def clean_when(self) -> datetime:
        when: datetime = self.cleaned_data["when"] or timezone.now()
        if when > timezone.now():
            raise forms.ValidationError(gettext("This lies in the future."))
        return when


@dataclass(frozen=True, slots=True)
class Secret:
    """What an act shows on its answer alone: what it is, its text, and what to do with it.

    kept: whether we keep it, masked everywhere else; what an act has made new, nobody can be shown again.
    """

    label: str
    text: str = field(repr=False)
    advice: str = ""
    kept: bool = False


class Act:
    """One kind of act. `effects` says what will happen; `perform` does it and returns what to tell.

    sensitive: the name of what it does, where that asks for a fresh second factor; one of Approval.Kind may ask for a
    second person too. secret: set by `perform` where the answer shows something once. It stands on that page alone: in
    no message, no session and no log.
    """

    title: ClassVar[Any]
    submit: ClassVar[Any]
    permission: ClassVar[str]
    form_class: ClassVar[type[ActForm]] = ReasonedForm
    danger: ClassVar[bool] = False
    # The fields that a link to the page may fill in: ids and choices, never what is typed.
    prefilled: ClassVar[Sequence[str]] = ("point",)
    sensitive: ClassVar[str] = ""
    secret: Secret | None = None

    def __init__(self, request: HttpRequest, obj: Any) -> None:
        self.obj = obj
        user: Any = request.user
        self.user: User = user
        self.actor = Actor.staff(user)
        self.now = timezone.now()

    def obstacle(self) -> str:
        """Return why the act makes no sense on this object, or ""."""
        return ""

    def effects(self) -> Sequence[str]:
        """Return what will happen, a sentence each."""
        return ()

    def perform(self, form: ActForm) -> str:
        """Do it with a valid form and return what was done, without any number. Raises Refusal or Rejected."""
        raise NotImplementedError


def run_act(model_admin: Any, request: HttpRequest, object_id: str, kind: type[Act]) -> HttpResponse:
    """Answer the page of an act: show it, or do it on POST. Raises PermissionDenied."""
    if request.method not in ("GET", "POST") or not request.user.has_perm(kind.permission):
        raise PermissionDenied
    obj = model_admin.get_object(request, unquote(object_id))
    if obj is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    if not model_admin.has_view_permission(request, obj):
        raise PermissionDenied
    act = kind(request, obj)
    back = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
    if obstacle := act.obstacle():
        messages.error(request, obstacle)
        return HttpResponseRedirect(back)
    if asks := must_ask(request, kind.sensitive):
        return asks
    initial = {name: request.GET.get(name) for name in kind.prefilled}
    form = kind.form_class(*_posted(request), obj=obj, initial=initial)
    if form.is_valid() and locking.says_otherwise(request, act):
        form.add_error(None, locking.SAYS_OTHERWISE)
    if _may_go_on(request, kind, form) and _waits(model_admin, request, kind, obj, form):
        return HttpResponseRedirect(back)
    if form.is_valid() and (done := tried(act, form)):
        obj.refresh_from_db()
        model_admin.log_change(request, obj, done)
        return _told(model_admin, request, act, done, back=back)
    return _page(model_admin, request, act, form, back=back)


def run_act_on_all(model_admin: Any, request: HttpRequest, kind: type[Act]) -> HttpResponse:
    """Answer the page of an act that is on no object: show it, or do it on POST. Raises PermissionDenied."""
    if request.method not in ("GET", "POST") or not request.user.has_perm(kind.permission):
        raise PermissionDenied
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    act = kind(request, None)
    back = reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_changelist")
    if asks := must_ask(request, kind.sensitive):
        return asks
    form = kind.form_class(*_posted(request), obj=None)
    if form.is_valid() and locking.says_otherwise(request, act):
        form.add_error(None, locking.SAYS_OTHERWISE)
    if _may_go_on(request, kind, form) and _waits(model_admin, request, kind, None, form):
        return HttpResponseRedirect(back)
    if form.is_valid() and (done := tried(act, form)):
        LogEntry.objects.create(
            user=request.user,  # type: ignore[misc]
            content_type=ContentType.objects.get_for_model(model_admin.model),
            object_repr=str(kind.title),
            action_flag=ADDITION,
            change_message=done,
        )
        return _told(model_admin, request, act, done, back=back)
    return _page(model_admin, request, act, form, back=back)


def name_of(kind: type[Act]) -> str:
    """Return the name by which an act that waits for a second person is found again."""
    return f"{kind.__module__}.{kind.__qualname__}"


def _may_go_on(request: HttpRequest, kind: type[Act], form: ActForm) -> bool:
    return form.is_valid() and is_confirmed(request, kind.sensitive, form)


def _waits(model_admin: Any, request: HttpRequest, kind: type[Act], obj: Any, form: ActForm) -> bool:
    """Whether the act now waits for a second person, where its kind needs one."""
    if not approvals.needed(kind.sensitive):
        return False
    how = {"kind": kind.sensitive, "act": name_of(kind), "model": model_admin.model}
    second_person.hold(request, **how, obj=obj, said=second_person.said_on(form))
    return True


def _posted(request: HttpRequest) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _told(model_admin: Any, request: HttpRequest, act: Act, done: str, *, back: str) -> HttpResponse:
    """Say what was done; a secret is shown on this very answer, which nobody keeps."""
    if act.secret is None:
        messages.success(request, done)
        return HttpResponseRedirect(back)
    return _answer(model_admin, request, "admin/shown_once.html", act, back=back, done=done, secret=act.secret)


def _page(model_admin: Any, request: HttpRequest, act: Act, form: ActForm, *, back: str) -> HttpResponse:
    media = model_admin.media + form.media
    said = locking.effects_of(act)
    return _answer(model_admin, request, "admin/act.html", act, back=back, form=form, media=media, version=said)


def _answer(model_admin: Any, request: HttpRequest, template: str, act: Act, **context: Any) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    about = {"title": act.title, "opts": model_admin.opts, "original": act.obj, "act": act}
    answer = TemplateResponse(request, template, {**model_admin.admin_site.each_context(request), **about, **context})
    answer["Cache-Control"] = "no-store"
    return answer


def tried(act: Act, form: ActForm) -> str:
    """Do the act and return what was done; or note on the form why it was refused, and return ""."""
    try:
        return act.perform(form)
    except Rejected as rejected:
        for fault in rejected.faults:
            form.add_error(fault.column if fault.column in form.fields else None, faults.message(fault.code))
    except Refusal as refusal:
        form.add_error(refusal.field or None, refusal.message)
    return ""


def erased_obstacle(obj: Any) -> str:
    """Return the obstacle that an erased object, or a merged contact, is to every act, or ""."""
    if getattr(obj, "merged_into_id", None) and not obj.erased_at:
        return gettext("This was merged into another contact; go on there.")
    return gettext("This was erased; nothing can be done here any more.") if obj.erased_at else ""
