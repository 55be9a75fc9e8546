"""Where a request comes from: the collection point that is meant, and the proof of who sent it."""

from collections.abc import Collection
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from consent import places
from consent.ledger import Proof
from consent.models import CollectionPoint
from consent.views.page import language_of, page
from crm.models import Source

# Longer ones are none of a browser, and nothing more is proved by them.
_USER_AGENT = 500


def place_of(slug: str, *, kinds: Collection[Source.Kind]) -> CollectionPoint | None:
    """Return the collection point of these kinds that is open and has something to ask for, or None."""
    place = CollectionPoint.objects.select_related("source").filter(slug=slug, active=True, kind__in=kinds).first()
    return place if place and places.languages(place) else None


def missing(request: HttpRequest) -> HttpResponse:
    """Return the page that says there is none: unknown, closed and not yet ready look the same."""
    return page(request, "public/missing.html", language=language_of(request), status=404)


def proof_of(request: HttpRequest) -> Proof:
    """Return the address and the program that a request comes from.

    Behind a proxy that is what the proxy says: the last hop of X-Forwarded-For; what stands before it, anybody may
    have written.
    """
    said = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2]
    return Proof(ip=_address(said.strip()), user_agent=request.headers.get("User-Agent", "")[:_USER_AGENT])


def _address(text: str) -> str | None:
    try:
        # What follows a percent sign names an interface of the machine, not the visitor.
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return None
