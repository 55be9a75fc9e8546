"""The events of a timeline in words: what staff read, what colour it has, and where more of it stands."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import timeline
from consent.admin import words
from consent.admin.contact_acts import ERASURE_REASONS
from consent.models import CHANNELS, AccessRecord, Challenge, InboundMessage, Method, OutgoingMessage, SubjectRequest
from consent.models.messages import MEANINGS
from consent.models.retention import ACTIONS, TRIGGERS
from consent.timeline import Event, Kind
from crm import changes
from crm.models import Source
from crm.theme import timed

# For each kind: what it is called, its colour, the right to see it, and the page of its rows.
KINDS: dict[Kind, tuple[Any, str, str, str]] = {
    Kind.PROFILE: (_("Profile"), "info", "crm.view_historicalcontact", "crm_contact_simple_history"),
    Kind.NUMBER: (_("Number"), "info", "crm.view_historicalcontactpoint", "crm_contactpoint_simple_history"),
    Kind.TAG: (_("Tag"), "", "crm.view_historicalcontacttag", ""),
    Kind.IMPORT: (_("Source"), "", "crm.view_provenance", "crm_provenance_change"),
    Kind.NOTICE: (_("GDPR 14 notice"), "", "crm.view_provenance", "crm_provenance_change"),
    Kind.ENTRY: (_("Consent"), "success", "consent.view_consentevent", "consent_consentevent_change"),
    Kind.SUPPRESSION: (_("Suppression"), "danger", "consent.view_suppression", "consent_suppression_change"),
    Kind.CHALLENGE: (_("Challenge"), "", "consent.view_challenge", "consent_challenge_change"),
    Kind.SENT: (_("Text sent"), "", "consent.view_outgoingmessage", "consent_outgoingmessage_change"),
    Kind.RECEIVED: (_("Text received"), "", "consent.view_inboundmessage", "consent_inboundmessage_change"),
    Kind.REQUEST: (_("Request"), "warning", "consent.view_subjectrequest", "consent_subjectrequest_change"),
    Kind.DISCLOSURE: (_("Disclosure"), "warning", "consent.view_disclosure", "consent_disclosure_change"),
    Kind.LOOK: (_("Access"), "warning", "consent.view_accessrecord", "consent_accessrecord_change"),
    Kind.HOLD: (_("Legal hold"), "warning", "consent.view_legalhold", "consent_legalhold_change"),
    Kind.RECEIPT: (_("Erasure"), "danger", "consent.view_receipt", "consent_receipt_change"),
}
# Recorded sooner than that after it happened, it was recorded when it happened.
_AT_ONCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Row:
    """An event as it is shown; `lines` say more of it, `whence` from where it came."""

    at: datetime
    kind: Any
    colour: str
    title: str = field(repr=False)
    number: str
    who: str
    whence: str
    link: str
    lines: list[str] = field(repr=False)


def kinds_for(request: HttpRequest) -> list[Kind]:
    """Return the kinds of events that the signed-in person may see."""
    return [kind for kind, (_label, _colour, right, _page) in KINDS.items() if request.user.has_perm(right)]


def told(found: timeline.Timeline) -> list[Row]:
    """Return the rows of a timeline."""
    return [_row(found, event) for event in found.events]


def _row(found: timeline.Timeline, event: Event) -> Row:
    label, colour, _right, page = KINDS[event.kind]
    title = _TITLES[event.kind](event)
    # A grant and a withdrawal do not look alike.
    colour = words.ACT_COLOURS[event.code] if event.kind is Kind.ENTRY else colour
    row = [event.pk] if event.version_of is None else [event.version_of, event.pk]
    link = reverse(f"admin:{page}", args=row) if page else ""
    number = found.points.get(event.point_id or 0, "")
    return Row(
        event.at, label, colour, title, number, _who(event), _whence(event), link, list(_lines(event, found.names))
    )


def _who(event: Event) -> str:
    return f"{event.user} ({event.actor})" if event.user and event.actor else event.user or event.actor


def _whence(event: Event) -> str:
    batch = gettext("Import %(id)s") % {"id": event.batch_id} if event.batch_id else ""
    way = changes.way_in(event.channel) if event.kind in (Kind.PROFILE, Kind.NUMBER, Kind.TAG) else ""
    return " · ".join(filter(None, (event.source, batch, way)))


def _lines(event: Event, names: changes.Names) -> Iterator[str]:
    """Yield what is said of an event beside its title."""
    for each in event.changes:
        old, new = (changes.readable(each.field, value, names) for value in (each.old, each.new))
        yield format_html("{}: {} → {}", capfirst(each.field.verbose_name), old, new)
    yield from filter(None, _MORE.get(event.kind, _note)(event))
    if event.kind in (Kind.ENTRY, Kind.SUPPRESSION) and event.known_at and event.known_at - event.at > _AT_ONCE:
        yield format_html(gettext("recorded on {moment}"), moment=timed(event.known_at))


def _note(event: Event) -> Iterable[str]:
    return (event.note,)


def _changed(event: Event) -> str:
    if event.code == "+":
        return gettext("entered")
    return gettext("changed") if event.changes else gettext("written again, without a change that is still known")


def _number(event: Event) -> str:
    changed = {each.field.name for each in event.changes if each.new}
    if event.code == "+":
        return gettext("added")
    if "superseded_by" in changed:
        return gettext("replaced")
    return gettext("ended") if "until" in changed else _changed(event)


def _tag(event: Event) -> str:
    said = gettext("“%(tag)s” taken away") if event.code == "-" else gettext("“%(tag)s” given")
    return said % {"tag": event.note or "—"}


def _import(event: Event) -> str:
    return gettext("brought by %(source)s (%(kind)s)") % {
        "source": event.source or "—",
        "kind": dict(Source.Kind.choices).get(event.code, event.code),
    }


def _of_import(event: Event) -> Iterator[str]:
    if event.note:
        yield gettext("line %(row)s of the file") % {"row": event.note}
    if event.known_at:
        yield format_html(gettext("collected by them on {moment}"), moment=timed(event.known_at))
    if event.more:
        yield gettext("exempt from notice: %(why)s") % {"why": event.more}


def _entry(event: Event) -> str:
    return f"{event.purpose}, {_channel(event.channel)}: {words.ACTS[event.code]}"


def _of_entry(event: Event) -> Iterator[str]:
    if event.notice:
        yield gettext("in the words of %(notice)s") % {"notice": event.notice}
    yield gettext("captured by: %(method)s") % {"method": Method(event.note).label}


def _channel(code: str) -> str:
    return str(dict(CHANNELS).get(code, code))


def _suppression(event: Event) -> str:
    said = {
        "contact": gettext("must not be contacted"),
        "hold": gettext("must not be held"),
        "lifted": gettext("lifted"),
    }[event.code]
    scope = ", ".join(filter(None, (event.purpose, _channel(event.channel))))
    return f"{said}: {scope}" if scope else said


def _challenge(event: Event) -> str:
    if event.code == "asked":
        return gettext("asked through the number")
    return str(Challenge.Outcome(event.code).label)


def _sent(event: Event) -> str:
    return f"{OutgoingMessage.Kind(event.code).label}: {OutgoingMessage.State(event.note).label}"


def _received(event: Event) -> str:
    said = f"{dict(MEANINGS)[event.code]}: {InboundMessage.State(event.note).label}"
    return f"{said}, {InboundMessage.Finding(event.more).label}" if event.more else said


def _request(event: Event) -> str:
    what = SubjectRequest.Kind(event.note).label
    return f"{what}: {gettext('received') if event.code == 'received' else SubjectRequest.State(event.code).label}"


def _look(event: Event) -> str:
    # Kinds are added to it: what this does not know yet it calls by its code.
    said = str(dict(AccessRecord.Kind.choices).get(event.code, event.code))
    return f"{said} ({event.more})" if event.more else said


def _hold(event: Event) -> str:
    return gettext("placed") if event.code == "placed" else gettext("released")


def _receipt(event: Event) -> str:
    how = dict(ACTIONS).get(event.code, event.code)
    return gettext("%(how)s under %(policy)s") % {"how": how, "policy": event.more} if event.more else str(how)


def _of_receipt(event: Event) -> Iterator[str]:
    yield str(dict([*TRIGGERS, *ERASURE_REASONS]).get(event.note, event.note))
    if event.known_at:
        yield format_html(gettext("due since {moment}"), moment=timed(event.known_at))


_TITLES: dict[Kind, Callable[[Event], str]] = {
    Kind.PROFILE: _changed,
    Kind.NUMBER: _number,
    Kind.TAG: _tag,
    Kind.IMPORT: _import,
    Kind.NOTICE: lambda event: gettext("told where we have the number from"),
    Kind.ENTRY: _entry,
    Kind.SUPPRESSION: _suppression,
    Kind.CHALLENGE: _challenge,
    Kind.SENT: _sent,
    Kind.RECEIVED: _received,
    Kind.REQUEST: _request,
    Kind.DISCLOSURE: lambda event: gettext("given to %(recipient)s") % {"recipient": event.note},
    Kind.LOOK: _look,
    Kind.HOLD: _hold,
    Kind.RECEIPT: _receipt,
}
_MORE: dict[Kind, Callable[[Event], Iterable[str]]] = {
    Kind.TAG: lambda event: (event.more,),
    Kind.IMPORT: _of_import,
    Kind.ENTRY: _of_entry,
    Kind.SENT: lambda event: (),
    Kind.RECEIVED: lambda event: (),
    Kind.REQUEST: lambda event: (event.more,),
    Kind.DISCLOSURE: lambda event: (event.purpose, event.more),
    Kind.RECEIPT: _of_receipt,
}
