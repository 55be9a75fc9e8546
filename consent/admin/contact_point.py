"""Contact points: their history says under what they were erased."""

from typing import Any

from django.contrib import admin

from consent.admin import erased
from crm.admin import contact_point
from crm.models import ContactPoint


@admin.register(ContactPoint)
class ContactPointAdmin(contact_point.ContactPointAdmin):
    def erased_words(self, obj: Any) -> str:
        return erased.words_of(obj)
