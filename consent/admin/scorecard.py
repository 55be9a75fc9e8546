"""Sources by quality, as staff read it: on the first page, and whole on a page of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.insight import Scorecard
from consent.models import Figures
from crm.models import Source

TITLE = _("Scorecard")
PERMISSION = "crm.view_source"
# From these shares on a figure is coloured: half of what a list of quality would have.
FEW_VALID, MANY_NOES, MANY_KNOWN = 0.9, 0.05, 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure with its tone: danger, warning, success or none."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A source and its figures."""

    name: str
    link: str
    kind: str
    points: str
    valid: Cell
    noes: Cell
    duplicates: Cell
    notices: Cell
    licence: Cell


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer the page of all sources. Raises PermissionDenied."""
    if request.method != "GET" or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    figures = Figures.objects.first()
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": TITLE,
        "opts": model_admin.opts,
        "figures": figures,
        "sources": rows_of(figures.counts["sources"]) if figures else [],
        "back": reverse("admin:crm_source_changelist"),
    }
    return TemplateResponse(request, "admin/crm/source/scorecard.html", context)


def rows_of(cards: Mapping[str, Mapping[str, int]]) -> list[Row]:
    """Return the sources of these scorecards, those that brought the most people first."""
    sources = Source.objects.in_bulk([int(pk) for pk in cards])
    found = [(Scorecard(**card), source) for pk, card in cards.items() if (source := sources.get(int(pk)))]
    found.sort(key=lambda each: (-each[0].points, each[1].name))
    today = timezone.now().date()
    return [_row(card, source, today=today) for card, source in found]


def _row(card: Scorecard, source: Source, *, today: date) -> Row:
    return Row(
        name=source.name,
        link=reverse("admin:crm_source_change", args=[source.pk]),
        kind=str(source.get_kind_display()),
        points=number_format(card.points, force_grouping=True),
        valid=_share(card.valid, "warning" if card.valid is not None and card.valid < FEW_VALID else ""),
        noes=_share(card.opting_out, "danger" if (card.opting_out or 0) >= MANY_NOES else "", of=card.opted_out),
        duplicates=_share(card.duplicates, "warning" if (card.duplicates or 0) >= MANY_KNOWN else ""),
        notices=_notices(card),
        licence=_licence(source, today=today),
    )


def _share(share: float | None, tone: str, *, of: int | None = None) -> Cell:
    if share is None:
        return Cell("—")
    percent = number_format(round(100 * share, 1), decimal_pos=1) + " %"
    return Cell(percent if of is None else f"{percent} ({number_format(of, force_grouping=True)})", tone)


def _notices(card: Scorecard) -> Cell:
    if card.late:
        late = number_format(card.late, force_grouping=True)
        return Cell(gettext("%(count)s late") % {"count": late}, "danger")
    if card.untold:
        untold = number_format(card.untold, force_grouping=True)
        return Cell(gettext("%(count)s to be told") % {"count": untold}, "warning")
    return Cell("—")


def _licence(source: Source, *, today: date) -> Cell:
    ends = source.licence_ends_on
    if ends is None:
        return Cell("—")
    left = (ends - today).days
    said = gettext("ended %(days)s days ago") if left < 0 else gettext("ends in %(days)s days")
    return Cell(said % {"days": abs(left)}, "danger" if left < 0 else "warning" if left <= 30 else "")
