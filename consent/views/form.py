"""The hosted form of a collection point: a page of its own, or in a frame of a page that the place allows.

It sets no cookie and needs none, as a frame would not get it; so no cross-site request can borrow a visitor's rights
here, and none are checked for. Whoever types a number gets the same answer, whether we know it or not.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from consent import places
from consent.models import CollectionPoint
from consent.views import confirm
from consent.views.filling import Taken, empty, shown, take_in
from consent.views.page import address, framed, language_of, page
from consent.views.visitor import missing, place_of
from crm.models import PERSON, Source

# The other kinds are asked in other ways: what is recorded says by which one it came.
KINDS = (Source.Kind.WEB_FORM, Source.Kind.MOBILE_APP)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def form(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or take it in. GET changes nothing."""
    place = place_of(slug, kinds=KINDS)
    if place is None:
        return missing(request)
    if request.method != "POST":
        return _show(request, Taken(empty(request, place)))
    taken = take_in(request, place, kind="form", actor=PERSON)
    if taken.captured is None:
        return _show(request, taken)
    # Led away by 303: a page that is loaded again sends nothing twice.
    language = taken.filled.sheet.language
    if taken.captured.pending:
        where = address("code", language, place.slug, taken.captured.token)
    else:
        where = address("done", language, place.slug)
    return framed(HttpResponseRedirect(where, status=303), by=place.allowed_origins)


@require_safe
def done(request: HttpRequest, slug: str) -> HttpResponse:
    """Say thank you: the same to everybody."""
    place = place_of(slug, kinds=KINDS)
    if place is None:
        return missing(request)
    return page(request, "public/done.html", **_frame(request, place))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Take the code that went to the number."""
    place = place_of(slug, kinds=KINDS)
    if place is None:
        return missing(request)
    frame = _frame(request, place)
    return confirm.respond(
        request,
        "public/code.html",
        place=place,
        token=token,
        done=address("done", frame["language"], slug),
        frame={**frame, "start": address("form", frame["language"], slug)},
    )


def _show(request: HttpRequest, taken: Taken) -> HttpResponse:
    return page(request, "public/form.html", **_frame(request, taken.filled.sheet.place) | shown(taken))


def _frame(request: HttpRequest, place: CollectionPoint) -> dict[str, Any]:
    spoken = places.languages(place)
    return {
        "language": language_of(request, spoken),
        "languages": spoken,
        "policy_url": place.policy_url,
        "framed_by": place.allowed_origins,
    }
