"""Legal holds: while one stands, nothing under it is erased. A hold is released with a reason, never deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import IntegrityError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from consent.models import LegalHold
from crm import faults, phones
from crm.admin.act import Act, ActForm, run_act
from crm.admin.history import HistoryAdmin, ReasonForm
from crm.models import Contact, ContactPoint, Origin, Provenance, attributed_to
from crm.theme import ActionVariant, action, badge, display


class HoldForm(ReasonForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("contact", "point"):
            if getattr(cleaned.get(name), "erased_at", None):
                self.add_error(name, gettext("This was erased: there is nothing left to hold."))
        if getattr(cleaned.get("contact"), "status", "") == Contact.Status.MERGED:
            self.add_error("contact", gettext("This was merged into another contact: hold that one."))
        return cleaned

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if phones.mentions_number(reason):
            raise forms.ValidationError(faults.message("number_in_text"))
        return reason


class Release(Act):
    title = _("Release hold")
    submit = _("Release")
    permission = "consent.change_legalhold"
    danger = True

    def obstacle(self) -> str:
        return gettext("This hold was released already.") if self.obj.released_at else ""

    def effects(self) -> list[str]:
        held = _points_under(self.obj).count()
        return [
            ngettext(
                "%(count)d contact point is kept by this hold.", "%(count)d contact points are kept by this hold.", held
            )
            % {"count": held},
            gettext("Those of them that are due by the retention policies are erased in the next night."),
        ]

    def perform(self, form: ActForm) -> str:
        with attributed_to(Origin(self.actor, self.now, form.cleaned_data["reason"], channel="admin")):
            self.obj.released_at = self.now
            self.obj.save(update_fields=["released_at"])
        return gettext("The hold was released.")


def _points_under(hold: LegalHold) -> QuerySet[ContactPoint]:
    """Return the contact points that a hold is on, and that are not erased."""
    points = ContactPoint.objects.filter(erased_at=None)
    if hold.source_id:
        return points.filter(pk__in=Provenance.objects.filter(source=hold.source_id).values("point"))
    return points.filter(pk=hold.point_id) if hold.point_id else points.filter(contact=hold.contact_id)


@admin.register(LegalHold)
class LegalHoldAdmin(HistoryAdmin):
    form = HoldForm
    empty_hint = _(
        "Nothing is held back. Place a hold on a contact, a number or a source while a claim or an order stands."
    )
    list_display = ("__str__", "on", "state", "author", "placed_at", "ends_at")
    list_filter = (("released_at", admin.EmptyFieldListFilter),)
    list_select_related = ("contact", "point__contact", "source", "author")
    autocomplete_fields = ("contact", "point", "source")
    readonly_fields = ("state", "author", "placed_at", "released_at")
    fieldsets = (
        (_("On one of these"), {"fields": ("contact", "point", "source")}),
        (None, {"fields": ("reason", "ends_at", ("state", "author"), ("placed_at", "released_at"))}),
    )
    actions_detail = ("release",)

    @display(description=_("on"))
    def on(self, obj: LegalHold) -> str:
        if obj.point:
            return f"{obj.point} ({obj.point.contact})"
        return str(obj.contact or obj.source)

    @display(description=_("state"))
    def state(self, obj: LegalHold) -> str:
        if obj.released_at:
            return badge(gettext("released"))
        if obj.ends_at and obj.ends_at <= timezone.now():
            return badge(gettext("ended"))
        return badge(gettext("in force"), "warning")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return getattr(obj, "released_at", None) is None and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "contact", "point", "source") if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple]:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            fieldsets[1] = (None, {"fields": ("reason", "ends_at")})
        return fieldsets

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # What it is on was erased after the form had looked: looking again, it says so.
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.author, obj.placed_at = request.user, timezone.now()
        super().save_model(request, obj, form, change)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        hold = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if hold and not hold.released_at else []

    @action(
        description=Release.title,
        url_path="release",
        permissions=[Release.permission],
        variant=ActionVariant.WARNING,
        icon="lock_open",
    )
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Release)
