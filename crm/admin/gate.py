"""The gate before what is sensitive: whoever goes through has shown a second factor just now.

A page that is asked for leads to where the factor is asked for, and from there back. A form that was posted too late is
shown again as it was typed, with what to do: nothing of it is done, kept or lost.
"""

from typing import Any, TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from crm import signing_in

_Form = TypeVar("_Form", bound=forms.BaseForm)


def must_ask(request: HttpRequest, sensitive: str) -> HttpResponse | None:
    """Return the answer that leads to the second factor, where a sensitive page was asked for without a fresh one.

    What was posted is not lost so: that is told of on its form, by `is_confirmed`.
    """
    if not sensitive or request.method != "GET" or signing_in.is_fresh(request, now=timezone.now()):
        return None
    return signing_in.ask(request)


def is_confirmed(request: HttpRequest, sensitive: str, form: forms.BaseForm) -> bool:
    """Whether a form that was posted may be acted on; a form that may not says why."""
    if not sensitive or signing_in.is_fresh(request, now=timezone.now()):
        return True
    form.add_error(None, signing_in.remind(request))
    return False


def confirmed(form: type[_Form], request: HttpRequest, sensitive: str) -> type[_Form]:
    """Return the class of a form, valid only for somebody who has shown a second factor just now."""

    def clean(self: Any) -> dict[str, Any]:
        cleaned: dict[str, Any] = super(gated, self).clean() or self.cleaned_data
        if not self.errors:
            is_confirmed(request, sensitive, self)
        return cleaned

    gated: Any = type(form.__name__, (form,), {"clean": clean})
    return gated
