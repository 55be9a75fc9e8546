"""The first page: what is held, what may be done with it, what goes tonight, and what waits for a person.

What would take long was counted by a job, and the page says when; the rest is asked now, in a handful of queries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext

from consent import requests
from consent.admin import period
from consent.admin.charts import Chart, Column, Series
from consent.admin.forecast import PERMISSION as FORESEE
from consent.admin.scorecard import Row, rows_of
from consent.models import Alert, Figures, InboundMessage, LedgerCheck, PurgeRun, Purpose, Seal, SubjectRequest
from consent.rules.retention import Action
from crm.theme import timed, timed_day

# So many sources stand on the first page, those with the most people first.
MOST_SOURCES = 8
Viewer = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Card:
    """A figure: what it is, the number or word, a note on it, and the list behind it.

    tone: danger, warning, success or none.
    """

    label: str
    value: str
    link: str
    note: str = ""
    tone: str = ""


def callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the first page with the figures that the signed-in person may look at."""
    viewer: Any = request.user
    now = timezone.now()
    figures = Figures.objects.first()
    counts = figures.counts if figures else {}
    context["title"] = gettext("Desk")
    context["figures"] = figures
    context["may_count"] = viewer.has_perm("consent.add_figures")
    context["groups"] = [
        (title, cards)
        for title, cards in (
            (gettext("Waits for somebody"), list(_waiting(viewer, counts, now=now))),
            (gettext("Held"), list(_held(viewer, counts))),
            (gettext("May be contacted"), list(_contactable(viewer, counts))),
            (gettext("Nightly work"), list(_nightly(viewer, counts, now=now))),
            (gettext("Ledger"), list(_ledger(viewer, counts))),
        )
        if cards
    ]
    context["charts"] = list(_charts(viewer, counts))
    context["sources"] = _sources(viewer, counts)
    return context


def counted(number: int) -> str:
    """Return a number as people read it, as in 1,204."""
    return number_format(number, force_grouping=True)


def _list(model: str, **parameters: str | int) -> str:
    return reverse(f"admin:{model}_changelist") + (f"?{urlencode(parameters)}" if parameters else "")


def _held(viewer: Viewer, counts: Mapping[str, Any]) -> Iterator[Card]:
    if not counts:
        return
    if viewer.has_perm("crm.view_contact"):
        yield Card(gettext("People"), counted(counts["contacts"]), _list("crm_contact"))
    if viewer.has_perm("crm.view_phonenumber"):
        yield Card(gettext("Numbers"), counted(counts["lines"]), _list("crm_phonenumber", erased_at__isempty=0))


def _contactable(viewer: Viewer, counts: Mapping[str, Any]) -> Iterator[Card]:
    by_purpose = counts.get("contactable", {})
    if not by_purpose or not viewer.has_perms(["crm.view_contact", "consent.view_consent"]):
        return
    for purpose in Purpose.objects.filter(pk__in=by_purpose):
        yield Card(
            str(purpose),
            counted(by_purpose[str(purpose.pk)]),
            _list("crm_contact", **{f"purpose_{purpose.pk}": "given"}),
            gettext("numbers, at any hour"),
        )


def _waiting(viewer: Viewer, counts: Mapping[str, Any], *, now: datetime) -> Iterator[Card]:
    if viewer.has_perm("consent.view_alert"):
        alerts = Alert.objects.filter(closed_at=None).count()
        tone = "danger" if alerts else ""
        yield Card(gettext("Alerts"), counted(alerts), _list("consent_alert", closed_at__isempty=1), tone=tone)
    if viewer.has_perm("consent.view_subjectrequest"):
        received = SubjectRequest.objects.filter(state=SubjectRequest.State.OPEN).order_by("received_at")
        due = [requests.due_at(SubjectRequest(received_at=at)) for at in received.values_list("received_at", flat=True)]
        late = sum(now > each.rolled for each in due)
        note = gettext("%(count)s overdue") % {"count": counted(late)} if late else ""
        if due and not late:
            note = format_html(gettext("the next by {date}"), date=timed_day(due[0].earlier))
        tone = "danger" if late else "warning" if due else ""
        yield Card(
            gettext("Requests by people"),
            counted(len(due)),
            _list("consent_subjectrequest", state__exact="open"),
            note,
            tone,
        )
    if viewer.has_perm("consent.view_inboundmessage"):
        unclear = InboundMessage.objects.filter(state=InboundMessage.State.REVIEW).count()
        tone = "warning" if unclear else ""
        yield Card(gettext("Unclear texts"), counted(unclear), _list("consent_inboundmessage"), tone=tone)
    if counts and viewer.has_perm("crm.view_provenance"):
        untold = sum(card["untold"] for card in counts["sources"].values())
        late = sum(card["late"] for card in counts["sources"].values())
        yield Card(
            gettext("Notices due (GDPR 14)"),
            counted(untold),
            _list("crm_provenance", notice="waits"),
            gettext("%(count)s late") % {"count": counted(late)} if late else "",
            "danger" if late else "warning" if untold else "",
        )


