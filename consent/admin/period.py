"""The filter of a list by two days, the last one included, in the time zone of whoever looks."""

from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from crm.theme import RangeDateFilter

# The field by which the ledger is filtered, as its parameters name it.
OCCURRED = "occurred_at"


class PeriodFilter(RangeDateFilter):
    """From the beginning of one day to the end of another; what is no day narrows nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        first, last = (self._day(end) for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(first)})
        if last and last < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(last + timedelta(days=1))})
        return queryset

    def _day(self, end: str) -> date | None:
        try:
            return parse_date(str(self.used_parameters.get(f"{self.field_path}_{end}", "")))
        except ValueError:
            return None


def week_from(monday: date) -> dict[str, str]:
    """Return the parameters of a list for the week that begins on a day."""
    return {f"{OCCURRED}_from": monday.isoformat(), f"{OCCURRED}_to": (monday + timedelta(days=6)).isoformat()}


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
