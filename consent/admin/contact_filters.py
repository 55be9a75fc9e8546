"""What the list of contacts is filtered by, as far as it is what we may do with them, and until when."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.contact_due import MOST, going_soon
from consent.admin.contact_rows import PurposeOnList, reading_of
from consent.models import Consent
from consent.retention.selection import standing_holds
from consent.rules.states import Status
from consent.words import STATUSES
from crm import bulk
from crm.admin.contact_filters import having, living
from crm.models import ContactPoint
from crm.theme import DropdownFilter, ModelAdmin

# Renewed is given; revoked by somebody else is as good as withdrawn.
_TOGETHER = {
    Status.GIVEN: [status for status in Status if status.permits],
    Status.WITHDRAWN: [Status.WITHDRAWN, Status.REVOKED],
}
_OFFERED = [Status.GIVEN, Status.REQUESTED, Status.REFUSED, Status.WITHDRAWN, Status.EXPIRED, Status.INVALIDATED]
_NOTHING = "none"


class PurposeFilter(DropdownFilter):
    """How somebody stands about one purpose, over any channel, at a number that is theirs now."""

    purpose: PurposeOnList

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((status.value, STATUSES[status]) for status in _OFFERED), (_NOTHING, _("nothing known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in [value for value, _name in self.lookup_choices]:
            return queryset
        consents = Consent.objects.filter(purpose=self.purpose.id)
        if self.value() == _NOTHING:
            known = ContactPoint.objects.filter(pk__in=consents.order_by().values("point"))
            return having(queryset, living()).exclude(pk__in=known.order_by().values("contact"))
        status = Status(str(self.value()))
        consents = consents.filter(status__in=_TOGETHER.get(status, [status]))
        return having(queryset, living().filter(pk__in=consents.order_by().values("point")))


def purpose_filters(request: HttpRequest) -> list[type[PurposeFilter]]:
    """Return a filter for each purpose in use: `purpose_<id>` in the address."""
    return [
        type(
            f"PurposeFilter{each.id}",
            (PurposeFilter,),
            {"title": each.name, "parameter_name": f"purpose_{each.id}", "purpose": each},
        )
        for each in reading_of(request).purposes.values()
        if each.active
    ]


class HeldFilter(DropdownFilter):
    """Whether a legal hold stands on the contact, a number of theirs, or a source behind one."""

    title = _("legal hold")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("held"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "1":
            return queryset
        holds = standing_holds(as_of=timezone.now()).order_by()
        points = ContactPoint.objects.filter(erased_at=None).order_by()
        of_points = points.filter(pk__in=holds.filter(point__isnull=False).values("point"))
        of_sources = points.filter(provenances__source__in=holds.filter(source__isnull=False).values("source"))
        held = holds.filter(contact__isnull=False).values("contact")
        held = held.union(of_points.values("contact"), of_sources.values("contact"), all=True)
        return queryset.filter(pk__in=held)


class DueFilter(DropdownFilter):
    """Whose first number goes soon. It is decided about those that the other filters leave, so it stands last."""

    title = _("goes within")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
        return [(days, _("%(days)s nights") % {"days": days}) for days in ("7", "30", "90")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("7", "30", "90"):
            return queryset
        days = int(str(self.value()))
        ids, cut = going_soon(queryset, reading_of(request), days=days, wanted=_rows_wanted(request))
        if cut:
            request._list_note = (  # type: ignore[attr-defined]
                gettext("More than %(most)d contacts may go by then; the newest of them were looked at.")
                % {"most": MOST}
            )
        return queryset.filter(bulk.one_of("pk", ids, text=False))


def _rows_wanted(request: HttpRequest) -> int:
    """Return how many rows a page needs, with the one that tells of a next; sorted otherwise, all."""
    if request.GET.get(ORDER_VAR):
        return MOST + 1
    page = request.GET.get(PAGE_VAR, "")
    return (int(page) if page.isdecimal() else 1) * ModelAdmin.list_per_page + 1
