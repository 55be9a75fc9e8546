"""What a person's own page shows: purposes in their words, how each stands, sources and recipients. No number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consent import requests
from consent.links import Opened
from consent.models import CHANNELS, Notice, Purpose
from consent.preferences.standing import Obstacle, Standing, standing
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from consent.rules.states import Status
from consent.rules.times import require_aware
from crm.models import Provenance, Source

_ANY = "en"
_HOW = {
    Source.Kind.WEB_FORM: gettext_lazy("You gave it to us on a web page."),
    Source.Kind.MOBILE_APP: gettext_lazy("You gave it to us in an app."),
    Source.Kind.SMS: gettext_lazy("You gave it to us by text message."),
    Source.Kind.POINT_OF_SALE: gettext_lazy("You gave it to us in a shop."),
    Source.Kind.STAFF: gettext_lazy("Our staff wrote it down."),
}
_STANDS = {
    Status.UNKNOWN: gettext_lazy("You have not agreed to this."),
    Status.REQUESTED: gettext_lazy("You have agreed; it counts once you confirm it through your phone."),
    Status.DEFERRED: gettext_lazy("You have not decided yet."),
    Status.REFUSED: gettext_lazy("You have said no."),
    Status.GIVEN: gettext_lazy("You agreed on %(date)s."),
    Status.RENEWED: gettext_lazy("You agreed again on %(date)s."),
    Status.EXPIRED: gettext_lazy("What you had agreed to has run out."),
    Status.INVALIDATED: gettext_lazy("We found that what we had noted does not count."),
    Status.REVOKED: gettext_lazy("We have ended this."),
    Status.WITHDRAWN: gettext_lazy("You took it back on %(date)s."),
}
OBSTACLES = {
    Obstacle.EXPIRED: gettext_lazy("This link is too old to agree to anything."),
    Obstacle.CLOSED: gettext_lazy("Nothing can be agreed to for this number by this link any more."),
    Obstacle.NOT_ASKED: gettext_lazy("This is not asked for."),
    Obstacle.STOPPED_OTHERWISE: gettext_lazy(
        "We were told to stop this for the number, and only our staff can undo it."
    ),
}


@dataclass(frozen=True, slots=True)
class Switch:
    """A purpose over a channel: `stands` says in plain words how, `obstacle` why it cannot be switched on."""

    purpose_id: int
    channel: Channel
    label: str
    on: bool
    stands: str
    obstacle: str
    may_change: bool

    @property
    def key(self) -> str:
        """The switch as forms name it."""
        return f"{self.purpose_id}:{self.channel.value}"

    @property
    def element(self) -> str:
        """The id of its box on the page."""
        return f"switch-{self.purpose_id}-{self.channel.value}"


@dataclass(frozen=True, slots=True)
class Section:
    """A purpose in its published words, and its switches. One that is necessary has nothing to switch."""

    purpose_id: int
    name: str
    notice: Notice
    necessary: bool
    asked: bool
    switches: Sequence[Switch]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where we got the number: how, from whom, when they collected it and when we obtained it."""

    name: str
    how: str
    collected_on: date | None
    obtained_on: date


