"""Lists that are not counted: of a million rows COUNT(*) takes longer than all the rest of a page.

A page takes one row more than it shows, and so knows whether there is a next one.

Rows of which a filter leaves some are looked for among the newest ones: where many are left, they are there. Where a
few are, these tell how far one has to look, if it is not too far. If that is not far enough, all that are left are
taken and sorted, which costs what they are. Left to itself the database would walk from the newest row to the oldest
for as long as the page is not full, and the rows of one import lie all together.
"""

from typing import Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import EmptyPage, InvalidPage, Page, PageNotAnInteger, Paginator
from django.db.models import F, Model
from django.http import HttpRequest
from django.utils.translation import gettext

# Nobody turns more pages; the database would walk over all rows before them.
DEEPEST = 200
# How many of the newest rows are looked through first, and how many at most before all that are left are taken.
NEWEST, FARTHEST = 5000, 100_000


class UncountedPage(Page):
    """A page that knows by itself whether there is a next one."""

    more: bool

    def has_next(self) -> bool:
        return self.more


class Uncounted(Paginator):
    """Gives pages out without counting what is on the others."""

    template_name = "admin/uncounted.html"

    def page(self, number: Any) -> UncountedPage:
        """Return a page. Raises PageNotAnInteger, EmptyPage: before the first, or too deep."""
        try:
            number = int(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger(gettext("That page number is not an integer")) from None
        if not 0 < number <= DEEPEST:
            raise EmptyPage(gettext("There is no such page"))
        first = (number - 1) * self.per_page
        rows = newest_first(self.object_list, first, first + self.per_page + 1)
        page = UncountedPage(rows[: self.per_page], number, self)
        page.more = len(rows) > self.per_page
        return page


def newest_first(rows: Any, first: int, end: int) -> list[Any]:
    """Return the rows from `first` to before `end` of a queryset; one that is not sorted by -pk is taken as it is."""
    order = rows.query.order_by or rows.model._meta.ordering
    if not rows.query.where or tuple(order) not in (("-pk",), ("-id",)):
        return list(rows[first:end])
    if not (before := before_newest(rows.model)):
        return list(rows[first:end])
    near = list(rows.filter(pk__gt=before)[first:end])
    if 0 < len(near) < end - first and (wider := 2 * NEWEST * end // (first + len(near))) <= FARTHEST:
        near = list(rows.filter(pk__gt=before - wider + NEWEST)[first:end])
    return near if len(near) == end - first else list(all_sorted(rows)[first:end])


def before_newest(model: type[Model]) -> int:
    """Return the id of the last row before the NEWEST ones of a model; 0 where there are no more.

    It is asked for by itself: the planner of a database reckons with a number, and not with what a subquery will say.
    """
    ids = model._base_manager.order_by("-pk").values_list("pk", flat=True)
    return ids[NEWEST : NEWEST + 1].first() or 0


def all_sorted(rows: Any) -> Any:
    """Return a queryset sorted by -pk in a way that no index helps: what it leaves is found first, and then sorted."""
    return rows.order_by((F("pk") + 0).desc())


class MoreThan(int):
    """One more than this many were seen; how many there are was not counted."""

    def __str__(self) -> str:
        return gettext("more than %(count)s") % {"count": int(self) - 1}


class UncountedList(ChangeList):
    """The list of a model, uncounted."""

    def get_results(self, request: HttpRequest) -> None:
        self.paginator: Any = Uncounted(self.queryset, self.list_per_page)
        try:
            page = self.paginator.page(self.page_num)
        except InvalidPage:
            raise IncorrectLookupParameters from None
        self.result_list: Any = page.object_list
        self.first = (self.page_num - 1) * self.list_per_page + 1
        self.last = self.first + len(self.result_list) - 1
        self.has_next = page.has_next() and self.page_num < DEEPEST
        self.is_cut = page.has_next() and self.page_num == DEEPEST
        self.result_count: Any = MoreThan(self.last + 1) if page.has_next() else self.last
        # The same: or the head of the page would offer to show all.
        self.full_result_count = self.result_count
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = True


class UncountedAdmin:
    """For the admin of a model of which there may be millions."""

    paginator = Uncounted
    # Beside each choice of each filter would stand a COUNT(*).
    show_facets = ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UncountedList
