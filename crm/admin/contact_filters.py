"""What the list of contacts is filtered by, as far as it is contact data. No filter reads contacts for its choices."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import phonenumbers
from django.db.models import CharField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import bulk, finding
from crm.models import Contact, ContactPoint, SavedView, Source, Tag
from crm.models.phone_number import LINE_TYPES
from crm.theme import DropdownFilter

FOUND = "found"


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that the page of the list offers; filters: of a saved view alone."""

    id: int
    name: str
    filters: dict[str, str]


def choices(request: HttpRequest) -> dict[str, list[Choice]]:
    """Return the sources ("source"), the tags ("tag") and the saved views ("view") on offer, by one query a request."""
    if not hasattr(request, "_list_choices"):
        views = SavedView.objects.filter(Q(user=request.user.pk) | Q(shared=True))
        parts = [
            _labelled(Source.objects.all(), "source", Value("", output_field=TextField())),
            _labelled(Tag.objects.all(), "tag", Value("", output_field=TextField())),
            _labelled(views, "view", Cast("filters", TextField())),
        ]
        found = defaultdict(list)
        for kind, pk, name, filters in parts[0].union(*parts[1:], all=True).order_by("name", "id"):
            found[kind].append(Choice(pk, name, json.loads(filters) if filters else {}))
        request._list_choices = dict(found)  # type: ignore[attr-defined]
    offered: dict[str, list[Choice]] = request._list_choices  # type: ignore[attr-defined]
    return offered


def _labelled(rows: QuerySet, kind: str, filters: Any) -> QuerySet:
    labelled = rows.order_by().annotate(kind_of=Value(kind, output_field=CharField()), said=filters)
    return labelled.values_list("kind_of", "id", "name", "said")


def having(queryset: QuerySet, points: QuerySet) -> QuerySet:
    """Return those contacts of a queryset that have one of these points."""
    return queryset.filter(pk__in=points.order_by().values("contact"))


def living() -> QuerySet[ContactPoint]:
    """Return the points at which people are reachable now."""
    return ContactPoint.objects.filter(erased_at=None, until=None)


class OfOffered(DropdownFilter):
    """One of the things on offer; its id stands in the address."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(each.id), each.name) for each in choices(request).get(self.parameter_name or "", ())]

    def chosen(self) -> int | None:
        """Return the id that was chosen; one that is not on offer is nothing."""
        return int(self.value() or 0) if self.value() in [value for value, _name in self.lookup_choices] else None


class StatusFilter(DropdownFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
        return Contact.Status.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(status=self.value()) if self.value() else queryset


class CountryFilter(DropdownFilter):
    """A country from a fixed list: asking the table which there are would read all of it."""

    title = _("country")
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(code, code) for code in sorted(phonenumbers.SUPPORTED_REGIONS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        # The second condition is that of the index.
        return queryset.filter(~Q(country=""), country=self.value()) if self.value() else queryset


class TagFilter(OfOffered):
    """A group that contacts are in."""

    title = _("tag")
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(tags__tag=self.chosen()) if self.chosen() else queryset


class SourceFilter(OfOffered):
    """Where a number of theirs came from."""

    title = _("source")
    parameter_name = "source"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.chosen():
            return queryset
        return having(queryset, ContactPoint.objects.filter(erased_at=None, provenances__source=self.chosen()))


class LineTypeFilter(DropdownFilter):
    title = _("line type")
    parameter_name = "line_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[Any]:
        return LINE_TYPES

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        return having(queryset, living().filter(line__number__isnull=False, line__line_type=self.value()))


class FoundFilter(DropdownFilter):
    """What a search for a number has found; it stands among the filters only where there is such a search."""

    title = _("number searched for")
    parameter_name = FOUND

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        token = request.GET.get(FOUND, "")
        return [(token, _("the number that you searched for"))] if token else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        user: Any = request.user
        lines = finding.recall(str(self.value()), user=user, at=timezone.now()) or []
        return having(queryset, bulk.among(ContactPoint.objects, "line", lines).filter(erased_at=None))