@dataclass(frozen=True, slots=True)
class Received:
    """Who was given the person's data, when, and for what."""

    recipient: str
    on: date
    purpose: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `masked` shows the country and the last four digits; nothing here holds a number."""

    masked: str
    erased: bool
    expired: bool
    stopped: bool
    sections: Sequence[Section]
    origins: Sequence[Origin]
    recipients: Sequence[Received]

    @property
    def optional(self) -> list[Section]:
        """What the person decides about."""
        return [section for section in self.sections if not section.necessary]

    @property
    def necessary(self) -> list[Section]:
        """What goes with something that the person has asked for."""
        return [section for section in self.sections if section.necessary]

    def as_evidence(self, act: str, changes: Iterable[str] = ()) -> str:
        """Return what was shown and what was done, as it is kept for proof: wordings with version and language."""
        lines = [f"preference centre: {act}", *changes]
        for section in self.sections:
            notice = section.notice
            lines.append(f"{section.name}, version {notice.version} ({notice.language}): {notice.text}")
            lines += [f"  {switch.channel.value}: {'on' if switch.on else 'off'}" for switch in section.switches]
        return "\n".join(lines)


def page(opened: Opened, *, at: datetime, language: str) -> Page:
    """Return what the page of a link shows at `at` (aware), in a language; a wording that is not in it, in another."""
    at = require_aware(at, name="at")
    stands = standing(opened, at=at)
    point = opened.point
    with translation.override(language):
        return Page(
            masked=opened.line.masked if point.erased_at is None else "",
            erased=point.erased_at is not None,
            expired=opened.expired,
            stopped=any(no.purpose_id is None and no.channel == "" for no in stands.noes),
            sections=[_section(notice, stands) for notice in _notices_in(language)],
            origins=[
                _origin(each)
                for each in Provenance.objects.filter(point=point).select_related("source").order_by("obtained_at")
            ],
            recipients=[
                Received(each.recipient, _day(each.at), each.purpose.name if each.purpose else "")
                for each in requests.recipients_of(point.contact)
            ],
        )


def newest_notices() -> list[Notice]:
    """Return the published wording that counts of each active purpose, in each language."""
    newest: dict[tuple[int, str], Notice] = {}
    published = Notice.objects.filter(published_at__isnull=False, purpose__active=True).select_related("purpose")
    for notice in published.prefetch_related("purpose__permitted_sources").order_by("version"):
        newest[notice.purpose_id, notice.language] = notice
    return list(newest.values())


def _notices_in(language: str) -> list[Notice]:
    """Return one wording of each purpose, by name: in the language, else in English, else in any."""
    chosen: dict[int, Notice] = {}
    order = sorted(newest_notices(), key=lambda each: (each.language != language, each.language != _ANY, each.language))
    for notice in order:
        chosen.setdefault(notice.purpose_id, notice)
    return sorted(chosen.values(), key=lambda each: (each.purpose.name, each.purpose_id))


def _section(notice: Notice, stands: Standing) -> Section:
    purpose = notice.purpose
    # What is open over a channel that the purpose has no more can be taken back all the same.
    channels = [
        channel
        for channel in Channel
        if channel in purpose.channels or ((purpose.pk, channel) in stands.consents and stands.is_on(purpose, channel))
    ]
    return Section(
        purpose_id=purpose.pk,
        name=purpose.name,
        notice=notice,
        necessary=purpose.necessary,
        asked=purpose.basis == LawfulBasis.CONSENT,
        switches=[_switch(purpose, channel, stands) for channel in channels],
    )


def _switch(purpose: Purpose, channel: Channel, stands: Standing) -> Switch:
    on = stands.is_on(purpose, channel)
    obstacle = None if on else stands.obstacle(purpose, channel)
    # What never was asked for is no news to anybody who has it switched off.
    told = obstacle if obstacle is not Obstacle.NOT_ASKED else None
    return Switch(
        purpose_id=purpose.pk,
        channel=channel,
        label=str(dict(CHANNELS)[channel.value]),
        on=on,
        stands=_words(purpose, channel, stands, on=on),
        obstacle=str(OBSTACLES[told]) if told else "",
        may_change=not purpose.necessary and obstacle is None,
    )


def _words(purpose: Purpose, channel: Channel, stands: Standing, *, on: bool) -> str:
    if noes := stands.noes_to(purpose, channel):
        return _("Stopped since %(date)s.") % {"date": _shown(min(no.since for no in noes))}
    status, consent = stands.status(purpose, channel), stands.consents.get((purpose.pk, channel))
    if purpose.basis == LawfulBasis.CONSENT or status in (Status.WITHDRAWN, Status.REFUSED, Status.REVOKED):
        since = consent.given_at if consent and status.permits else consent.since if consent else None
        return str(_STANDS[status]) % {"date": _shown(since) if since else ""}
    if not on:
        return _("We do not use your number for this.")
    return _("In use.") if purpose.necessary else _("In use. You need not have agreed to it, and may object.")


def _origin(provenance: Provenance) -> Origin:
    source = provenance.source
    how = _HOW.get(Source.Kind(source.kind))
    return Origin(
        name=source.name,
        how=str(how) if how else _("%(supplier)s gave it to us.") % {"supplier": source.supplier},
        collected_on=_day(provenance.collected_at) if provenance.collected_at else None,
        obtained_on=_day(provenance.obtained_at),
    )


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def _shown(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")
