"""The preference centre's pages. The link is the authority: there is no session, no cookie and nothing else to steal.

GET and HEAD change nothing: mail scanners and previews open links. Every change is a POST, and one that could not be
stored ends in a 5xx with nothing written.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from consent import optin, preferences, tasks
from consent.ledger import PointErased, Proof
from consent.models import SubjectRequest
from consent.preferences import Opened, Page
from consent.preferences.showing import OBSTACLES
from consent.rules.lines import Channel
from consent.views.page import OURS, language_of, page
from consent.views.visitor import proof_of

ONE_CLICK = "One-Click"
_DONE = {
    "saved": gettext_lazy("Your choices are saved."),
    "same": gettext_lazy("You have changed nothing, so everything is as it was."),
    "code": gettext_lazy(
        "Your choices are saved. Some of them count once you confirm them: we are sending a code to your phone."
    ),
    "confirmed": gettext_lazy("Thank you, your choices are confirmed."),
    "stopped": gettext_lazy("We have stopped everything: you will get no more messages or calls from us."),
    "access": gettext_lazy("We have noted that you want a copy of your data, and answer within a month."),
    "erasure": gettext_lazy("We have noted that you want your data erased, and answer within a month."),
}
View = Callable[[HttpRequest, str], HttpResponse]


class _Damaged(ValueError):
    """The form is not as the page gave it out."""


@dataclass(frozen=True, slots=True)
class _Error:
    """What went wrong, and the id of the field to which the summary leads."""

    message: str
    field: str


def _own_page(view: View) -> View:
    """Let a view be opened by its link alone, in the language that was chosen, and leave no trace of the link."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapped(request: HttpRequest, token: str) -> HttpResponse:
        with translation.override(language_of(request)):
            response = view(request, token)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return wrapped


