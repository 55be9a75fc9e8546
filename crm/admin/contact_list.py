"""The list of contacts: uncounted, searched by post, filtered by what an index knows, with views that are kept."""

from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin import contact_search, saved_views
from crm.admin.contact_filters import (
    FOUND,
    CountryFilter,
    FoundFilter,
    LineTypeFilter,
    SourceFilter,
    StatusFilter,
    TagFilter,
    choices,
)
from crm.admin.uncounted import UncountedAdmin, UncountedList
from crm.models import Contact
from crm.theme import display, erased_on, is_number_like, timed


class ContactChanges(UncountedList):
    """The list, with what its search box keeps and the views that it offers."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The search box posts these along: a new search is within the filters that stand.
        self.kept = self.get_query_string(remove=[SEARCH_VAR, FOUND])
        here = {name: values[-1] for name, values in self.filter_params.items() if name not in (SEARCH_VAR, FOUND)}
        self.views = [
            {"name": each.name, "address": saved_views.address(each.filters), "current": each.filters == here}
            for each in choices(request).get("view", ())
            # What somebody else may filter by and shares, one may not have oneself.
            if set(each.filters) <= {getattr(spec, "parameter_name", None) for spec in self.filter_specs}
        ]
        self.is_filtered = bool(here)
        self.can_keep = self.is_filtered and not any(view["current"] for view in self.views)
        self.is_found = FOUND in self.filter_params


class ListedContacts(UncountedAdmin):
    """What the list of contacts shows and how it is asked, for `ContactAdmin`."""

    opts: Any
    admin_site: Any
    list_filter: Any = (FoundFilter, StatusFilter, CountryFilter, LineTypeFilter, SourceFilter, TagFilter)
    list_before_template = "admin/crm/contact/list_before.html"
    # By these the words of a search are told to be one; how they are searched, `get_search_results` says.
    search_fields = ("given_name", "family_name", "organisation", "email")
    search_help_text = _("Name, e-mail, number or last digits")
    # What is sorted by must have an index, or a million rows are sorted for a page.
    sortable_by = ("added",)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[UncountedList]:
        return ContactChanges

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("search/", self.admin_site.admin_view(self.search_view), name="crm_contact_search"),
            path("views/", self.admin_site.admin_view(self.views_view), name="crm_contact_views"),
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def search_view(self, request: HttpRequest) -> HttpResponse:
        return contact_search.search(self, request)

    def views_view(self, request: HttpRequest) -> HttpResponse:
        return saved_views.page(self, request)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        hidden = set()
        if not request.user.has_perm("crm.view_provenance"):
            hidden.add(SourceFilter)
        if not request.user.has_perm("crm.view_contacttag"):
            hidden.add(TagFilter)
        return [each for each in self.list_filter if each not in hidden]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        if is_number_like(search_term):
            return queryset.none(), False
        return contact_search.by_words(queryset, search_term), False

    @display(description=_("name"))
    def name(self, obj: Contact) -> str:
        if obj.status == Contact.Status.MERGED:
            return gettext("merged into contact %(id)s") % {"id": obj.merged_into_id}
        return erased_on(obj.erased_at) if obj.erased_at else str(obj)

    @display(description=_("added"), ordering="pk")
    def added(self, obj: Contact) -> str:
        return timed(obj.created_at)
