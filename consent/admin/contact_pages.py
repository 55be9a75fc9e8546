"""The pages of a contact beside its form: numbers, consent, permission, timeline, blame, retention, and as it was."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone

from consent import timeline
from consent.admin import blamed, contact_frame, contact_outlook, told
from consent.admin.contact_frame import TimesForm
from consent.admin.matrix import matrix, traces
from crm import changes
from crm.models import Contact, ContactTag

# So many events stand on a page, and on a sheet to print.
EVENTS, PRINTED = 50, 1000


class ContactPages:
    """Adds the pages to the admin of contacts."""

    admin_site: Any

    def get_urls(self) -> list[Any]:
        pages = [
            ("numbers", self.numbers_view),
            ("consent", self.consent_view),
            ("permission", self.permission_view),
            ("timeline", self.timeline_view),
            ("timeline_print", self.timeline_print_view),
            ("blame", self.blame_view),
            ("retention", self.retention_view),
            ("as_of", self.as_of_view),
        ]
        own = [
            path(
                f"<path:object_id>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"crm_contact_{name}",
            )
            for name, view in pages
        ]
        return own + super().get_urls()  # type: ignore[misc]

    def numbers_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def fill(contact: Contact) -> dict[str, Any]:
            points = contact.points.select_related("line", "superseded_by__line").order_by("-is_primary", "pk")
            may_see = request.user.has_perm("crm.view_provenance")
            return {
                "numbers": points,
                "number_acts": "admin/consent/contact/number_acts.html",
                "traces": traces(contact, at=timezone.now()) if may_see else (),
            }

        return self._page(request, object_id, contact_frame.NUMBERS, "numbers_tab.html", fill)

    def consent_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def fill(contact: Contact) -> dict[str, Any]:
            return {"matrix": matrix(contact, at=timezone.now())}

        return self._page(request, object_id, contact_frame.CONSENT, "consent_tab.html", fill)

    def permission_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        form, at, known_at, now = _times(request)

        def fill(contact: Contact) -> dict[str, Any]:
            panels = matrix(contact, at=at, known_at=known_at, past=at != now)
            return {"form": form, "at": at, "known_at": known_at, "is_past": at != now, "matrix": panels}

        return self._page(request, object_id, contact_frame.PERMISSION, "permission_tab.html", fill)

    def timeline_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._timeline(request, object_id, "timeline_tab.html", limit=EVENTS)

    def timeline_print_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._timeline(request, object_id, "timeline_print.html", limit=PRINTED)

    def _timeline(self, request: HttpRequest, object_id: str, template: str, *, limit: int) -> HttpResponse:
        may = told.kinds_for(request)
        chosen = [kind for kind in may if kind.value in request.GET.getlist("kind")] or may
        said = request.GET.get("skip", "")
        skip = min(int(said), 1_000_000) if said.isascii() and said.isdecimal() else 0
        narrowed = [("kind", kind.value) for kind in chosen] if len(chosen) < len(may) else []

        def fill(contact: Contact) -> dict[str, Any]:
            found = timeline.of(contact, kinds=chosen, limit=limit, skip=skip)
            here = reverse("admin:crm_contact_timeline", args=[contact.pk])
            on_paper = reverse("admin:crm_contact_timeline_print", args=[contact.pk])
            return {
                "rows": told.told(found),
                "kinds": [(kind.value, told.KINDS[kind][0], kind in chosen) for kind in may],
                "narrowed": narrowed,
                "older": _address(here, [*narrowed, ("skip", skip + limit)]) if found.is_cut else "",
                "newer": _address(here, [*narrowed, ("skip", max(skip - limit, 0))]) if skip else "",
                "print": _address(on_paper, narrowed),
                "is_cut": found.is_cut,
                "now": timezone.now(),
            }

        return self._page(request, object_id, contact_frame.TIMELINE, template, fill)

    def blame_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def fill(contact: Contact) -> dict[str, Any]:
            return {"sections": blamed.sections(contact)}

        return self._page(request, object_id, contact_frame.BLAME, "blame_tab.html", fill)

    def retention_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        def fill(contact: Contact) -> dict[str, Any]:
            now = timezone.now()
            holds = contact_outlook.holds(contact, at=now) if request.user.has_perm("consent.view_legalhold") else ()
            return {"foreseen": contact_outlook.foreseen(contact, at=now), "holds": holds}

        return self._page(request, object_id, contact_frame.RETENTION, "retention_tab.html", fill)

    def as_of_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a contact as it was: what we held, what was allowed, and what we took to be allowed then."""
        form, at, _known_at, _now = _times(request)

        def fill(contact: Contact) -> dict[str, Any]:
            may_consent = request.user.has_perm("consent.view_consent")
            panels = matrix(contact, at=at, past=True) if may_consent else []
            then = matrix(contact, at=at, known_at=at, past=True) if may_consent else []
            return {
                "form": form,
                "at": at,
                "sections": blamed.sections(contact, until=at),
                "tags": _tags(contact, at=at) if request.user.has_perm("crm.view_historicalcontacttag") else [],
                "traces": [each for each in traces(contact, at=at) if each.provenance.obtained_at <= at],
                "may_trace": request.user.has_perm("crm.view_provenance"),
                "differ": _differences(panels, then),
                "matrix": panels,
            }

        return self._page(request, object_id, contact_frame.AS_OF, "as_of_tab.html", fill)

    def _page(self, request: HttpRequest, object_id: str, tab: Any, template: str, fill: Any) -> HttpResponse:
        return contact_frame.page(self, request, object_id, tab, f"admin/consent/contact/{template}", fill)


def _times(request: HttpRequest) -> tuple[TimesForm, datetime, datetime | None, datetime]:
    now = timezone.now()
    form = TimesForm(request.GET)
    return form, *form.times(now=now), now


def _address(base: str, parameters: Any) -> str:
    return f"{base}?{urlencode(parameters)}" if parameters else base


def _tags(contact: Contact, *, at: datetime) -> list[str]:
    """Return the groups that the contact was in at `at` (aware): of each the last version until then says so."""
    last: dict[int, Any] = {}
    rows = ContactTag.history.filter(contact=contact, history_date__lte=at).order_by("history_date", "history_id")
    for row in rows.select_related("tag"):
        last[row.id] = row
    return sorted(str(row.tag) for row in last.values() if row.history_type != "-")


def _differences(panels: Any, then: Any) -> list[tuple[str, Any, Any]]:
    """Return where what we knew then and what we know now of that time say different things: where, now, and then."""
    known = {(panel.point.pk, cell.purpose.pk, cell.code): cell for panel in then for cell in panel.cells}
    found = []
    for panel in panels:
        for cell in panel.cells:
            before = known.get((panel.point.pk, cell.purpose.pk, cell.code))
            if before and (before.verdict, before.reason) != (cell.verdict, cell.reason):
                where = f"{changes.name_of(panel.point)}, {cell.purpose}, {cell.channel}"
                found.append((where, cell, before))
    return found
