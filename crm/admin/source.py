"""Sources: where data comes from. Who checked a source, and when, is set by the act of checking."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.act import Act, ActForm, ReasonedForm, run_act
from crm.admin.history import HistoryAdmin
from crm.admin.notice_acts import RecordNotices
from crm.models import Origin, Source, attributed_to
from crm.theme import action


class Check(Act):
    title = _("Mark as checked")
    submit = _("I have checked it")
    permission = "crm.change_source"
    form_class = ReasonedForm

    def effects(self) -> list[str]:
        return [gettext("Your name and the time are kept: you have seen the contract, the wording and the sender.")]

    def perform(self, form: ActForm) -> str:
        with attributed_to(Origin(self.actor, self.now, form.cleaned_data["reason"], channel="admin")):
            self.obj.checked_by_id, self.obj.checked_at = self.actor.user_id, self.now
            self.obj.save(update_fields=["checked_by", "checked_at"])
        return gettext("The source was marked as checked.")


class SourceAdmin(HistoryAdmin):
    empty_hint = _("There are no sources yet. Add one before you import: every number says where it comes from.")
    list_display = ("name", "kind", "supplier", "lawful_basis", "licence_ends_on", "checked_at")
    list_filter = ("kind", "lawful_basis")
    search_fields = ("name", "supplier", "slug")
    readonly_fields = ("checked_by", "checked_at", "created_at")
    fieldsets = (
        (None, {"fields": (("name", "slug"), ("kind", "default_region"), ("relationship", "security_only"))}),
        (
            _("Third party"),
            {
                "fields": (
                    ("supplier", "contract_reference"),
                    ("lawful_basis", "licence_ends_on"),
                    "wording",
                    ("sender_named", "names_us"),
                    ("checked_by", "checked_at", "created_at"),
                )
            },
        ),
    )
    actions_detail = ("mark_checked", "record_notices")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Source | None = None) -> dict[str, tuple[str, ...]]:
        return {} if obj else {"slug": ("name",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        # Commands and files name a source by its slug.
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @action(description=Check.title, url_path="mark-checked", permissions=[Check.permission], icon="fact_check")
    def mark_checked(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, Check)

    @action(
        description=RecordNotices.title,
        url_path="record-notices",
        permissions=[RecordNotices.permission],
        icon="mark_email_read",
    )
    def record_notices(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return run_act(self, request, object_id, RecordNotices)
