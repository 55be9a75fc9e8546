"""The page of the coming nights: what the nightly job will erase in each, and by which policy."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from consent import retention
from consent.models import RetentionPolicy

TITLE = _("Forecast")
PERMISSION = "consent.view_retentionpolicy"
NIGHTS = 90


@dataclass(frozen=True, slots=True)
class Row:
    """A night in which something goes; `share`: its bar, in percent of the longest."""

    at: datetime
    due: str
    why: list[tuple[str, str]]
    share: int


def counted(number: int) -> str:
    """Return a number as people read it, as in 1,204."""
    return number_format(number, force_grouping=True)


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Answer the page. Raises PermissionDenied."""
    if request.method != "GET" or not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    nights = retention.forecast(as_of=timezone.now(), nights=NIGHTS)
    names = {policy.pk: str(policy) for policy in RetentionPolicy.objects.all()}
    most = max(night.due for night in nights)
    rows = [
        Row(
            night.at,
            counted(night.due),
            [(names[policy_id], counted(number)) for policy_id, number in night.by_policy.items()],
            max(1, 100 * night.due // most),
        )
        for night in nights
        if night.due
    ]
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "title": TITLE,
        "opts": model_admin.opts,
        "rows": rows,
        "nights": NIGHTS,
        "total": counted(sum(night.due for night in nights)),
        "tonight": counted(nights[0].due),
        "first": nights[0].at,
        "back": reverse("admin:consent_purgerun_changelist"),
    }
    return TemplateResponse(request, "admin/consent/purgerun/forecast.html", context)
