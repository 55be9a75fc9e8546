"""The till: a compact page for a tablet in a shop, which staff open with a key and hand to the customer.

It shows nothing that is stored, and says of no number whether it is known. What opens it is a signed cookie that holds
the key's id and the time, nothing more; the key itself is looked at with every request, so that a revoked one shuts
the till at once.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import optin, places
from consent.forms import Problem
from consent.models import ApiKey, CollectionPoint
from consent.views import confirm
from consent.views.filling import Taken, empty, shown, take_in, wrong
from consent.views.page import address, language_of, page
from consent.views.visitor import missing, place_of
from crm.models import Actor, Source

KINDS = (Source.Kind.POINT_OF_SALE,)
THANKS_SECONDS = 5
COOKIE = "till"
_SALT = "consent.till"

_View = Callable[..., HttpResponse]


def _of_place(view: _View) -> _View:
    """Give a view the collection point instead of its slug."""

    @wraps(view)
    def found(request: HttpRequest, slug: str, **arguments: str) -> HttpResponse:
        place = place_of(slug, kinds=KINDS)
        return view(request, place, **arguments) if place else missing(request)

    return found


def _of_open_till(view: _View) -> _View:
    """Give a view the collection point, and only while somebody with a key has its till open."""

    @_of_place
    @wraps(view)
    def guarded(request: HttpRequest, place: CollectionPoint, **arguments: str) -> HttpResponse:
        if not _is_open(request, place, at=timezone.now()):
            return _ask_for_key(request, place)
        return view(request, place, **arguments)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@_of_open_till
def till(request: HttpRequest, place: CollectionPoint) -> HttpResponse:
    """Show the empty form, or take it in."""
    if request.method != "POST":
        return _show(request, Taken(empty(request, place)))
    taken = take_in(request, place, kind="till", actor=Actor(f"till {place.pk}"))
    if taken.captured is None:
        return _show(request, taken)
    language = taken.filled.sheet.language
    if taken.captured.pending:
        where = address("till_code", language, place.slug, taken.captured.token)
    else:
        where = address("till_thanks", language, place.slug)
    return HttpResponseRedirect(where, status=303)


@require_POST
@_of_place
def open_till(request: HttpRequest, place: CollectionPoint) -> HttpResponse:
    """Open a till for a shift with a key of its place; every other key is refused in the same words."""
    at = timezone.now()
    try:
        key = places.authenticate(request.POST.get("key", "").strip(), scope=ApiKey.Scope.KIOSK, at=at)
    except (places.BadKey, places.MissingScope):
        key = None
    if key is None or key.collection_point_id != place.pk:
        return _ask_for_key(request, place, is_wrong=True)
    places.count_request(key, at=at)  # when it was used last, for whoever looks for keys that nobody needs
    response = HttpResponseRedirect(address("till", _spoken(request, place), place.slug), status=303)
    response.set_cookie(
        COOKIE,
        signing.dumps([key.pk, at.isoformat()], salt=_SALT),
        max_age=_shift(),
        path=_path(place),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


@require_POST
@_of_place
def lock(request: HttpRequest, place: CollectionPoint) -> HttpResponse:
    """End the shift: the till asks for its key again."""
    response = HttpResponseRedirect(address("till", _spoken(request, place), place.slug), status=303)
    response.delete_cookie(COOKIE, path=_path(place), samesite="Strict")
    return response


@require_safe
@_of_open_till
def thanks(request: HttpRequest, place: CollectionPoint) -> HttpResponse:
    """Say thank you for a moment, the same to everybody, and go back to the empty form."""
    frame = _frame(request, place)
    response = page(request, "public/till_thanks.html", **frame)
    response["Refresh"] = f"{THANKS_SECONDS}; url={frame['start']}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@_of_open_till
def code(request: HttpRequest, place: CollectionPoint, token: str) -> HttpResponse:
    """Take the code that went to the customer's phone; the page waits as long as the code is good."""
    frame = _frame(request, place)
    return confirm.respond(
        request,
        "public/till_code.html",
        place=place,
        token=token,
        done=address("till_thanks", frame["language"], place.slug),
        frame={**frame, "idle_seconds": int(optin.VALID.total_seconds())},
    )


def _is_open(request: HttpRequest, place: CollectionPoint, *, at: datetime) -> bool:
    """Whether the cookie opens this till: of this shift, by a key that is still good, of this place, for tills."""
    try:
        key_id, opened_at = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT)
    except signing.BadSignature:
        return False
    if not timedelta(0) <= at - datetime.fromisoformat(opened_at) < _shift():
        return False
    key = ApiKey.objects.select_related("collection_point").filter(pk=key_id, collection_point=place).first()
    return key is not None and ApiKey.Scope.KIOSK in key.scopes and places.is_in_force(key, at=at)


def _shift() -> timedelta:
    return timedelta(hours=settings.KIOSK_SHIFT_HOURS)


def _ask_for_key(request: HttpRequest, place: CollectionPoint, *, is_wrong: bool = False) -> HttpResponse:
    frame = _frame(request, place)
    with translation.override(frame["language"]):
        problems = [Problem("key", _("This key does not open this till."))] if is_wrong else []
    return page(request, "public/till_key.html", **frame, **wrong(*problems))


def _show(request: HttpRequest, taken: Taken) -> HttpResponse:
    frame = _frame(request, taken.filled.sheet.place) | shown(taken)
    return page(request, "public/till.html", **frame, idle_seconds=settings.KIOSK_IDLE_SECONDS)


def _frame(request: HttpRequest, place: CollectionPoint) -> dict[str, Any]:
    language = _spoken(request, place)
    return {
        "language": language,
        "languages": places.languages(place),
        "policy_url": place.policy_url,
        # Django looks where a form was sent from, and "no-referrer" would hide it.
        "referrer_policy": "same-origin",
        "slug": place.slug,
        "start": address("till", language, place.slug),
    }


def _spoken(request: HttpRequest, place: CollectionPoint) -> str:
    return language_of(request, places.languages(place))


def _path(place: CollectionPoint) -> str:
    return reverse("consent:till", args=[place.slug])
