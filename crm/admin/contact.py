"""Contacts. `consent.admin` registers this, with what we may do with the contact added to it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import intake, merging
from crm.admin.act import run_act
from crm.admin.contact_acts import AddNumber, EndNumber, LiftRestriction, ReplaceNumber, Restrict
from crm.admin.contact_form import ContactForm, NewNumberForm, NewNumbers, barred
from crm.admin.contact_list import ListedContacts
from crm.admin.history import HistoryAdmin
from crm.admin.locking import require_latest
from crm.admin.tag import AddTag, RemoveTag
from crm.models import Actor, Contact, ContactPoint, Outcome, Source
from crm.theme import ActionVariant, TabularInline, action, badge, display, erased_on

# Where the faults of an attempt that was rolled back wait for the form that is shown again.
_FAULTS = "_contact_faults"
_COLOURS = {"live": "success", "restricted": "warning", "erased": "danger", "merged": ""}


class NewNumberInline(TabularInline):
    """The contact's numbers: those that are there above, masked; rows for new ones below."""

    model = ContactPoint
    fk_name = "contact"
    form = NewNumberForm
    formset = NewNumbers
    fields = ("number", "label")
    verbose_name = _("number")
    verbose_name_plural = _("numbers")
    max_num = 20
    template = "admin/crm/contact/inline.html"
    template_before = "admin/crm/contact/numbers.html"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        return type(formset.__name__, (formset,), {"faults": getattr(request, _FAULTS, ())})


