"""Phone numbers, with the page on which one is shown in full."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from consent.admin.reveal import RevealLine
from crm.admin import phone_number
from crm.admin.act import run_act
from crm.models import PhoneNumber
from crm.theme import action


@admin.register(PhoneNumber)
class PhoneNumberAdmin(phone_number.PhoneNumberAdmin):
    actions_detail = ("reveal", "reassign")

    @action(description=_("Show number"), url_path="reveal", permissions=[RevealLine.permission], icon="visibility")
    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RevealLine)
