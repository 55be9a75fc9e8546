"""Sources, with what the figures say of their quality."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from consent.admin import scorecard
from crm.admin import source
from crm.models import Source
from crm.theme import action


@admin.register(Source)
class SourceAdmin(source.SourceAdmin):
    actions_list = ("scorecard",)

    @action(description=scorecard.TITLE, url_path="scorecard", permissions=["view"], icon="leaderboard")
    def scorecard(self, request: HttpRequest) -> HttpResponse:
        return scorecard.page(self, request)
