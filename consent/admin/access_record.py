"""Access records, read-only: who took people's data out, and why."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.admin.words import REASONS
from consent.models import CHANNELS, AccessRecord, Purpose
from crm.exports import RESTRICTED
from crm.models import Source
from crm.theme import ModelAdmin, ReadOnly, display


@admin.register(AccessRecord)
class AccessRecordAdmin(ReadOnly, ModelAdmin):
    empty_hint = _("Nobody has taken data out yet. Exports and certificates are recorded here, with who and why.")
    list_display = ("__str__", "kind", "at", "actor_name", "actor_user", "reason", "masked", "contacts", "points")
    list_filter = ("kind", "masked", "at")
    list_select_related = ("actor_user",)
    fields = (
        ("kind", "at"),
        ("actor_name", "actor_user"),
        "reason",
        ("format", "masked"),
        ("contacts", "points"),
        "asked_for",
        "left_out_because",
    )
    readonly_fields = ("asked_for", "left_out_because")

    @display(description=_("what was asked for"))
    def asked_for(self, obj: AccessRecord) -> str:
        said = []
        if "contacts" in obj.scope:
            ids = ", ".join(map(str, obj.scope["contacts"]))
            said.append(gettext("these contacts: %(ids)s") % {"ids": ids})
        if "lines" in obj.scope:
            said.append(gettext("these lines: %(ids)s") % {"ids": ", ".join(map(str, obj.scope["lines"]))})
        for key, model in (("source", Source), ("purpose", Purpose)):
            if key in obj.scope:
                named = model._default_manager.filter(pk=obj.scope[key]).first()
                said.append(f"{model._meta.verbose_name}: {named or obj.scope[key]}")
        if "channel" in obj.scope:
            said.append(str(dict(CHANNELS)[obj.scope["channel"]]))
        return "; ".join(said) or gettext("everybody")

    @display(description=_("left out"))
    def left_out_because(self, obj: AccessRecord) -> str:
        words = {**REASONS, RESTRICTED: gettext("The contact is restricted: it may only be kept (GDPR 18).")}
        lines = [(count, words.get(code, code)) for code, count in sorted(obj.left_out.items())]
        return format_html_join("", "<div>{} × {}</div>", lines) or gettext("nobody")
