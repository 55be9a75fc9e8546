"""Collection points: where people give their number, what may be asked there, and the keys that speak for the place."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import places
from consent.models import ApiKey, CollectionPoint, Purpose
from consent.rules.keywords import Meaning, classify, normalise
from crm import faults, phones
from crm.admin.act import Act, ActForm, Secret, run_act
from crm.admin.history import HistoryAdmin, ReasonForm
from crm.theme import (
    Checkboxes,
    MomentInput,
    NumberInput,
    Textarea,
    TextInput,
    URLInput,
    action,
    display,
    is_number_like,
)

YEAR = timedelta(days=365)


class LinesField(forms.CharField):
    """A list of texts, one in a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=Textarea(attrs={"rows": 3}), required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class CollectionPointForm(ReasonForm):
    languages = forms.MultipleChoiceField(label=_("Languages"), choices=settings.LANGUAGES, widget=Checkboxes)
    purposes = forms.ModelMultipleChoiceField(
        Purpose.objects.all(),
        label=_("Purposes"),
        widget=Checkboxes,
        help_text=_("What may be asked for here. A purpose without a published notice is not asked for."),
    )
    allowed_origins = LinesField(
        label=_("Allowed origins"),
        help_text=_("Web pages that may show the hosted form in a frame, one in a line: https://www.example.com"),
    )
    policy_url = forms.URLField(label=_("Privacy policy"), required=False, assume_scheme="https", widget=URLInput)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if phones.mentions_number(name):
            raise forms.ValidationError(faults.message("number_in_text"))
        return name

    def clean_join_keyword(self) -> str:
        """Return the keyword as messages are compared with it; one that means something else never gets there."""
        word = normalise(self.cleaned_data["join_keyword"])
        # As it was typed: the sign before a country code is gone from the word.
        if is_number_like(self.cleaned_data["join_keyword"]):
            raise forms.ValidationError(faults.message("number_in_text"))
        # A code is digits alone.
        if word.isdecimal() or (word and classify(word) is not Meaning.OTHER):
            raise forms.ValidationError(gettext("This has a meaning of its own already: nobody could join by it."))
        return word


class KeyForm(ActForm):
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=TextInput, help_text=_("Who uses it, as in: web shop, staging.")
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), choices=ApiKey.Scope.choices, widget=Checkboxes)
    expires_at = forms.DateTimeField(label=_("Expires"), widget=MomentInput, initial=lambda: timezone.now() + YEAR)
    per_minute = forms.IntegerField(
        label=_("Requests per minute"), min_value=1, max_value=100_000, initial=300, widget=NumberInput
    )

    def clean_expires_at(self) -> datetime:
        when: datetime = self.cleaned_data["expires_at"]
        if when <= timezone.now():
            raise forms.ValidationError(gettext("This lies in the past."))
        return when


class NewKey(Act):
    title = _("New key")
    submit = _("Make the key")
    permission = "consent.add_apikey"
    form_class = KeyForm

    def obstacle(self) -> str:
        return "" if self.obj.active else gettext("This collection point is not active: no key opens it.")

    def effects(self) -> list[str]:
        return [
            gettext("Whoever has the key speaks for this collection point, within what you tick here."),
            gettext(
                "It is shown to you once, on the next page. We keep a digest of it, from which nobody gets it back."
            ),
            gettext("You can revoke it at any time; keys that were made before stay good."),
        ]

    def perform(self, form: ActForm) -> str:
        said = form.cleaned_data
        key, text = places.issue_key(
            place=self.obj,
            name=said["name"],
            scopes=said["scopes"],
            expires_at=said["expires_at"],
            created_by=self.user,
            at=self.now,
            per_minute=said["per_minute"],
        )
        self.secret = Secret(
            gettext("The key"), text, gettext("Keep it where programs keep their secrets: not in a page, nor in code.")
        )
        return gettext("The key %(prefix)s was made.") % {"prefix": key.prefix}


@admin.register(CollectionPoint)
class CollectionPointAdmin(HistoryAdmin):
    form = CollectionPointForm
    empty_hint = _(
        "Nothing is collected yet. Add a collection point: a form, a till, a keyword or a program that asks people."
    )
    list_display = ("name", "kind", "source", "asks_for", "active")
    list_filter = ("active", "kind")
    list_select_related = ("source",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("source",)
    readonly_fields = ("address", "snippet", "keys", "created_at")
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("kind", "source"), "active")}),
        (_("What is asked"), {"fields": ("purposes", "languages", ("policy_url", "asks_age"), "join_keyword")}),
        (_("On the web"), {"fields": ("address", "allowed_origins", "snippet")}),
        (_("Keys"), {"fields": ("keys", "created_at")}),
    )
    actions_detail = ("new_key",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("purposes")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple]:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            # What has no slug yet has no address, and no keys.
            fieldsets[2] = (fieldsets[2][0], {"fields": ("allowed_origins",)})
            del fieldsets[3]
        return fieldsets

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Addresses that people have printed name a place by its slug.
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @display(description=_("purposes"))
    def asks_for(self, obj: CollectionPoint) -> str:
        return ", ".join(purpose.name for purpose in obj.purposes.all()) or "—"

    @display(description=_("address of the form"))
    def address(self, obj: CollectionPoint) -> str:
        url = _address(obj)
        return format_html('<a href="{}" target="_blank" rel="noopener" class="underline">{}</a>', url, url)

    @display(description=_("to embed it"))
    def snippet(self, obj: CollectionPoint) -> str:
        if not obj.allowed_origins:
            return gettext("Name the web pages that may show the form in a frame first.")
        frame = f'<iframe src="{_address(obj)}" title="{escape(obj.name)}" width="100%" height="640"></iframe>'
        return format_html('<code class="break-all select-all">{}</code>', frame)

    @display(description=_("keys"))
    def keys(self, obj: CollectionPoint) -> str:
        now = timezone.now()
        good = obj.keys.filter(revoked_at=None, expires_at__gt=now).count()
        link = f"{reverse('admin:consent_apikey_changelist')}?collection_point__id__exact={obj.pk}"
        told = gettext("%(count)d, of which in force: %(good)d") % {"count": obj.keys.count(), "good": good}
        return format_html('<a href="{}" class="underline">{}</a>', link, told)

    @action(description=NewKey.title, url_path="new-key", permissions=[NewKey.permission], icon="key")
    def new_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, NewKey)


def _address(place: CollectionPoint) -> str:
    return f"{settings.PUBLIC_URL}/c/{place.slug}/"
