"""Two contacts that are one person: who may be, side by side, what a merge would do, and that it was done for good."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent import merging
from crm import duplicates
from crm.admin.act import ReasonedForm, erased_obstacle
from crm.admin.locking import SAYS_OTHERWISE, VERSION, seal_of, version_of
from crm.duplicates import Why
from crm.merging import differing, look
from crm.models import Actor, Contact

TITLE = _("Merge")
PERMISSION = "crm.merge_contacts"
REASONS = {
    Why.EXTERNAL_ID: _("the same id at the same source"),
    Why.LINE: _("the same number"),
    Why.EMAIL: _("the same e-mail"),
    Why.NAME: _("nearly the same name, and something else in common"),
}
# The button that says that they are two, and the boxes that take the other's value.
NOT_SAME, TAKE = "_not_same", "take"


def suggested(request: HttpRequest, contact: Contact) -> list[dict[str, Any]]:
    """Return who may be the same person, with the reasons in words, for whoever may merge."""
    if not request.user.has_perm(PERMISSION):
        return []
    return [
        {
            "contact": each.contact,
            "reasons": ", ".join(str(REASONS[why]) for why in each.reasons),
            "numbers": [point.line.masked for point in _living(each.contact)],
        }
        for each in duplicates.suggest(contact)
    ]


def page(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Answer the page of a merge: whom, the two side by side, and on POST the merge. Raises PermissionDenied."""
    if request.method not in ("GET", "POST") or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    contact = model_admin.get_object(request, unquote(object_id))
    if contact is None:
        return model_admin._get_obj_does_not_exist_redirect(request, model_admin.opts, object_id)
    if not model_admin.has_view_permission(request, contact):
        raise PermissionDenied
    if obstacle := erased_obstacle(contact):
        messages.error(request, obstacle)
        return HttpResponseRedirect(_address(contact))
    posted = request.POST if request.method == "POST" else request.GET
    asked = posted.get("other", "").strip()
    other = model_admin.get_object(request, asked) if asked.isdecimal() else None
    if other is None or other.pk == contact.pk or erased_obstacle(other):
        error = gettext("There is no other contact with this number that could be merged.") if asked else ""
        return _answer(model_admin, request, contact, error=error, duplicates=suggested(request, contact))
    if NOT_SAME in request.POST:
        duplicates.dismiss(contact, other, user_id=request.user.pk, at=timezone.now())
        messages.success(request, gettext("Noted: these are two people, and are not suggested to each other again."))
        return HttpResponseRedirect(_address(contact))
    return _compare(model_admin, request, contact, other)


def _compare(model_admin: Any, request: HttpRequest, contact: Contact, other: Contact) -> HttpResponse:
    taken = [name for name in request.POST.getlist(TAKE) if name in Contact.PROFILE]
    plan = merging.plan(contact, other, take=taken)
    effects = _effects(request, contact, other, plan)
    # What is ticked on the page is the answer to it, and no part of what it has said.
    seen = seal_of(
        version_of(contact), version_of(other), *_effects(request, contact, other, merging.plan(contact, other))
    )
    form = ReasonedForm(request.POST if request.method == "POST" else None, obj=contact)
    if form.is_valid():
        if request.POST.get(VERSION, seen) != seen:
            form.add_error(None, SAYS_OTHERWISE)
        elif told := _merge(model_admin, request, contact, other, taken, form):
            messages.success(request, told)
            return HttpResponseRedirect(_address(contact))
    return _answer(
        model_admin,
        request,
        contact,
        other=other,
        form=form,
        effects=effects,
        version=seen,
        rows=_side_by_side(contact, other, taken),
        numbers=[[point.line.masked for point in _living(each)] for each in (contact, other)],
        swapped=f"{reverse('admin:crm_contact_merge', args=[other.pk])}?other={contact.pk}",
    )


def _merge(
    model_admin: Any, request: HttpRequest, contact: Contact, other: Contact, taken: list[str], form: ReasonedForm
) -> str:
    """Merge and return what was done; or note on the form why not, and return ""."""
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    try:
        done = merging.merge(
            contact, other, take=taken, actor=actor, at=timezone.now(), reason=form.cleaned_data["reason"]
        )
    except merging.NotMergeable:
        form.add_error(None, gettext("Nothing was done: one of the two was erased or merged just now."))
        return ""
    told = gettext("Contact %(id)s was merged into this one: numbers %(numbers)d, noes carried over %(noes)d.") % {
        "id": other.pk,
        "numbers": done.points,
        "noes": len(done.noes),
    }
    contact.refresh_from_db()
    model_admin.log_change(request, contact, told)
    return told


def _effects(request: HttpRequest, contact: Contact, other: Contact, plan: merging.Plan) -> list[str]:
    """Return in words and numbers what the merge would do, as far as the signed-in person may know of it."""
    may = request.user.has_perm
    said = [
        ngettext(
            "%(count)d number of contact %(other)s becomes one of contact %(contact)s.",
            "%(count)d numbers of contact %(other)s become those of contact %(contact)s.",
            plan.points,
        )
        % {"count": plan.points, "other": other.pk, "contact": contact.pk}
    ]
    for count, words in (
        (len(plan.kept), _("Numbers that both have, of which one entry stays: %(count)d.")),
        (len(plan.noes), _("Refusals and withdrawals of one that from now on hold for both: %(count)d.")),
        (plan.lost, _("Consents that end, as they were given at an entry that does not stay: %(count)d.")),
        (len(plan.fields), _("Fields of the profile that are filled or replaced: %(count)d.")),
        (plan.tags, _("Tags that are added: %(count)d.")),
        (may("consent.view_subjectrequest") and plan.requests, _("Requests that become this contact's: %(count)d.")),
        (may("consent.view_disclosure") and plan.disclosures, _("Disclosures that become this contact's: %(count)d.")),
        (may("consent.view_legalhold") and plan.holds, _("Legal holds that come to stand on this contact: %(count)d.")),
    ):
        if count:
            said.append(str(words) % {"count": count})
    if plan.restricts:
        said.append(gettext("This contact becomes restricted, as the other one is."))
    said.append(gettext("No consent is copied from one to the other, and what was stopped stays stopped."))
    said.append(
        gettext("The history of both stays readable, and is erased together. This cannot be undone: look twice.")
    )
    return said


def _side_by_side(contact: Contact, other: Contact, taken: list[str]) -> list[dict[str, Any]]:
    both = differing(contact, other)
    return [
        {
            "name": name,
            "label": capfirst(str(Contact._meta.get_field(name).verbose_name)),  # type: ignore[union-attr]
            "own": getattr(contact, name),
            "theirs": getattr(other, name),
            "choice": name in both,
            "taken": name in taken,
        }
        for name in Contact.PROFILE
        if getattr(contact, name) or getattr(other, name)
    ]


def _living(contact: Contact) -> list[Any]:
    return [point for point in look(contact, contact).points if point.until is None]


def _address(contact: Contact) -> str:
    return reverse("admin:crm_contact_change", args=[contact.pk])


def _answer(model_admin: Any, request: HttpRequest, contact: Contact, **context: Any) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    about = {"title": TITLE, "opts": model_admin.opts, "original": contact, "back": _address(contact)}
    site = model_admin.admin_site.each_context(request)
    return TemplateResponse(
        request, "admin/consent/contact/merge.html", {**site, **about, "media": model_admin.media, **context}
    )
