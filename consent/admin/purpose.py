"""Purposes: what a number may be used for."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from consent import suppression
from consent.admin import register, words
from consent.models import CHANNELS, Purpose
from crm.admin.history import HistoryAdmin, ReasonForm
from crm.theme import Checkboxes, Select, action, display


class PurposeForm(ReasonForm):
    channels = forms.MultipleChoiceField(label=_("Channels"), choices=CHANNELS, widget=Checkboxes)
    basis = forms.ChoiceField(label=_("Lawful basis"), choices=list(words.BASES.items()), widget=Select)


@admin.register(Purpose)
class PurposeAdmin(HistoryAdmin):
    form = PurposeForm
    empty_hint = _("There are no purposes yet. Add one: it says what a number may be used for, and on which basis.")
    list_display = ("name", "basis_in_words", "on_channels", "needs_confirmation", "lapses_after_months", "active")
    list_filter = ("active",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("permitted_sources",)
    readonly_fields = ("created_at",)
    fieldsets = (
        (None, {"fields": (("name", "slug"), "description")}),
        (
            _("Terms"),
            {
                "fields": (
                    ("basis", "lapses_after_months"),
                    "channels",
                    "needs_confirmation",
                    "necessary",
                    "security",
                    "active",
                    "permitted_sources",
                    "created_at",
                )
            },
        ),
        (
            _("Processing register (GDPR 30)"),
            {"fields": ("data_subjects", "recipients", "transfers", "safeguards")},
        ),
    )
    actions_list = ("register", "register_csv")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Commands and files name a purpose by its slug.
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            suppression.carry_over(obj)

    @action(description=register.TITLE, url_path="register", permissions=["view"], icon="menu_book")
    def register(self, request: HttpRequest) -> HttpResponse:
        return register.page(self, request)

    @action(description=_("Register as CSV"), url_path="register-csv", permissions=["view"], icon="download")
    def register_csv(self, request: HttpRequest) -> HttpResponse:
        return register.file(request)

    @display(description=_("lawful basis"), ordering="basis")
    def basis_in_words(self, obj: Purpose) -> Any:
        return words.BASES[obj.basis]

    @display(description=_("channels"))
    def on_channels(self, obj: Purpose) -> str:
        return ", ".join(str(label) for channel, label in CHANNELS if channel in obj.channels)
