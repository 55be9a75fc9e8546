"""May we contact this number, for this purpose, over this channel, at a time, and why?"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from consent import permission
from consent.api.document import described
from consent.api.fields import Channel, Moment, Number, Region, Request, Slug, purpose_of, read_number
from consent.api.keys import place_of
from consent.models import ApiKey, ConsentEvent
from consent.rules.bases import LawfulBasis
from consent.rules.permission import Reason, Verdict

router = Router(tags=["permission"])


class Question(Request):
    """What is asked."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": "+12025550100", "purpose": "news", "channel": "sms"}]}
    )

    number: Number
    region: Region | None = None
    purpose: Slug
    channel: Channel
    at: Moment | None = Field(default=None, description="When it is to be contacted; otherwise now.")


class Permission(BaseModel):
    """The answer. Only `allow` is a yes; `review` waits for a person, and permits nothing until then."""

    verdict: Verdict
    reason: Reason = Field(description="Stable code of the reason.")
    basis: LawfulBasis | None = Field(description="The lawful basis (GDPR 6(1)).")
    until: datetime | None = Field(description="Until when the answer holds; null: with no end that is known.")
    evidence: list[UUID] = Field(description="Record ids of the entries of the ledger that it rests on.")
    rule_set: str = Field(description="Version of the rules by which it was decided.")


@router.post(
    "/permissions",
    response={200: Permission},
    operation_id="ask_permission",
    **described(ApiKey.Scope.PERMISSION),
)
def ask(request: HttpRequest, body: Question) -> Permission:
    """Ask whether a number may be contacted. The answer is no unless something says yes."""
    place = place_of(request)
    number = read_number(body.number, body.region, place=place)
    purpose = purpose_of(place, body.purpose, where="/purpose")
    decision = permission.may_contact(number, purpose=purpose, channel=body.channel, at=body.at or timezone.now())
    return Permission(
        verdict=decision.verdict,
        reason=decision.reason,
        basis=decision.basis,
        until=decision.until,
        evidence=_records(decision.entries),
        rule_set=decision.rule_set,
    )


def _records(entries: Sequence[int]) -> list[UUID]:
    """Return the record ids of ledger entries, in the same order."""
    ids = dict(ConsentEvent.objects.filter(pk__in=entries).values_list("pk", "uid"))
    return [ids[pk] for pk in entries]
