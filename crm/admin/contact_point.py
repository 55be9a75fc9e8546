"""Contact points: who is reachable where. They are made by intake and read here, with their history.

`consent.admin` registers this, as it knows under what a point was erased.
"""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.contact_search import by_words
from crm.admin.history import HistoryAdmin
from crm.admin.uncounted import UncountedAdmin
from crm.models import Contact, ContactPoint
from crm.theme import ReadOnly, display, erased_on, is_number_like


class ContactPointAdmin(UncountedAdmin, ReadOnly, HistoryAdmin):
    empty_hint = _(
        "Nobody is reachable at a number yet. Numbers are added on the page of a contact, by imports and by forms."
    )
    list_display = ("__str__", "contact", "number", "label", "is_primary", "since", "until")
    ordering = ("-pk",)
    list_filter = ("is_primary",)
    list_select_related = ("contact", "line")
    # How they are searched, `get_search_results` says.
    search_fields = ("contact__given_name", "contact__family_name", "contact__organisation", "contact__email")
    search_help_text = _("Name of the contact")
    fields = (
        ("contact", "number", "kind"),
        ("label", "extension", "is_primary"),
        ("since", "until", "superseded_by"),
        ("created_at", "erased_at"),
    )
    readonly_fields = ("number", "kind", "created_at", "erased_at")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if is_number_like(search_term):
            return queryset.none(), False
        return queryset.filter(contact__in=by_words(Contact.objects.order_by(), search_term)), False

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