class ContactAdmin(ListedContacts, HistoryAdmin):
    """People: the profile is typed, the numbers are entered once and then masked; everything is stored by intake."""

    form = ContactForm
    # Lines are locked before contacts, everywhere: `save_related` looks again under the locks of intake.
    locks_row = False
    inlines = (NewNumberInline,)
    empty_hint = _(
        "Nobody is held yet. Add a contact, import a list under “Import batches”, or open a collection point."
    )
    readonly_fields = ("tagged", "state", "created_at", "last_interaction_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("given_name", "family_name"),
                    ("organisation", "email"),
                    ("country", "language"),
                    "address",
                    "notes",
                    "tagged",
                    ("state", "created_at", "last_interaction_at"),
                )
            },
        ),
    )
    actions_detail: Sequence[Any] = (
        {"title": _("Numbers"), "icon": "call", "items": ["add_number", "replace_number", "end_number"]},
        {"title": _("Tags"), "icon": "sell", "items": ["add_tag", "remove_tag"]},
        {"title": _("Rights"), "icon": "gavel", "items": ["restrict", "lift_restriction"]},
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple]:
        fieldsets = super().get_fieldsets(request, obj)
        name, options = fieldsets[0]
        fields = options["fields"]
        if obj is None:
            fields = fields[:-2]
        elif not request.user.has_perm("crm.view_contacttag"):
            fields = tuple(field for field in fields if field != "tagged")
        return [(name, {**options, "fields": fields}), *fieldsets[1:]]

    @display(description=_("status"))
    def state(self, obj: Contact) -> str:
        said = erased_on(obj.erased_at) if obj.erased_at else obj.get_status_display()
        if obj.status != Contact.Status.MERGED:
            return badge(said, _COLOURS[obj.status])
        survivor = reverse("admin:crm_contact_change", args=[obj.merged_into_id])
        into = gettext("into contact %(id)s") % {"id": obj.merged_into_id}
        link = '{} <a class="text-primary-600 dark:text-primary-400" href="{}">{}</a>'
        return format_html(link, badge(said, _COLOURS[obj.status]), survivor, into)

    @display(description=_("tags"))
    def tagged(self, obj: Contact) -> str:
        tags = obj.tags.select_related("tag").order_by("tag__name")
        return format_html_join(" ", "{}", ((badge(each.tag),) for each in tags)) or "—"

    # --- saving, by one call of intake.store

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        gone = getattr(obj, "status", None) in (Contact.Status.ERASED, Contact.Status.MERGED)
        return not gone and super().has_change_permission(request, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if request.method == "POST" and object_id and (refusal := self._refuse_erased(request, object_id)):
            return refusal
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except intake.Rejected as rejected:
            # Everything was rolled back: show the form again, with the reasons at their fields.
            setattr(request, _FAULTS, rejected.faults)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def _refuse_erased(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Answer a form that was opened before the contact was erased, or merged."""
        contact = self.get_object(request, unquote(object_id))
        if contact is None or not request.user.has_perm("crm.change_contact"):
            return None
        if contact.erased_at:
            said = erased_on(contact.erased_at)
            told: str = format_html(gettext("Nothing was saved: this contact was {erased}."), erased=said)
        elif contact.status == Contact.Status.MERGED:
            told = gettext("Nothing was saved: this contact was merged meanwhile. What it had is here.")
        else:
            return None
        messages.error(request, told)
        contact = merging.survivor_of(contact) if contact.status == Contact.Status.MERGED else contact
        return HttpResponseRedirect(reverse("admin:crm_contact_change", args=[contact.pk]))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"faults": getattr(request, _FAULTS, ())})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save nothing yet: `save_related` stores the profile and the numbers together."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        (new,) = formsets or (None,)
        contact, numbers = form.instance, new.numbers() if new else []
        profile = form.profile(adding=not change)
        if not change and not profile and not numbers:
            raise intake.Rejected(intake.Fault("contact", "nobody"))
        source = Source.objects.for_staff()
        region = form.cleaned_data.get("country") or source.default_region
        now = timezone.now()
        stored = intake.store(
            intake.Row(profile=profile, numbers=numbers, contact_id=contact.pk),
            source=source,
            actor=Actor.staff(request.user),  # type: ignore[arg-type]
            at=now,
            reason=form.cleaned_data.get("change_reason") or gettext("edited in admin"),
            region=region,
        )
        if stored.outcome is Outcome.SUPPRESSED:
            raise intake.Rejected(*barred(numbers, region=region) or [intake.Fault("contact", "suppressed")])
        if change:
            require_latest(request, contact, at=now)
        contact.pk = stored.contact_id
        contact.refresh_from_db()
        request.known_already = not change and stored.outcome is not Outcome.CREATED  # type: ignore[attr-defined]
        if new:
            new.new_objects = list(ContactPoint.objects.filter(pk__in=stored.point_ids))
            new.changed_objects = new.deleted_objects = []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if getattr(request, "known_already", False):
            return self.log_change(request, obj, message)
        return super().log_addition(request, obj, message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        if not getattr(request, "known_already", False):
            return super().response_add(request, obj, post_url_continue)
        messages.warning(request, gettext("This person was here already: what you typed was added to the contact."))
        return HttpResponseRedirect(reverse("admin:crm_contact_change", args=[obj.pk]))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        contact = kwargs.get("obj")
        if contact is not None:
            points = contact.points.select_related("line", "superseded_by__line")
            context["numbers"] = points.order_by("-is_primary", "pk")
        return super().render_change_form(request, context, *args, **kwargs)

    # --- acts

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        contact = self.get_object(request, str(object_id))
        if contact is None or contact.status in (Contact.Status.ERASED, Contact.Status.MERGED):
            return []
        hidden = "lift_restriction" if contact.status == Contact.Status.LIVE else "restrict"
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if each.action_name != f"crm_contact_{hidden}"]

    @action(description=AddNumber.title, url_path="add-number", permissions=[AddNumber.permission])
    def add_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, AddNumber)

    @action(description=ReplaceNumber.title, url_path="replace-number", permissions=[ReplaceNumber.permission])
    def replace_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, ReplaceNumber)

    @action(description=EndNumber.title, url_path="end-number", permissions=[EndNumber.permission])
    def end_number(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, EndNumber)

    @action(description=AddTag.title, url_path="add-tag", permissions=[AddTag.permission])
    def add_tag(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, AddTag)

    @action(description=RemoveTag.title, url_path="remove-tag", permissions=[RemoveTag.permission])
    def remove_tag(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RemoveTag)

    @action(
        description=Restrict.title,
        url_path="restrict",
        permissions=[Restrict.permission],
        variant=ActionVariant.WARNING,
    )
    def restrict(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Restrict)

    @action(description=LiftRestriction.title, url_path="lift-restriction", permissions=[LiftRestriction.permission])
    def lift_restriction(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, LiftRestriction)
