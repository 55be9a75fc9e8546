"""The search box of the list of contacts: what is typed is posted, and no number becomes an address."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from crm import finding
from crm.admin.contact_filters import FOUND
from crm.models import Source
from crm.theme import is_number_like

# In these a word is looked for, at their beginning: that an index can find among millions.
_WORDS = ("given_name", "family_name", "organisation", "email")
_MOST_WORDS = 6


def by_words(queryset: QuerySet, text: str) -> QuerySet:
    """Return those contacts that have, for each word of the text, a name or an e-mail address that begins so."""
    for word in re.split(r"[\s,;]+", text.strip())[:_MOST_WORDS]:
        begins = Q()
        for name in _WORDS if word else ():
            begins |= Q(**{f"{name}__istartswith": word})
        queryset = queryset.filter(begins)
    return queryset


def search(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer a search by the address of what it found: a name as it is, a number as a token.

    Raises PermissionDenied.
    """
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    text, kept = request.POST.get("find", "").strip(), _kept(request)
    regions = _regions()
    if not text:
        return _list(kept)
    if finding.is_number(text):
        return _number(request, text, regions, kept)
    if not finding.may_be_an_address(text, regions=regions):
        messages.error(request, gettext("Search for a name or for a number, not for both at once."))
        return _list(kept)
    kept[SEARCH_VAR] = text
    return _list(kept)


def _number(request: HttpRequest, text: str, regions: Sequence[str], kept: QueryDict) -> HttpResponse:
    user: Any = request.user
    now = timezone.now()
    try:
        finding.require_few(user=user, at=now)
    except finding.TooMany:
        most = {"most": settings.SEARCHES_PER_HOUR}
        messages.error(request, gettext("You have searched for %(most)d numbers within an hour. Go on later.") % most)
        return _list(kept)
    found = finding.lines(text, regions=regions)
    if found.more:
        messages.warning(
            request,
            gettext("More than %(most)d numbers end so; the newest are searched. Type the whole number.")
            % {"most": finding.MOST_LINES},
        )
    if found.erased:
        messages.warning(request, gettext("This number was erased. We do not hold it any more."))
    kept[FOUND] = finding.remember(found.line_ids, user=user, at=now)
    return _list(kept)


def _regions() -> list[str]:
    """Return the countries by which a number without country code is read: those of the sources."""
    named = Source.objects.exclude(default_region="").order_by().values_list("default_region", flat=True)
    return sorted(set(named))


def _kept(request: HttpRequest) -> QueryDict:
    """Return the filters that stood when the search was typed, without the search before it."""
    kept = QueryDict(mutable=True)
    for name, values in QueryDict(request.POST.get("kept", "").lstrip("?")).lists():
        if name not in (SEARCH_VAR, FOUND) and not any(map(is_number_like, (name, *values))):
            kept.setlist(name, values)
    return kept


def _list(parameters: QueryDict) -> HttpResponseRedirect:
    address = reverse("admin:crm_contact_changelist")
    return HttpResponseRedirect(f"{address}?{parameters.urlencode()}" if parameters else address)
