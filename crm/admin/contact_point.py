"""Contact points: who is reachable where. They are made by intake and read here, with their history.

`consent.admin` registers this, as it knows under what a point was erased.
"""

from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.history import HistoryAdmin
from crm.models import ContactPoint
from crm.theme import ReadOnly, display, erased_on


class ContactPointAdmin(ReadOnly, HistoryAdmin):
    empty_hint = _(
        "Nobody is reachable at a number yet. Numbers are added on the page of a contact, by imports and by forms."
    )
    list_display = ("__str__", "contact", "number", "label", "is_primary", "since", "until")
    list_filter = ("is_primary",)
    list_select_related = ("contact", "line")
    search_fields = ("contact__given_name", "contact__family_name", "contact__organisation", "=pk")
    search_help_text = _("Name of the contact")
    fields = (
        ("contact", "number", "kind"),
        ("label", "extension", "is_primary"),
        ("since", "until", "superseded_by"),
        ("created_at", "erased_at"),
    )
    readonly_fields = ("number", "kind", "created_at", "erased_at")

    @display(description=_("number"))
    def number(self, obj: ContactPoint) -> str:
        if obj.erased_at or obj.line is None:
            return erased_on(obj.erased_at) if obj.erased_at else "—"
        return obj.line.masked

    @display(description=_("kind of line"))
    def kind(self, obj: ContactPoint) -> str:
        if obj.line is None:
            return "—"
        words = f"{obj.line.region} {obj.line.get_line_type_display()}".strip()
        if obj.line.is_reserved:
            return gettext("%(line)s, reserved for examples: never sent to") % {"line": words}
        return words

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crm.view_contactpoint")
