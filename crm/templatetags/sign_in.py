"""What the pages of sign-in need to look like the admin."""

from datetime import datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.template import RequestContext
from django.utils import timezone

from crm import signing_in

register = template.Library()


@register.filter
def dressed(field: BoundField, classes: str) -> str:
    """Return the field of a form of allauth's with the theme's classes, and without a second label in it."""
    return field.as_widget(attrs={"class": classes, "placeholder": ""})


@register.simple_tag(takes_context=True)
def fresh_until(context: RequestContext) -> datetime | None:
    """Return until when (aware) the second factor that was shown is fresh, or None."""
    request: Any = context["request"]
    return signing_in.fresh_until(request, now=timezone.now())
