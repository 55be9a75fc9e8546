"""The page on which the code is entered that went to a number: the same for every token, of a challenge or not."""

import json
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from consent import optin, tasks
from consent.forms import Problem
from consent.ledger import Proof
from consent.models import CollectionPoint
from consent.views.filling import wrong
from consent.views.page import framed, page
from consent.views.visitor import proof_of


def respond(
    request: HttpRequest, template: str, *, place: CollectionPoint, token: str, done: str, frame: dict[str, Any]
) -> HttpResponse:
    """Show the page, try a code, or send it again. Every failure says the same.

    done: where it goes on from a right code. frame: what the page has besides: see `page`.
    """
    language = frame["language"]
    if request.method == "POST" and "again" in request.POST:
        tasks.send_soon(optin.resend(token=token, at=timezone.now()))
        here = f"{request.path}?lang={language}&sent=1"
        return framed(HttpResponseRedirect(here, status=303), by=frame.get("framed_by", ()))
    if request.method != "POST":
        return page(request, template, **frame, was_sent_again="sent" in request.GET)
    try:
        confirmed = optin.answer(
            token=token,
            code=request.POST.get("code", "")[:40],
            at=timezone.now(),
            evidence=_proof(request, place, language),
        )
    except optin.WrongCode:
        with translation.override(language):
            problem = Problem("code", _("This code is not right, or no longer valid."))
        return page(request, template, **frame, **wrong(problem))
    tasks.send_soon(confirmed.message_ids)
    return framed(HttpResponseRedirect(done, status=303), by=frame.get("framed_by", ()))


def _proof(request: HttpRequest, place: CollectionPoint, language: str) -> Proof:
    """Return the proof that a code came in by the page of a place; what it confirms has a proof of its own."""
    shown = json.dumps({"language": language, "page": "code", "place": place.slug}, sort_keys=True)
    return replace(proof_of(request), shown=shown)
