"""The health page, for monitors: 200 while the service and its nightly work are well, 500 while they are not."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from health_check.base import HealthCheck
from health_check.checks import Database
from health_check.exceptions import ServiceUnavailable
from health_check.views import HealthCheckView

from consent import alerts, journal
from consent.views.page import page


@dataclass
class Nightly(HealthCheck):
    """No alert is open, and the last run did not fail and does not wait."""

    def run(self) -> None:
        """Raise ServiceUnavailable with the kinds of what is wrong."""
        try:
            kinds = alerts.kinds_of_trouble(at=timezone.now())
        finally:
            # It is a thread's own connection.
            connection.close()
        if kinds:
            raise ServiceUnavailable(", ".join(kinds))


@dataclass
class Journal(HealthCheck):
    """The database and the journal of erasures know of the same erasures."""

    def run(self) -> None:
        """Raise ServiceUnavailable where one of them is older."""
        try:
            kind = "database_behind" if journal.is_behind() else "journal_lost" if journal.is_lost() else ""
        finally:
            connection.close()
        if kind:
            raise ServiceUnavailable(kind)


class Health(HealthCheckView):
    """What is wrong by its kind, and no more; for programs with `?format=json`, `text` or `openmetrics`."""

    checks = (Database, Nightly, Journal)

    def render_to_response(self, context: dict[str, Any], status: int) -> HttpResponse:
        """Return the page for people."""
        shown = {"results": context["results"], "errors": context["errors"]}
        return page(self.request, "public/health.html", language="en", status=status, **shown)
