"""The side bar: what there is to look at, for whom."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is not a list of a model: its name, what it is called, its icon, and the right to look at it."""

    name: str
    title: Any
    icon: str
    permission: str


# A model, with its icon, stands for the list of it.
NAVIGATION: tuple[tuple[Any, tuple[tuple[str, str] | Page, ...]], ...] = (
    (
        _("People"),
        (
            ("crm.contact", "group"),
            ("crm.contactpoint", "contact_phone"),
            ("crm.phonenumber", "call"),
            ("crm.provenance", "account_tree"),
            ("crm.tag", "sell"),
            ("consent.bulkact", "checklist"),
        ),
    ),
    (
        _("Sources"),
        (
            ("crm.source", "input"),
            Page("admin:crm_source_scorecard", _("Scorecard"), "leaderboard", "crm.view_source"),
            ("crm.importbatch", "upload_file"),
            ("consent.collectionpoint", "storefront"),
            ("consent.apikey", "key"),
        ),
    ),
    (
        _("Consent"),
        (
            ("consent.purpose", "flag"),
            Page("admin:consent_purpose_register", _("Processing register"), "menu_book", "consent.view_purpose"),
            ("consent.notice", "article"),
            ("consent.consent", "how_to_reg"),
            ("consent.consentevent", "receipt_long"),
            ("consent.evidence", "fact_check"),
            ("consent.seal", "approval"),
            ("consent.ledgercheck", "policy"),
            ("consent.suppression", "do_not_disturb_on"),
        ),
    ),
    (
        _("Messages"),
        (
            ("consent.inboundmessage", "sms"),
            ("consent.outgoingmessage", "send"),
            ("consent.challenge", "password"),
            ("consent.keyword", "spellcheck"),
        ),
    ),
    (
        _("Rights"),
        (("consent.subjectrequest", "contact_mail"), ("consent.disclosure", "outbound")),
    ),
    (
        _("Retention"),
        (
            ("consent.retentionpolicy", "event_busy"),
            ("consent.legalhold", "gavel"),
            Page("admin:consent_purgerun_forecast", _("Forecast"), "event_upcoming", "consent.view_retentionpolicy"),
            ("consent.purgerun", "auto_delete"),
            ("consent.alert", "notification_important"),
            ("consent.receipt", "verified"),
            ("crm.anonymouscount", "bar_chart"),
            ("crm.lease", "lock_clock"),
        ),
    ),
    (
        _("Access"),
        (
            ("crm.approval", "how_to_reg"),
            ("consent.accessrecord", "visibility"),
            ("auth.user", "person"),
            ("auth.group", "badge"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar for UNFOLD: only what the signed-in person may look at."""
    groups = []
    for title, entries in NAVIGATION:
        items = [item for entry in entries if (item := _item(request, entry))]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def own_account(request: HttpRequest) -> list[dict[str, Any]]:
    """Return for UNFOLD what people find under their own name."""
    return [
        {"title": gettext("Change password"), "link": reverse("admin:password_change")},
        {"title": gettext("Second factors"), "link": reverse("mfa_index")},
    ]


def _item(request: HttpRequest, entry: "tuple[str, str] | Page") -> dict[str, Any] | None:
    if isinstance(entry, Page):
        may = request.user.has_perm(entry.permission)
        return {"title": entry.title, "icon": entry.icon, "link": reverse(entry.name)} if may else None
    label, icon = entry
    model = apps.get_model(label)
    if not admin.site.is_registered(model) or not admin.site.get_model_admin(model).has_view_permission(request):
        return None
    link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return {"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": link}
