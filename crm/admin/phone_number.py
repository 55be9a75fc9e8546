"""Phone numbers: the lines, masked. A number never changes; a corrected one is another line.

`consent.admin` registers this, with the page on which one is shown in full.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import intake
from crm.admin.act import Act, ActForm, DatedForm, run_act
from crm.admin.uncounted import UncountedAdmin
from crm.models import PhoneNumber
from crm.models.phone_number import LINE_TYPES
from crm.theme import ActionVariant, DropdownFilter, ModelAdmin, ReadOnly, action, display, erased_on


class LineTypeFilter(DropdownFilter):
    title = _("line type")
    parameter_name = "line_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[Any]:
        return LINE_TYPES

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        # A line whose number is gone has no type; that it is there is the condition of the index.
        return queryset.filter(number__isnull=False, line_type=self.value()) if self.value() else queryset


class Reassign(Act):
    title = _("Record reassignment")
    submit = _("Record")
    permission = "crm.change_phonenumber"
    form_class = DatedForm
    danger = True

    def obstacle(self) -> str:
        return "" if self.obj.number is not None else gettext("We do not hold this number any more.")

    def effects(self) -> list[str]:
        living = self.obj.points.filter(erased_at=None, until=None).count()
        return [
            gettext("The carrier has given this number to somebody else, as of the date below."),
            gettext("Contacts that we know at it: %(count)d. What they had agreed to before that date is void.")
            % {"count": living},
            gettext("Nobody may be called or texted at it on such consent; only the new owner's own consent counts."),
            gettext("A date cannot be taken back; a later one can be recorded."),
        ]

    def perform(self, form: ActForm) -> str:
        intake.reassign(self.obj, at=form.cleaned_data["when"])
        return gettext("The reassignment was recorded.")


class PhoneNumberAdmin(UncountedAdmin, ReadOnly, ModelAdmin):
    empty_hint = _("No number is held yet. Numbers are added on the page of a contact, by imports and by forms.")
    list_display = ("__str__", "masked_number", "region", "line_type", "verified_at", "created_at", "erased_at")
    list_filter = (LineTypeFilter, ("erased_at", admin.EmptyFieldListFilter))
    fields = (
        ("masked_number", "region", "line_type", "reserved"),
        ("verified_at", "reassigned_at"),
        ("created_at", "erased_at"),
        ("reopened_at", "reopened_as"),
        "key_id",
    )
    readonly_fields = ("masked_number", "reserved", "created_at", "reopened_as", "key_id")
    actions_detail: Sequence[str] = ("reassign",)

    @display(description=_("number"))
    def masked_number(self, obj: PhoneNumber) -> str:
        return erased_on(obj.erased_at) if obj.erased_at else obj.masked

    @display(description=_("reserved for examples"), boolean=True)
    def reserved(self, obj: PhoneNumber) -> bool:
        """Return whether the number must never be sent to."""
        return obj.is_reserved

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        line = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if line and line.number is not None else []

    @action(
        description=Reassign.title,
        url_path="reassign",
        permissions=[Reassign.permission],
        variant=ActionVariant.WARNING,
        icon="swap_horiz",
    )
    def reassign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Reassign)
