"""Notices: the words in which people are asked. A draft may be edited; once published, a wording never changes."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import Notice, Purpose
from crm.admin.act import Act, ActForm, run_act
from crm.admin.locking import Locking
from crm.theme import ModelAdmin, action, display


class Publish(Act):
    title = _("Publish")
    submit = _("Publish")
    permission = "consent.change_notice"
    form_class = ActForm

    def obstacle(self) -> str:
        return gettext("This wording is published already.") if self.obj.published_at else ""

    def effects(self) -> list[str]:
        return [
            gettext("From now on consent can be recorded for this wording."),
            gettext("It can never be changed again: a better wording is the next version."),
        ]

    def perform(self, form: ActForm) -> str:
        with transaction.atomic():
            notice = Notice.objects.select_for_update().get(pk=self.obj.pk)
            if notice.published_at is None:
                notice.published_at = self.now
                notice.save(update_fields=["published_at"])
        return gettext("The wording was published.")


@admin.register(Notice)
class NoticeAdmin(Locking, ModelAdmin):
    empty_hint = _(
        "There is no wording yet. Add one for each purpose and language, and publish it: nobody is asked without one."
    )
    list_display = ("__str__", "purpose", "language", "version", "published", "published_at")
    list_filter = ("purpose", ("published_at", admin.EmptyFieldListFilter))
    list_select_related = ("purpose",)
    search_fields = ("purpose__name", "purpose__slug")
    autocomplete_fields = ("purpose",)
    readonly_fields = ("version", "published_at", "created_at")
    fields = (("purpose", "language"), "text", "sender_named", ("version", "published_at", "created_at"))
    actions_detail = ("publish",)

    @display(description=_("published"), boolean=True)
    def published(self, obj: Notice) -> bool:
        return obj.published_at is not None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return getattr(obj, "published_at", None) is None and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # A draft is of its purpose and language: the version was counted for them.
        return (*self.readonly_fields, "purpose", "language") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            Purpose.objects.select_for_update().get(pk=obj.purpose_id)  # one at a time counts
            others = Notice.objects.filter(purpose=obj.purpose_id, language=obj.language)
            obj.version = (others.aggregate(last=Max("version"))["last"] or 0) + 1
        super().save_model(request, obj, form, change)

    @action(description=Publish.title, url_path="publish", permissions=[Publish.permission], icon="publish")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Publish)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list:
        notice = self.get_object(request, str(object_id))
        return super().get_actions_detail(request, object_id) if notice and not notice.published_at else []
