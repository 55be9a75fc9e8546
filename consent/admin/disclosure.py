"""Disclosures, read-only: who was given whose data. Exports write theirs; staff record others on a contact."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consent.models import Disclosure
from crm.theme import ModelAdmin, ReadOnly


@admin.register(Disclosure)
class DisclosureAdmin(ReadOnly, ModelAdmin):
    empty_hint = _(
        "Nothing was given to anybody yet. Exports to a recipient are noted here, others on the page of the contact."
    )
    list_display = ("__str__", "contact", "recipient", "purpose", "at", "actor_name")
    list_filter = ("purpose", "at")
    list_select_related = ("contact", "purpose")
    search_fields = ("recipient",)
    fields = (("contact", "recipient"), ("purpose", "at"), "note", ("actor_name", "actor_user"), "access_record")