@_own_page
def centre(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of a link, or do what was asked for on it."""
    now = timezone.now()
    try:
        opened = preferences.find(token, at=now)
    except preferences.Unknown:
        return _unknown(request)
    if request.method != "POST":
        return _show(request, token, opened, at=now)
    try:
        return _act(request, token, opened, at=now)
    except _Damaged:
        error = _Error(_("This page was damaged on its way. Nothing was changed: please try again."), "choices")
        return _show(request, token, opened, at=now, errors=[error], status=400)


@_own_page
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """Stop everything for a mail program (RFC 8058), or show a button that does."""
    now = timezone.now()
    try:
        opened = preferences.find(token, at=now)
    except preferences.Unknown:
        return _unknown(request)
    if request.method != "POST":
        return _page(request, "public/preferences_one_click.html", token=token)
    if request.POST.get("List-Unsubscribe") != ONE_CLICK:
        return _page(request, "public/preferences_one_click.html", token=token, status=400)
    preferences.one_click(opened, at=now, evidence=_proof(request, message=f"List-Unsubscribe={ONE_CLICK}"))
    return HttpResponse(str(_DONE["stopped"]), content_type="text/plain; charset=utf-8")


def _act(request: HttpRequest, token: str, opened: Opened, *, at: datetime) -> HttpResponse:
    """Do what the button says that was pressed. Raises _Damaged."""
    match request.POST.get("act"):
        case "save":
            return _save(request, token, opened, at=at)
        case "stop":
            shown = preferences.page(opened, at=at, language=_spoken())
            evidence = _proof(request, shown=shown.as_evidence("stop everything"))
            preferences.stop_everything(opened, at=at, evidence=evidence)
            return _back(token, "stopped")
        case SubjectRequest.Kind.ACCESS | SubjectRequest.Kind.ERASURE as kind:
            try:
                preferences.ask(opened, SubjectRequest.Kind(kind), at=at)
            except PointErased:
                error = _Error(_("Your data has been erased already: there is nothing left."), "requests-title")
                return _show(request, token, opened, at=at, errors=[error], status=409)
            return _back(token, kind)
        case "confirm":
            return _confirm(request, token, opened, at=at)
    raise _Damaged


def _save(request: HttpRequest, token: str, opened: Opened, *, at: datetime) -> HttpResponse:
    language = translation.get_language() or settings.LANGUAGE_CODE
    choices = _changes(request)
    if not choices:
        return _back(token, "same")
    changes = [
        f"{purpose_id} {channel.value}: {'on' if on else 'off'}" for (purpose_id, channel), on in choices.items()
    ]
    shown = preferences.page(opened, at=at, language=language)
    try:
        chosen = preferences.choose(
            opened,
            choices=choices,
            notices=_notices(request, shown),
            language=_spoken(),
            at=at,
            evidence=_proof(request, shown=shown.as_evidence("save", changes)),
        )
    except preferences.NotOffered as refusal:
        errors = [
            _Error(
                str(OBSTACLES[obstacle]) if obstacle else _("The wording has changed meanwhile: please read it again."),
                f"switch-{purpose_id}-{channel.value}",
            )
            for (purpose_id, channel), obstacle in refusal.refused.items()
        ]
        return _show(request, token, opened, at=at, errors=errors, status=409)
    tasks.send_soon(chosen.message_ids)
    return _back(token, "code", challenge=chosen.challenge) if chosen.challenge else _back(token, "saved")


def _confirm(request: HttpRequest, token: str, opened: Opened, *, at: datetime) -> HttpResponse:
    challenge = request.POST.get("challenge", "")
    try:
        confirmed = optin.answer(
            token=challenge, code=request.POST.get("code", ""), at=at, evidence=_proof(request, message="code entered")
        )
    except optin.WrongCode:
        error = _Error(_("This is not the code, or it came too late. Please look at the newest message."), "code")
        return _show(request, token, opened, at=at, errors=[error], status=400, challenge=challenge)
    tasks.send_soon(confirmed.message_ids)
    return _back(token, "confirmed")


def _changes(request: HttpRequest) -> dict[tuple[int, Channel], bool]:
    """Return what the person has switched, as against what the page showed them. Raises _Damaged.

    What has changed meanwhile, as by a STOP from the phone, is not undone by a box that was left as it was.
    """
    ticked, changes = set(request.POST.getlist("on")), {}
    for field in request.POST.getlist("shown"):
        name, _colon, was = field.rpartition(":")
        purpose_id, _colon, channel = name.partition(":")
        if was not in ("on", "off") or channel not in list(Channel):
            raise _Damaged
        if (now := name in ticked) != (was == "on"):
            changes[_id(purpose_id), Channel(channel)] = now
    return changes


def _notices(request: HttpRequest, shown: Page) -> dict[int, int]:
    """Return the wordings that the person had before them, by purpose id. Raises _Damaged.

    Proof is only of what we show: one that the page does not show (any more) in this language is left out.
    """
    current = {section.purpose_id: section.notice.pk for section in shown.sections}
    pairs = (field.partition(":")[::2] for field in request.POST.getlist("notice"))
    posted = {_id(purpose_id): _id(notice_id) for purpose_id, notice_id in pairs}
    return {purpose_id: pk for purpose_id, pk in posted.items() if current.get(purpose_id) == pk}


def _id(text: str) -> int:
    # As many digits as a key may have; more would be an error of the database's.
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise _Damaged
    return int(text)


def _show(
    request: HttpRequest,
    token: str,
    opened: Opened,
    *,
    at: datetime,
    errors: list[_Error] | None = None,
    status: int = 200,
    challenge: str = "",
) -> HttpResponse:
    return _page(
        request,
        "public/preferences.html",
        status=status,
        centre=preferences.page(opened, at=at, language=_spoken()),
        errors=errors or [],
        done=_DONE.get(request.GET.get("done", ""), "") if not errors else "",
        challenge=challenge or request.GET.get("challenge", ""),
    )


def _unknown(request: HttpRequest) -> HttpResponse:
    return _page(request, "public/preferences_unknown.html", status=404)


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return page(request, template, language=_spoken(), languages=OURS, status=status, **context)


def _spoken() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def _back(token: str, done: str, **more: str) -> HttpResponse:
    """Return to the page, which says what was done: pressing reload does it no second time."""
    query = {"lang": _spoken(), "done": done, **more}
    return HttpResponseRedirect(f"{reverse('consent:preferences', args=[token])}?{urlencode(query)}")


def _proof(request: HttpRequest, *, shown: str = "", message: str = "") -> Proof:
    return replace(proof_of(request), shown=shown, message=message)
