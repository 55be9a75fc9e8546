"""The side bar: what there is to look at, for whom."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

NAVIGATION = (
    (
        _("People"),
        (
            ("crm.contact", "group"),
            ("crm.contactpoint", "contact_phone"),
            ("crm.phonenumber", "call"),
            ("crm.provenance", "account_tree"),
        ),
    ),
    (
        _("Sources"),
        (
            ("crm.source", "input"),
            ("crm.importbatch", "upload_file"),
            ("consent.collectionpoint", "storefront"),
            ("consent.apikey", "key"),
        ),
    ),
    (
        _("Consent"),
        (
            ("consent.purpose", "flag"),
            ("consent.notice", "article"),
            ("consent.consent", "how_to_reg"),
            ("consent.consentevent", "receipt_long"),
            ("consent.evidence", "fact_check"),
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
            ("consent.purgerun", "auto_delete"),
            ("consent.alert", "notification_important"),
            ("consent.receipt", "verified"),
            ("crm.anonymouscount", "bar_chart"),
            ("crm.lease", "lock_clock"),
        ),
    ),
    (
        _("Access"),
        (("consent.accessrecord", "visibility"), ("auth.user", "person"), ("auth.group", "badge")),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar for UNFOLD: only what the signed-in person may look at."""
    groups = []
    for title, entries in NAVIGATION:
        items = []
        for label, icon in entries:
            model = apps.get_model(label)
            if admin.site.is_registered(model) and admin.site.get_model_admin(model).has_view_permission(request):
                link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                items.append({"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": link})
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups
