"""Filling in: what the hosted form and the till do alike with the form of a collection point."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from consent import forms, places, tasks, tokens
from consent.capture import Captured
from consent.models import CollectionPoint
from consent.views.countries import countries, region_of
from consent.views.page import language_of
from consent.views.visitor import proof_of
from crm.models import Actor

# Hidden from people and screen readers: what fills it in is a program.
TRAP = "homepage"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a form that was sent: what was captured, or what is shown again, and why."""

    filled: forms.Filled
    problems: list[forms.Problem] = field(default_factory=list)
    captured: Captured | None = None


def empty(request: HttpRequest, place: CollectionPoint) -> forms.Filled:
    """Return the form of a place with nothing typed and nothing ticked, in the visitor's language."""
    language = language_of(request, places.languages(place))
    region = region_of(request, place, language=language)
    return forms.Filled(forms.lay_out(place, language=language, region=region, at=timezone.now()), region)


def take_in(request: HttpRequest, place: CollectionPoint, *, kind: str, actor: Actor) -> Taken:
    """Record what a form says that was sent, and have the texts sent that ask for a yes.

    kind: of the page, for the proof. What a program filled in is answered like a person's, and goes nowhere.
    """
    at, fresh = timezone.now(), empty(request, place)
    region = _chosen(request) or fresh.region
    try:
        sheet = forms.as_shown(request.POST.get("shown", ""), place=place, at=at)
    except forms.Stale:
        with translation.override(fresh.sheet.language):
            old = _("This page was open for too long. Please choose again, and send it then.")
        return Taken(forms.without_ticks(fresh.sheet, request.POST, region=region), [forms.Problem("agree", old)])
    filled = forms.fill_in(sheet, request.POST, region=region)
    if request.POST.get(TRAP):
        pending = any(box.name in filled.ticked and box.notice.purpose.needs_confirmation for box in sheet.boxes)
        return Taken(filled, captured=Captured(pending, tokens.new()))
    try:
        with translation.override(sheet.language):
            captured = forms.send(filled, page=kind, proof=proof_of(request), actor=actor, at=at)
    except forms.Unusable as unusable:
        anew = unusable.filled or forms.without_ticks(fresh.sheet, request.POST, region=region)
        return Taken(anew, unusable.problems)
    tasks.send_soon(captured.message_ids)
    return Taken(filled, captured=captured)


def shown(taken: Taken) -> dict[str, Any]:
    """Return what a template needs to show a form."""
    language = taken.filled.sheet.language
    return {
        **wrong(*taken.problems),
        "language": language,
        "filled": taken.filled,
        "countries": countries(language),
        "trap": TRAP,
    }


def wrong(*problems: forms.Problem) -> dict[str, Any]:
    """Return what a template needs to say what is wrong, and the status of the page: 422 where anything is."""
    return {
        "problems": problems,
        "wrong": {each.element: each.text for each in problems},
        "status": 422 if problems else 200,
    }


def _chosen(request: HttpRequest) -> str:
    """Return the country that was chosen, or nothing for what is none."""
    chosen = request.POST.get("region", "")
    return chosen if any(chosen == each.region for each in countries("en")) else ""
