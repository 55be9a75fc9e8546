"""How a person at a line stands: what was agreed to, what is stopped, and what may be agreed to on their own page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent.links import Opened
from consent.models import Consent, Purpose, Suppression
from consent.rules.bases import LawfulBasis
from consent.rules.states import Status
from consent.rules.times import add_months
from consent.suppression import UNCLEAR
from crm.models import PERSON, Contact, ContactPoint, Provenance


class Obstacle(StrEnum):
    """Why something cannot be switched on."""

    EXPIRED = "expired"
    CLOSED = "closed"
    NOT_ASKED = "not_asked"
    STOPPED_OTHERWISE = "stopped_otherwise"


@dataclass(frozen=True, slots=True)
class Standing:
    """What counts for the switches of one person: their consents by purpose and channel, and the line's noes.

    closed: whether nothing can be agreed to here any more: the person was erased, is restricted or has left the
    number, or the number has gone to somebody else since the link was made. shared: whether others are reachable at
    the line. sources: ids of those behind the point.
    """

    consents: dict[tuple[int, str], Consent]
    noes: Sequence[Suppression]
    sources: frozenset[int]
    expired: bool
    closed: bool
    shared: bool
    at: datetime

    def noes_to(self, purpose: Purpose, channel: str) -> list[Suppression]:
        """Return the suppressions that stop a purpose over a channel."""
        return [no for no in self.noes if no.purpose_id in (None, purpose.pk) and no.channel in ("", channel)]

    def status(self, purpose: Purpose, channel: str) -> Status:
        """Return where the consent stands; one that has lapsed is expired, also before the night that says so."""
        consent = self.consents.get((purpose.pk, channel))
        if consent is None:
            return Status.UNKNOWN
        status = Status(consent.status)
        if status.permits and purpose.lapses_after_months and consent.given_at:
            lapsed = add_months(consent.given_at, purpose.lapses_after_months) <= self.at
            return Status.EXPIRED if lapsed else status
        return status

    def is_on(self, purpose: Purpose, channel: str) -> bool:
        """Whether the person is contacted so, or will be once they have confirmed it."""
        if self.noes_to(purpose, channel):
            return False
        status = self.status(purpose, channel)
        if purpose.basis == LawfulBasis.CONSENT:
            return status.permits or status is Status.REQUESTED
        if status in (Status.WITHDRAWN, Status.REFUSED, Status.REVOKED):
            return False
        # Without consent a number serves what its source was for, and nothing else (GDPR 5(1)(b)).
        return any(source.pk in self.sources for source in purpose.permitted_sources.all())

    def obstacle(self, purpose: Purpose, channel: str) -> Obstacle | None:
        """Return why a purpose cannot be switched on for a channel, or None where it can."""
        if purpose.basis != LawfulBasis.CONSENT or not purpose.active or channel not in purpose.channels:
            return Obstacle.NOT_ASKED
        if self.expired:
            return Obstacle.EXPIRED
        if self.closed:
            return Obstacle.CLOSED
        noes = self.noes_to(purpose, channel)
        # On a shared line nobody can tell whose no it was; one that staff or a provider placed has reasons of its own.
        if noes and (self.shared or not all(map(_is_own, noes))):
            return Obstacle.STOPPED_OTHERWISE
        return None


def standing(opened: Opened, *, at: datetime) -> Standing:
    """Return how the person of a link stands at `at` (aware)."""
    point, line = opened.point, opened.line
    noes = list(Suppression.objects.filter(line=line, lifted_at=None).order_by("pk"))
    reassigned = line.reassigned_at is not None and line.reassigned_at >= opened.token.created_at
    others = ContactPoint.objects.filter(line=line, erased_at=None, until=None).exclude(contact=point.contact_id)
    return Standing(
        consents={
            (consent.purpose_id, consent.channel): consent
            for consent in Consent.objects.filter(point=point).order_by("pk")
        },
        noes=noes,
        sources=frozenset(Provenance.objects.filter(point=point).values_list("source", flat=True)),
        expired=opened.expired,
        closed=(
            point.erased_at is not None
            or point.until is not None
            or point.contact.status != Contact.Status.LIVE
            or reassigned
        ),
        shared=others.exists(),
        at=at,
    )


def _is_own(no: Suppression) -> bool:
    """Whether the person said it, and it was understood: what waits to be read is for whoever reads it."""
    return no.extent == Suppression.Extent.CONTACT and no.actor_name == PERSON.name and no.reason != UNCLEAR
