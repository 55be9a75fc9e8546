"""What a row of a file says of consent, resolved to our purposes and notices.

A consent column alone is a claim. With the purpose, the wording and the time it is evidence, and becomes a grant;
without one of them it is known of and permits nothing, as we could not prove it (GDPR 7(1)).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from consent.models import Notice, Purpose
from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from crm.imports.resource import past_moment
from crm.rows import Fault, Rejected

PURPOSE = "consent_purpose"
GIVEN_AT = "consent_given_at"
VERSION = "consent_version"
IP = "consent_ip"
CHANNEL = "consent_channel"


class Grant(NamedTuple):
    """What a row says was agreed to, with its evidence."""

    purpose: Purpose
    notice: Notice
    channels: tuple[Channel, ...]
    given_at: datetime
    ip: str | None


class Claim(NamedTuple):
    """What a row says was agreed to, without evidence."""

    purpose: Purpose
    channels: tuple[Channel, ...]


class Wordings:
    """The purposes and published notices that there are, each looked up once."""

    def __init__(self) -> None:
        self.purposes = {purpose.slug: purpose for purpose in Purpose.objects.filter(active=True)}
        self._published: dict[tuple[int, int], dict[str, Notice]] = {}
        # A file says the same of most of its rows.
        self.notice = cache(self._notice)
        self.channels = cache(self._channels)

    def purpose(self, slug: str) -> Purpose:
        """Return the active purpose of this name, in any case. Raises Rejected."""
        purpose = self.purposes.get(slug.casefold())
        if purpose is None:
            raise Rejected(Fault(PURPOSE, "unknown_purpose"))
        return purpose

    def _notice(self, purpose: Purpose, version: str, language: str) -> Notice:
        """Return the purpose's published notice of a version ("2" or "v2"), in a language. Raises Rejected."""
        text = version.casefold().removeprefix("v")
        wordings = self._wordings(purpose, int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0)
        if not wordings:
            raise Rejected(Fault(VERSION, "unknown_notice"))
        if len(wordings) == 1:
            return next(iter(wordings.values()))
        # The words that the person saw: ours in another language would prove nothing.
        said = language.casefold().replace("_", "-")
        notice = wordings.get(said) or wordings.get(said.partition("-")[0])
        if notice is None:
            raise Rejected(Fault(VERSION, "which_notice"))
        return notice

    def _channels(self, purpose: Purpose, text: str) -> tuple[Channel, ...]:
        """Return the channels of the purpose that a cell names, all of them where it is empty. Raises Rejected."""
        names = text.casefold().replace(",", " ").replace(";", " ").split() or list(purpose.channels)
        if any(name not in purpose.channels for name in names):
            raise Rejected(Fault(CHANNEL, "unknown_channel"))
        return tuple(Channel(name) for name in dict.fromkeys(names))

    def _wordings(self, purpose: Purpose, version: int) -> dict[str, Notice]:
        key = (purpose.pk, version)
        if key not in self._published:
            published = Notice.objects.filter(purpose=purpose, version=version, published_at__isnull=False)
            self._published[key] = {notice.language.casefold(): notice for notice in published}
        return self._published[key]


def grant_of(said: Mapping[str, str], wordings: Wordings, *, language: str, at: datetime) -> Grant | Claim | None:
    """Return what a row says was agreed to, or None. Raises Rejected for evidence that proves something else.

    language: of the person, by which the wording is found that they saw. at: when the row is read (aware).
    """
    if not said.get(PURPOSE):
        return None
    purpose = wordings.purpose(said[PURPOSE])
    channels = wordings.channels(purpose, said.get(CHANNEL, ""))
    if not said.get(GIVEN_AT) or not said.get(VERSION):
        return Claim(purpose, channels)
    return Grant(
        purpose,
        wordings.notice(purpose, said[VERSION], language),
        channels,
        past_moment(said[GIVEN_AT], column=GIVEN_AT, at=at),
        _ip(said.get(IP, "")),
    )


def claims_of(channels: Sequence[str], wordings: Wordings) -> list[Claim]:
    """Return what columns claim that only say yes: any purpose that needs consent; channels: of each column, or ""."""
    claims = []
    for purpose in wordings.purposes.values():
        claimed = tuple(Channel(name) for name in purpose.channels if "" in channels or name in channels)
        if claimed and purpose.basis == LawfulBasis.CONSENT:
            claims.append(Claim(purpose, claimed))
    return claims


@lru_cache(maxsize=4096)
def _ip(text: str) -> str | None:
    try:
        # A zone ("%eth0") is of the machine that wrote it down.
        return str(ip_address(text.partition("%")[0])) if text else None
    except ValueError:
        raise Rejected(Fault(IP, "not_an_ip")) from None
