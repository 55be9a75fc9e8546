"""The list of contacts, with what we may do with each: numbers masked, a badge per consent, sources, and the end."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.contact_filters import DueFilter, HeldFilter, purpose_filters
from consent.admin.contact_rows import Reading, reading_of
from consent.admin.words import COLOURS, STATUSES
from consent.models import CHANNELS
from consent.rules.retention import Ground
from crm.admin import contact_list
from crm.admin.uncounted import all_sorted
from crm.models import Contact
from crm.theme import badge, display, timed_day

# What is shown of each; the others are counted.
MOST_NUMBERS, MOST_SOURCES = 2, 2
_GROUNDS = {
    Ground.LEGAL_HOLD: _("kept: legal hold"),
    Ground.RESTRICTED: _("kept: restricted"),
    Ground.CONSENT: _("kept: consent"),
    Ground.SOURCE_PURPOSE: _("kept: its source serves another basis"),
    Ground.NOT_YET: _("not within ten years"),
    Ground.NO_POLICY: _("no policy asks"),
}


class ContactChanges(contact_list.ContactChanges):
    """The list, with what is read of its rows."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        found = super().get_queryset(request, exclude_parameters)
        # Whoever goes soon was found by id: these few need not be looked for among the newest again.
        is_found = DueFilter.parameter_name in self.filter_params and not self.params.get(ORDER_VAR)
        return all_sorted(found) if is_found else found

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.reading = reading_of(request)
        self.reading.read(self.result_list)
        for each in self.result_list:
            each.reading = self.reading
            each.may_see_holds = request.user.has_perm("consent.view_legalhold")
        note = getattr(request, "_list_note", "")
        self.notes = [note] if note else []


class ListedContacts(contact_list.ListedContacts):
    """What the list of contacts shows, for `ContactAdmin`."""

    list_display: Sequence[Any] = ("name", "numbers", "consents", "sources", "goes", "state", "added")

    class Media:
        css = {"all": ["crm/list.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ContactChanges]:
        return ContactChanges

    def get_list_display(self, request: HttpRequest) -> list[str]:
        needs = {"consents": "consent.view_consent", "sources": "crm.view_provenance"}
        return [each for each in self.list_display if each not in needs or request.user.has_perm(needs[each])]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        found = super().get_list_filter(request)
        if request.user.has_perm("consent.view_consent"):
            found = [*purpose_filters(request), *found]
        if request.user.has_perm("consent.view_legalhold"):
            found.append(HeldFilter)
        return [*found, DueFilter]

    @display(description=_("numbers"))
    def numbers(self, obj: Any) -> str:
        points = [point for point in _reading(obj).points[obj.pk] if point.living]
        shown = [point.number for point in points[:MOST_NUMBERS]]
        return _lines(shown, more=len(points) - len(shown))

    @display(description=_("consents"))
    def consents(self, obj: Any) -> str:
        reading = _reading(obj)
        standing: dict[int, dict[Any, set[str]]] = defaultdict(lambda: defaultdict(set))
        for point in reading.points[obj.pk]:
            for each in point.standings if point.living else ():
                standing[each.purpose_id][each.status].add(each.channel)
        badges = [
            (badge(_said(purpose.name, status, channels, alone=len(standing[pk]) == 1), COLOURS[status]),)
            for pk, purpose in reading.purposes.items()
            for status, channels in sorted(standing[pk].items() if pk in standing else ())
        ]
        return format_html('<div class="desk-badges">{}</div>', format_html_join("", "{}", badges)) if badges else "—"

    @display(description=_("sources"))
    def sources(self, obj: Any) -> str:
        names = list(dict.fromkeys(name for point in _reading(obj).points[obj.pk] for name in point.sources))
        return _lines(names[:MOST_SOURCES], more=len(names) - MOST_SOURCES)

    @display(description=_("goes on"))
    def goes(self, obj: Any) -> str:
        if obj.erased_at or not _reading(obj).points[obj.pk]:
            return "—"
        going = _reading(obj).going(obj.pk)
        if going.night is not None:
            day = timed_day(going.night)
            return badge(gettext("tonight") if going.nights_ahead == 0 else day, _urgency(going.nights_ahead or 0))
        if going.ground is Ground.LEGAL_HOLD and not obj.may_see_holds:
            return gettext("kept")
        return str(_GROUNDS[going.ground]) if going.ground else "—"


def _reading(obj: Contact) -> Reading:
    return obj.reading  # type: ignore[attr-defined]


def _urgency(nights: int) -> str:
    return "danger" if nights == 0 else "warning" if nights < 30 else ""


def _said(purpose: str, status: Any, channels: set[str], *, alone: bool) -> str:
    """Return the words of a badge; the channels are named where the purpose stands differently over another."""
    words = f"{purpose}: {STATUSES[status]}"
    return words if alone else f"{words} ({', '.join(str(name) for key, name in CHANNELS if key in channels)})"


def _lines(texts: Sequence[str], *, more: int) -> str:
    """Return texts below each other, and how many more there are."""
    if more > 0:
        texts = [*texts, gettext("and %(count)d more") % {"count": more}]
    return format_html_join("", '<div class="whitespace-nowrap">{}</div>', ((text,) for text in texts)) or "—"
