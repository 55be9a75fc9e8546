"""What is held for a second person: what was said on a form, until somebody else approves it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from crm import approvals
from crm.models import Approval


class CannotBeDone(Exception):
    """What was asked for cannot be done any more; the text says why, in words."""


def hold(
    request: HttpRequest,
    *,
    kind: str,
    act: str,
    model: type[Model],
    obj: Model | None,
    said: Mapping[str, Sequence[str]],
) -> Approval | None:
    """Let an act wait for a second person and tell the one who asked; None if the same waits already."""
    user: Any = request.user
    of: dict[str, Any] = {"kind": Approval.Kind(kind), "act": act, "model": model}
    of["object_id"] = obj.pk if obj else None
    try:
        approval = approvals.ask(**of, said=said, by=user, at=timezone.now())
    except approvals.AlreadyAsked:
        messages.warning(request, gettext("This waits for a second person already."))
        return None
    messages.warning(request, gettext("Nothing was done yet: a second person has to approve it within seven days."))
    return approval


def said_on(form: forms.BaseForm) -> dict[str, list[str]]:
    """Return what stands on a form, by field, as its browser sent it."""
    return {name: values for name in form.fields if (values := _values(form, name))}


def data_of(approval: Approval) -> MultiValueDict:
    """Return what was said as the data of a form."""
    return MultiValueDict(approval.said)


def in_words(form: forms.BaseForm) -> Iterator[tuple[str, str]]:
    """Yield the label and the value of each field that was filled in, as people read them."""
    form.is_valid()
    for name, field in form.fields.items():
        value = getattr(form, "cleaned_data", {}).get(name)
        if value in (None, "", []) or isinstance(field.widget, forms.HiddenInput):
            continue
        choices = dict(getattr(field, "choices", ())) if isinstance(field, forms.ChoiceField) else {}
        yield str(field.label or name), str(choices.get(value, value))


def asker_may(approval: Approval, permission: str) -> bool:
    """Whether whoever asked still has the account, and the right to do it: they may have lost both since."""
    return approval.asked_by.is_active and approval.asked_by.has_perm(permission)


def faults_of(form: forms.BaseForm) -> str:
    """Return what is wrong with a form, in one line."""
    return " ".join(str(each) for errors in form.errors.values() for each in errors)


def object_of(approval: Approval) -> Any:
    """Return what the approval is on; None where it is on no one object. Raises CannotBeDone: it is gone."""
    model: Any = approval.content_type.model_class()
    if approval.object_id is None:
        return None
    try:
        return model._default_manager.get(pk=approval.object_id)
    except model.DoesNotExist:
        raise CannotBeDone(gettext("What this is about is not there any more.")) from None


def write_down(approval: Approval, obj: Model | None, done: str) -> None:
    """Write into the admin's log, in the name of whoever asked, what was done and who approved it."""
    LogEntry.objects.create(
        user=approval.asked_by,
        content_type=approval.content_type,
        object_id=str(obj.pk) if obj else None,
        object_repr=str(obj) if obj else str(approval.get_kind_display()),
        action_flag=CHANGE,
        change_message=gettext("%(done)s Approved by account %(id)s.") % {"done": done, "id": approval.decided_by_id},
    )


def _values(form: forms.BaseForm, name: str) -> list[str]:
    data: Any = form.data
    key = form.add_prefix(name)
    values = data.getlist(key) if hasattr(data, "getlist") else [data[key]] if key in data else []
    return [str(value) for value in values if value != ""]
