"""Leases: which job is being done by whom, and until when that holds."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from crm.models import Lease
from crm.theme import ModelAdmin, ReadOnly


@admin.register(Lease)
class LeaseAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("No job has run yet. Whoever is at work holds a lease here, so that nobody does the same twice.")
    list_display = ("name", "until", "holder")
    fields = ("name", "until", "holder")
