"""Leases: which job is being done by whom, and until when that holds."""

from django.contrib import admin

from crm.models import Lease
from crm.theme import ModelAdmin, ReadOnly


@admin.register(Lease)
class LeaseAdmin(ReadOnly, ModelAdmin):
    list_display = ("name", "until", "holder")
    fields = ("name", "until", "holder")
