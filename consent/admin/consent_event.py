"""The ledger, read-only: entries are written by `consent.ledger.record` and never change."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import proofs
from consent.admin import certificate, verified, words
from consent.admin.certificate import PERMISSION
from consent.admin.period import PeriodFilter
from consent.insight import GRANTS, NOES
from consent.models import ConsentEvent, SealedEntry
from consent.rules.states import Act
from crm.theme import (
    AutocompleteSelectFilter,
    DropdownFilter,
    InfinitePaginator,
    ModelAdmin,
    ReadOnly,
    action,
    badge,
    display,
)

# What the chart of the first page counts together.
GROUPS = {"grants": (GRANTS, _("Any grant")), "withdrawals": (NOES, _("Any withdrawal"))}


class ActFilter(DropdownFilter):
    title = _("act")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        groups = [(name, label) for name, (_acts, label) in GROUPS.items()]
        return [*groups, *((act.value, words.ACTS[act]) for act in Act)]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        chosen = self.value()
        if chosen in GROUPS:
            return queryset.filter(act__in=GROUPS[chosen][0])
        return queryset.filter(act=chosen) if chosen else queryset


@admin.register(ConsentEvent)
class ConsentEventAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "what", "purpose", "channel", "contact", "occurred_at", "method", "actor_name")
    list_filter = (
        ActFilter,
        "channel",
        "method",
        ("purpose", AutocompleteSelectFilter),
        ("occurred_at", PeriodFilter),
    )
    # Nobody counts millions of entries to show fifty, or sorts them: the newest come first.
    paginator = InfinitePaginator
    sortable_by = ()
    empty_hint = _(
        "The ledger is empty. Entries are added by forms, tills, texts, imports, and by “Record consent” on a contact."
    )
    list_select_related = ("purpose", "point__contact")
    fields = (
        ("uid", "what"),
        ("point", "contact"),
        ("purpose", "channel"),
        ("notice", "source"),
        ("occurred_at", "recorded_at"),
        ("method", "actor_name", "actor_user"),
        "evidence_row",
        "evidence_digest",
        "sealed_under",
    )
    readonly_fields = ("what", "contact", "uid", "recorded_at", "evidence_row", "sealed_under")
    actions_detail = ("verify", "certificate", "certificate_pdf", "proof", "receipt")

    @action(description=_("Verify this entry"), url_path="verify", permissions=[PERMISSION], icon="policy")
    def verify(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return verified.entry_page(self, request, certificate.entry_of(request, object_id))

    @action(description=_("Certificate"), url_path="certificate", permissions=[PERMISSION], icon="workspace_premium")
    def certificate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return certificate.page(request, certificate.entry_of(request, object_id))

    @action(description=_("PDF"), url_path="certificate-pdf", permissions=[PERMISSION], icon="picture_as_pdf")
    def certificate_pdf(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return certificate.paper(request, certificate.entry_of(request, object_id))

    @action(description=_("Proof"), url_path="proof", permissions=[PERMISSION], icon="verified")
    def proof(self, request: HttpRequest, object_id: str) -> HttpResponse:
        entry = certificate.entry_of(request, object_id)
        try:
            return certificate.proof(entry)
        except proofs.NotSealed:
            messages.error(request, gettext("This entry is not sealed yet: the next hourly seal takes it."))
        except proofs.Broken:
            messages.error(request, gettext("This entry is not what was sealed. verify_ledger says what was changed."))
        return HttpResponseRedirect(reverse("admin:consent_consentevent_change", args=[entry.pk]))

    @action(description=_("Receipt"), url_path="receipt", permissions=[PERMISSION], icon="receipt_long")
    def receipt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return certificate.receipt(certificate.entry_of(request, object_id))

    @display(description=_("act"), ordering="act")
    def what(self, obj: ConsentEvent) -> str:
        return badge(words.ACTS[obj.act], words.ACT_COLOURS[obj.act])

    @display(description=_("sealed by"))
    def sealed_under(self, obj: ConsentEvent) -> str:
        sealed = SealedEntry.objects.filter(pk=obj.pk).first()
        if sealed is None:
            return gettext("not sealed yet: the hourly seal takes it")
        link = reverse("admin:consent_seal_change", args=[sealed.seal_id])
        said = gettext("Seal %(number)s, position %(position)s") % {
            "number": sealed.seal_id,
            "position": sealed.position,
        }
        css = "text-primary-600 dark:text-primary-500"
        return format_html(
            '<a class="{}" href="{}">{}</a><br><code class="desk-value">{}</code>', css, link, said, sealed.leaf
        )

    @display(description=_("contact"))
    def contact(self, obj: ConsentEvent) -> str:
        return str(obj.point.contact)

    @display(description=_("evidence"))
    def evidence_row(self, obj: ConsentEvent) -> str:
        evidence = getattr(obj, "evidence", None)
        if evidence:
            link = reverse("admin:consent_evidence_change", args=[evidence.pk])
            return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', link, evidence)
        return gettext("erased with the person") if obj.evidence_digest else gettext("none was recorded")
