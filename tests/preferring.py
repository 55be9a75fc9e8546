"""People's links to the preference centre, the form on its page, and what there is in the database."""

import re
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone

from consent import preferences, retention
from crm.models import ContactPoint
from tests.factories import TESTER


def link_of(point: ContactPoint, *, days_ago: int = 0) -> str:
    """Return the path of a new link, made so many days ago."""
    token = preferences.issue(point=point, at=timezone.now() - timedelta(days=days_ago))
    return f"/p/{token}/"


def fields(html: str) -> dict[str, Any]:
    """Return what a browser would send of the form of choices, as it stands."""
    form = re.search(r'<form[^>]*id="choices".*?</form>', html, re.DOTALL)
    assert form
    inputs = re.findall(r"<input [^>]*>", form[0])
    said: dict[str, Any] = {"act": "save", "shown": [], "notice": [], "on": []}
    for each in inputs:
        attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', each))
        if attributes["type"] == "hidden" or (" checked" in each and " disabled" not in each):
            said[attributes["name"]].append(attributes["value"])
    return said


def everything() -> dict[str, list[Any]]:
    """Return every row of every table."""
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models(include_auto_created=True)
    }


def erase(point: ContactPoint) -> None:
    """Erase the whole person, just now."""
    retention.erase(point.contact, reason="request", actor=TESTER, at=timezone.now())
