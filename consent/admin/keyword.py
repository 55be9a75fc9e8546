"""Keywords: words of text messages that staff add to those that are shipped. They add a meaning, and take none away."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import Keyword
from consent.rules.keywords import Meaning, classify, normalise
from crm import faults
from crm.admin.locking import Locking
from crm.theme import ModelAdmin, is_number_like


class KeywordForm(forms.ModelForm):
    def clean_word(self) -> str:
        """Return the word as messages are compared with it."""
        word = normalise(self.cleaned_data["word"])
        if not word:
            raise forms.ValidationError(gettext("There is no word in this."))
        # As it was typed: the sign before a country code is gone from the word.
        if is_number_like(self.cleaned_data["word"]):
            raise forms.ValidationError(faults.message("number_in_text"))
        return word

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        shipped, meaning = classify(cleaned.get("word", "")), cleaned.get("meaning")
        # Staff may say that what is doubtful is an opt-out, as a doubt goes against us; else what is known stays.
        settles = shipped is Meaning.NEEDS_REVIEW and meaning == Meaning.OPT_OUT
        if shipped is not Meaning.OTHER and meaning not in (None, shipped.value) and not settles:
            told = dict(Keyword._meta.get_field("meaning").flatchoices).get(shipped.value, gettext("unclear"))
            self.add_error("word", gettext("This is known already, as: %(meaning)s.") % {"meaning": told})
        return cleaned


@admin.register(Keyword)
class KeywordAdmin(Locking, ModelAdmin):
    form = KeywordForm
    empty_hint = _(
        "No words were added. Those of the law and of the carriers are built in; add what your people text besides."
    )
    list_display = ("word", "meaning", "language", "created_at", "created_by")
    list_filter = ("meaning",)
    list_select_related = ("created_by",)
    search_fields = ("word",)
    readonly_fields = ("created_at", "created_by")
    fields = ("word", "meaning", "language", ("created_at", "created_by"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("word", "meaning", "language")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