def _nightly(viewer: Viewer, counts: Mapping[str, Any], *, now: datetime) -> Iterator[Card]:
    if not viewer.has_perm(FORESEE):
        return
    forecast = reverse("admin:consent_purgerun_forecast")
    if counts:
        nights = counts["nights"]
        tonight = nights[0]["due"] if nights else 0
        coming = sum(night["due"] for night in nights)
        yield Card(gettext("Go tonight"), counted(tonight), forecast, gettext("numbers that fall due"))
        yield Card(gettext("Go in the next 30 nights"), counted(coming), forecast, gettext("tonight included"))
        oldest = counts["oldest_due_at"]
        if oldest:
            since = datetime.fromisoformat(oldest)
            days = max(0, (now - since).days)
            yield Card(
                gettext("Oldest overdue"),
                gettext("%(days)s days") % {"days": counted(days)},
                forecast,
                format_html(gettext("due since {date}"), date=timed_day(since)),
                "danger" if days > 2 else "",
            )
        else:
            yield Card(gettext("Oldest overdue"), gettext("none"), forecast, tone="success")
    run = PurgeRun.objects.exclude(state=PurgeRun.State.REPLACED).first()
    if run is None:
        yield Card(
            gettext("Last run"), gettext("none yet"), _list("consent_purgerun"), gettext("the nightly job begins it")
        )
        return
    tones = {PurgeRun.State.DONE: "success", PurgeRun.State.FAILED: "danger", PurgeRun.State.WAITING: "warning"}
    yield Card(
        gettext("Last run"),
        str(run.get_state_display()),
        reverse("admin:consent_purgerun_change", args=[run.pk]),
        format_html("{}, {}", _outcome(run), timed(run.started_at)),
        tones.get(PurgeRun.State(run.state), ""),
    )


def _outcome(run: PurgeRun) -> str:
    if run.state == PurgeRun.State.WAITING:
        return gettext("%(count)s would go") % {"count": counted(run.due or 0)}
    return gettext("%(count)s gone") % {"count": counted(sum(run.counts.get(action, 0) for action in Action))}


def _ledger(viewer: Viewer, counts: Mapping[str, Any]) -> Iterator[Card]:
    if not viewer.has_perm("consent.view_seal"):
        return
    seal = Seal.objects.first()
    if seal is None:
        yield Card(gettext("Last seal"), gettext("none yet"), _list("consent_seal"), gettext("made hourly"))
    else:
        link = reverse("admin:consent_seal_change", args=[seal.pk])
        yield Card(gettext("Last seal"), str(seal.number), link, timed(seal.sealed_at), "success")
    if counts:
        yield Card(
            gettext("Entries not sealed yet"),
            counted(counts["unsealed"]),
            _list("consent_consentevent"),
            gettext("the hourly seal takes them"),
        )
    check = LedgerCheck.objects.first()
    if check is None:
        yield Card(gettext("Last check"), gettext("none yet"), _list("consent_ledgercheck"), tone="warning")
        return
    tones = {LedgerCheck.State.WHOLE: "success", LedgerCheck.State.FAULTY: "danger", LedgerCheck.State.FAILED: "danger"}
    yield Card(
        gettext("Last check"),
        str(check.get_state_display()),
        reverse("admin:consent_ledgercheck_change", args=[check.pk]),
        timed(check.finished_at or check.asked_at),
        tones.get(LedgerCheck.State(check.state), ""),
    )


def _charts(viewer: Viewer, counts: Mapping[str, Any]) -> Iterator[Chart]:
    if not counts:
        return
    if viewer.has_perm("consent.view_consentevent"):
        weeks = counts["weeks"]
        days = [date.fromisoformat(week["week"]) for week in weeks]
        grants, noes = ([week[name] for week in weeks] for name in ("grants", "withdrawals"))
        yield Chart(
            "weeks",
            gettext("Grants and withdrawals by week"),
            gettext("%(grants)s grants and %(noes)s withdrawals in %(weeks)s weeks; the label is the Monday.")
            % {"grants": counted(sum(grants)), "noes": counted(sum(noes)), "weeks": len(weeks)},
            [Column(_short(day), _list("consent_consentevent", **period.week_from(day))) for day in days],
            [
                Series(gettext("grants"), "chart-yes", grants),
                Series(gettext("withdrawals"), "chart-no", noes),
            ],
        )
    if viewer.has_perm(FORESEE):
        nights = counts["nights"]
        due = [night["due"] for night in nights]
        forecast = reverse("admin:consent_purgerun_forecast")
        yield Chart(
            "nights",
            gettext("What goes in the next 30 nights"),
            gettext("%(due)s numbers in %(nights)s nights, as the facts stand now.")
            % {"due": counted(sum(due)), "nights": len(nights)},
            [Column(_short(datetime.fromisoformat(night["at"]).date()), forecast) for night in nights],
            [Series(gettext("numbers"), "chart-gone", due)],
        )


def _sources(viewer: Viewer, counts: Mapping[str, Any]) -> list[Row]:
    if not counts or not viewer.has_perm("crm.view_source"):
        return []
    return rows_of(counts["sources"])[:MOST_SOURCES]


def _short(day: date) -> str:
    return formats.date_format(day, "j M")
