"""The reference of reason codes: what permission may answer, made of the code itself. For programmers: in English."""

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from consent import reference
from consent.views.page import page


@require_safe
def reasons(request: HttpRequest) -> HttpResponse:
    """Show every reason code with its verdict, its sentence and its rule."""
    with translation.override("en"):
        rows = reference.reasons()
    return page(request, "public/reasons.html", language="en", rows=rows)
