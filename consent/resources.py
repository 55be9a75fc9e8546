"""Importing with evidence: crm's row pipeline, and beside it what the file says of consent.

A consent column alone is a claim. With the purpose, the wording and the time it becomes a ledger entry; without
one of them the row is rejected, so that nobody is held on a consent that we could not prove (GDPR 7(1)).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.db.models import Q

from consent import ledger
from consent.models import Consent, ConsentEvent, Method, Notice, Purpose, Suppression
from consent.rules.lines import Channel
from consent.rules.retention import ENDED
from consent.rules.states import Act
from crm import intake
from crm.imports.mapping import FIELDS
from crm.imports.resource import ContactResource, past_moment
from crm.models import ContactPoint, Outcome

PURPOSE = "consent_purpose"
GIVEN_AT = "consent_given_at"
VERSION = "consent_version"
IP = "consent_ip"
CHANNEL = "consent_channel"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a row says was agreed to, resolved to our purpose and our notice."""

    purpose: Purpose
    notice: Notice
    channels: tuple[Channel, ...]
    given_at: datetime
    ip: str | None


class EvidenceResource(ContactResource):
    """Contacts with their consents."""

    FIELDS = {
        **FIELDS,
        PURPOSE: frozenset({"purpose", "consentpurpose", "consentfor"}),
        GIVEN_AT: frozenset({"consentgivenat", "givenat", "consentat", "optinat", "consentdate"}),
        VERSION: frozenset({"consentversion", "wordingversion", "noticeversion"}),
        IP: frozenset({"consentip", "ip", "ipaddress"}),
        CHANNEL: frozenset({"consentchannel", "channel"}),
    }

    def store(self, row: Mapping[str, str], *, line: int) -> Outcome:
        """Store the person, then record the consent for each of the row's numbers. Raises Rejected."""
        # Read first: evidence that is no good rejects the row before anything is written.
        grant = self._grant(row)
        stored = self.take_in(row, line=line)
        recorded = 0
        if grant:
            for point in ContactPoint.objects.filter(pk__in=stored.point_ids).order_by("pk"):
                recorded += sum(self._record(grant, point, channel, line=line) for channel in grant.channels)
        return Outcome.UPDATED if recorded and stored.outcome is Outcome.UNCHANGED else stored.outcome

    def _record(self, grant: Grant, point: ContactPoint, channel: Channel, *, line: int) -> bool:
        """Record the grant at one point, unless the ledger has it; return whether it was new. Raises Rejected."""
        same = ConsentEvent.objects.filter(
            point=point, purpose=grant.purpose, channel=channel, act=Act.GIVEN, occurred_at=grant.given_at
        )
        if same.exists():
            return False
        if self.batch.source.is_third_party and _said_no(point, grant, channel):
            # Whoever said no to us is not brought back by what somebody else says of them.
            raise intake.Rejected(intake.Fault(PURPOSE, "opted_out"))
        method = Method.THIRD_PARTY if self.batch.source.is_third_party else Method(self.batch.source.kind)
        ledger.record(
            point=point,
            purpose=grant.purpose,
            channel=channel,
            act=Act.GIVEN,
            occurred_at=grant.given_at,
            notice=grant.notice,
            method=method,
            actor=self.actor,
            source=self.batch.source,
            batch=self.batch,
            evidence=ledger.Proof(
                ip=grant.ip, shown=self.batch.source.wording, message=f"import {self.batch.pk}, line {line}"
            ),
        )
        return True

    def _grant(self, row: Mapping[str, str]) -> Grant | None:
        """Return what the row says was agreed to, or None. Raises Rejected for evidence that proves nothing."""
        said = {field: value.strip() for field, value in self.cells(row).items()}
        if not said.get(PURPOSE):
            if PURPOSE in said and (said.get(GIVEN_AT) or said.get(VERSION)):
                # The file has a column for what it was given for, and this row leaves it out.
                raise intake.Rejected(intake.Fault(PURPOSE, "evidence_missing"))
            return None
        purpose = Purpose.objects.filter(slug=said[PURPOSE].casefold(), active=True).first()
        if purpose is None:
            raise intake.Rejected(intake.Fault(PURPOSE, "unknown_purpose"))
        for column in (GIVEN_AT, VERSION):
            if not said.get(column):
                raise intake.Rejected(intake.Fault(column, "evidence_missing"))
        given_at = past_moment(said[GIVEN_AT], column=GIVEN_AT, at=self.at)
        return Grant(
            purpose,
            self._notice(purpose, said[VERSION], said.get("language", "")),
            self._channels(purpose, said.get(CHANNEL, "")),
            given_at,
            self._ip(said.get(IP, "")),
        )

    def _notice(self, purpose: Purpose, version: str, language: str) -> Notice:
        text = version.casefold().removeprefix("v")
        published = Notice.objects.filter(
            purpose=purpose,
            version=int(text) if text.isascii() and text.isdigit() else 0,
            published_at__isnull=False,
        )
        wordings = {notice.language.casefold(): notice for notice in published}
        if not wordings:
            raise intake.Rejected(intake.Fault(VERSION, "unknown_notice"))
        if len(wordings) == 1:
            return next(iter(wordings.values()))
        # The words that the person saw: ours in another language would prove nothing.
        said = language.casefold().replace("_", "-")
        notice = wordings.get(said) or wordings.get(said.partition("-")[0])
        if notice is None:
            raise intake.Rejected(intake.Fault(VERSION, "which_notice"))
        return notice

    def _channels(self, purpose: Purpose, text: str) -> tuple[Channel, ...]:
        names = text.casefold().replace(",", " ").replace(";", " ").split() or list(purpose.channels)
        if any(name not in purpose.channels for name in names):
            raise intake.Rejected(intake.Fault(CHANNEL, "unknown_channel"))
        return tuple(Channel(name) for name in dict.fromkeys(names))

    def _ip(self, text: str) -> str | None:
        try:
            # A zone ("%eth0") is of the machine that wrote it down.
            return str(ip_address(text.partition("%")[0])) if text else None
        except ValueError:
            raise intake.Rejected(intake.Fault(IP, "not_an_ip")) from None


def _said_no(point: ContactPoint, grant: Grant, channel: Channel) -> bool:
    """Whether the person, or anyone at the line, had said no to this when it is said to have been given."""
    consents = Consent.objects.filter(
        point=point, purpose=grant.purpose, channel=channel, status__in=ENDED, since__lte=grant.given_at
    )
    suppressions = Suppression.objects.filter(
        Q(purpose=None) | Q(purpose=grant.purpose),
        line=point.line_id,
        channel__in=["", channel],
        since__lte=grant.given_at,
        lifted_at=None,
    )
    return consents.exists() or suppressions.exists()
