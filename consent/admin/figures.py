"""The figures of the first page: as they were counted last, and the button that has them counted again."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerDown

from consent.models import Figures
from crm.celery import app as celery_app
from crm.theme import ModelAdmin, ReadOnly

PERMISSION = "consent.add_figures"


@admin.register(Figures)
class FiguresAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "at", "seconds")
    fields = (("at", "seconds"),)
    empty_hint = _(
        "Nothing was counted yet. A job counts once an hour; “Count again” on the first page asks for it now."
    )

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.again)
        return [path("again/", again, name="consent_figures_again"), *super().get_urls()]

    def again(self, request: HttpRequest) -> HttpResponse:
        """Have the figures counted by a worker. Raises PermissionDenied."""
        if request.method != "POST" or not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        try:
            celery_app.send_task("consent.tasks.count_figures")
        except (BrokerDown, OSError):
            messages.error(request, gettext("The queue does not answer: nothing was started. Try again later."))
        else:
            messages.success(request, gettext("A worker counts again; reload this page in a moment."))
        return HttpResponseRedirect(reverse("admin:index"))
