"""Checks of the whole ledger, read-only, and the button that asks for one; a worker carries it out."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerDown

from consent import insight
from consent.models import LedgerCheck, SealedEntry
from crm.admin.act import Act, ActForm, run_act_on_all
from crm.celery import app as celery_app
from crm.theme import ModelAdmin, ReadOnly, action, badge, display

State = LedgerCheck.State
COLOURS = {
    State.WAITING: "warning",
    State.RUNNING: "info",
    State.WHOLE: "success",
    State.FAULTY: "danger",
    State.FAILED: "danger",
}


class AskForCheck(Act):
    title = _("Check the whole ledger")
    submit = _("Check it")
    permission = "consent.add_ledgercheck"
    form_class = ActForm

    def effects(self) -> list[str]:
        return [
            gettext("A worker reads all %(count)d sealed entries and holds each against its seal.")
            % {"count": SealedEntry.objects.count()},
            gettext("It also looks whether the consents follow from them, and at the evidence and the journal."),
            gettext("Nothing is changed. What it finds stands in this list, and faults raise an alert."),
        ]

    def perform(self, form: ActForm) -> str:
        check = insight.ask(user=self.user, at=self.now)
        transaction.on_commit(lambda: _send(check.pk))
        return gettext("%(check)s was asked for.") % {"check": check}


def _send(check_id: int) -> None:
    """Hand a check to a worker. While the broker is down the row itself waits: the sweep takes it up."""
    with suppress(BrokerDown, OSError):
        celery_app.send_task("consent.tasks.check_ledger", [check_id])


@admin.register(LedgerCheck)
class LedgerCheckAdmin(ReadOnly, ModelAdmin):
    list_display = ("__str__", "status", "entries", "faults", "asked_by", "asked_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("asked_by",)
    fields = (
        ("status", "error"),
        ("asked_by", "asked_at"),
        ("started_at", "finished_at"),
        ("entries", "seals", "faults"),
        "named",
    )
    readonly_fields = ("status", "named")
    actions_list = ("ask",)
    empty_hint = _("The ledger was never checked as a whole. Ask for it: “Check the whole ledger”, above.")

    @display(description=_("state"), ordering="state")
    def status(self, obj: LedgerCheck) -> str:
        return badge(obj.get_state_display(), COLOURS[State(obj.state)])

    @display(description=_("what was found"))
    def named(self, obj: LedgerCheck) -> str:
        if not obj.found:
            return gettext("nothing") if obj.state == State.WHOLE else "—"
        lines = format_html_join("", "<div>{}</div>", ((_fault(found),) for found in obj.found))
        more = gettext("and %(count)d more") % {"count": obj.faults - len(obj.found)}
        return format_html("{}{}", lines, more) if obj.faults > len(obj.found) else lines

    @action(description=AskForCheck.title, url_path="ask", permissions=[AskForCheck.permission], icon="policy")
    def ask(self, request: HttpRequest) -> HttpResponse:
        return run_act_on_all(self, request, AskForCheck)


def _fault(found: dict[str, Any]) -> SafeString:
    """Return a fault in a line, with a link to the entry or the seal that it is of."""
    said = dict(found)
    parts = [format_html("{}: {}", said.pop("of"), said.pop("kind"))]
    for name, page in (("entry", "consentevent"), ("seal", "seal")):
        if name in said:
            link = reverse(f"admin:consent_{page}_change", args=[said[name]])
            css = "text-primary-600 dark:text-primary-500"
            parts.append(format_html('<a class="{}" href="{}">{} {}</a>', css, link, name, said.pop(name)))
    parts += [format_html("{} {}", name, value) for name, value in said.items()]
    return format_html_join(", ", "{}", ((part,) for part in parts))
