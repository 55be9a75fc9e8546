"""API keys: what speaks for a collection point. They are made on its page, looked at here, and revoked for good."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import places
from consent.models import ApiKey
from crm.admin.act import Act, ActForm, run_act
from crm.theme import ActionVariant, ModelAdmin, ReadOnly, action, badge, display


class Revoke(Act):
    title = _("Revoke")
    submit = _("Revoke")
    permission = "consent.change_apikey"
    form_class = ActForm
    danger = True

    def obstacle(self) -> str:
        return gettext("This key was revoked already.") if self.obj.revoked_at else ""

    def effects(self) -> list[str]:
        return [
            gettext("Whatever uses this key is refused from now on, and a till that was opened with it closes."),
            gettext("This cannot be undone: make a new key for whoever is to go on."),
        ]

    def perform(self, form: ActForm) -> str:
        places.revoke_key(self.obj, at=self.now)
        return gettext("The key was revoked.")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("There are no keys yet. Make one on the page of a collection point: “New key”.")
    list_display = ("prefix", "name", "collection_point", "may", "state", "expires_at", "last_used_at")
    list_filter = ("collection_point",)
    list_select_related = ("collection_point",)
    search_fields = ("name", "prefix")
    fields = (
        ("prefix", "name", "state"),
        ("collection_point", "may", "per_minute"),
        ("created_at", "created_by"),
        ("expires_at", "revoked_at", "last_used_at"),
    )
    readonly_fields = ("prefix", "may", "state", "last_used_at")
    actions_detail = ("revoke",)

    @display(description=_("may"))
    def may(self, obj: ApiKey) -> str:
        return ", ".join(str(label) for value, label in ApiKey.Scope.choices if value in obj.scopes)

    @display(description=_("state"))
    def state(self, obj: ApiKey) -> str:
        if obj.revoked_at:
            return badge(gettext("revoked"), "danger")
        if obj.expires_at <= timezone.now():
            return badge(gettext("expired"))
        if not obj.collection_point.active:
            return badge(gettext("place not active"), "warning")
        return badge(gettext("in force"), "success")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        key = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if key and not key.revoked_at else []

    @action(
        description=Revoke.title,
        url_path="revoke",
        permissions=[Revoke.permission],
        variant=ActionVariant.DANGER,
        icon="key_off",
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Revoke)
