"""A change of a retention policy is sensitive: it asks for a fresh second factor, and may wait for a second person."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import retention
from consent.admin.forecast import counted
from consent.models import RetentionPolicy
from crm.admin import second_person, ways
from crm.models import Approval

SENSITIVE = "change_policy"
WAY = "consent.admin.policy_change"
# What is kept beside what was said: the version that was changed, as another change may come between.
VERSION = "_version"


def hold(request: HttpRequest, form: forms.ModelForm, obj: RetentionPolicy | None) -> None:
    """Let a change that stands on a valid form wait for a second person."""
    said = second_person.said_on(form) | {VERSION: [_version(obj)]}
    second_person.hold(request, kind=SENSITIVE, act=WAY, model=RetentionPolicy, obj=obj, said=said)


def _version(obj: RetentionPolicy | None) -> str:
    return str(obj.history.values_list("history_id", flat=True).first()) if obj else ""


def _request_of(approval: Approval) -> Any:
    """Return a request of whoever asked, as the admin's own methods expect one."""
    request = HttpRequest()
    request.user = approval.asked_by
    return request


def _form_of(approval: Approval) -> forms.ModelForm:
    obj = second_person.object_of(approval)
    page = admin.site.get_model_admin(RetentionPolicy)
    form = page.get_form(_request_of(approval), obj, change=obj is not None)
    filled: forms.ModelForm = form(second_person.data_of(approval), instance=obj)
    return filled


def _effects_of(approval: Approval) -> Sequence[str]:
    form = _form_of(approval)
    if not form.is_valid():
        return [gettext("This cannot be saved any more.")]
    policy = form.instance
    found = retention.what_if(retention.terms_of(policy), as_of=timezone.now(), active=policy.active)
    changed = [capfirst(str(form.fields[name].label)) for name in form.changed_data if name in form.fields]
    numbers = {"with": counted(found.tonight), "without": counted(found.without)}
    return [
        gettext("Fields that change: %(names)s.") % {"names": ", ".join(changed) or "—"},
        gettext("Contact points that go tonight: %(with)s; without the change, %(without)s.") % numbers,
    ]


def _do(approval: Approval) -> str:
    obj = second_person.object_of(approval)
    if approval.said.get(VERSION) != [_version(obj)]:
        raise second_person.CannotBeDone(gettext("The policy was changed since: somebody has to ask again."))
    form = _form_of(approval)
    if not form.is_valid():
        raise second_person.CannotBeDone(second_person.faults_of(form))
    policy = form.save(commit=False)
    admin.site.get_model_admin(RetentionPolicy).save_model(_request_of(approval), policy, form, obj is not None)
    done = gettext("The policy was saved.")
    second_person.write_down(approval, policy, done)
    return done


RIGHT = "consent.change_retentionpolicy"
ways.of_page(WAY, ways.Way(RIGHT, RIGHT, _("Change a retention policy"), _form_of, _effects_of, _do))
