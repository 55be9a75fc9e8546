"""Taking consent back: for any number, known or not, as often as it is said."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, ConfigDict, Field

from consent import ledger, suppression, withdrawal
from consent.api.document import described
from consent.api.fields import Channel, Evidence, Moment, Number, Region, Request, Slug, read_number
from consent.api.idempotency import answer_once
from consent.api.keys import actor_of, place_of
from consent.api.problems import Fault, invalid
from consent.idempotency import Answer
from consent.models import ApiKey, Method, Purpose

router = Router(tags=["withdraw"])


class Withdrawal(Request):
    """What is taken back: everything, unless a purpose or a channel is named."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": "+12025550100"}, {"number": "+12025550100", "channel": "sms"}]}
    )

    number: Number
    region: Region | None = None
    purpose: Slug | None = Field(default=None, description="Any purpose, also of another collection point.")
    channel: Channel | None = None
    occurred_at: Moment | None = Field(default=None, description="When it was said, where that was before.")
    objection: bool | None = Field(
        default=None, description="Whether it is an objection (GDPR 21), which outranks every lawful basis."
    )
    evidence: Evidence | None = None


class Suppressed(BaseModel):
    """The number is suppressed, whether we know it or not."""

    suppressed: bool


@router.post(
    "/withdrawals",
    response={200: Suppressed},
    operation_id="withdraw",
    **described(ApiKey.Scope.WITHDRAW, once=True),
)
def withdraw(request: HttpRequest, response: HttpResponse, body: Withdrawal) -> Status[dict[str, Any]]:
    """Take back what was agreed to at a number, and suppress it in the same scope.

    It works for numbers that we never held or have erased, twice, and for those that are no longer valid. An answer of
    500 or above means that it was not stored: send it again.
    """
    return answer_once(request, response, body, lambda: _withdraw(request, body))


def _withdraw(request: HttpRequest, body: Withdrawal) -> Answer:
    place = place_of(request)
    number = read_number(body.number, body.region, place=place)
    purpose = Purpose.objects.filter(slug=body.purpose).first() if body.purpose else None
    if body.purpose and purpose is None:
        raise invalid(Fault("/purpose", "unknown_purpose"))
    try:
        withdrawal.withdraw(
            number,
            at=body.occurred_at or timezone.now(),
            reason=suppression.OBJECTION if body.objection else "withdrawn",
            method=Method(place.kind),
            actor=actor_of(request),
            purpose=purpose,
            channel=body.channel,
            evidence=body.evidence.proof() if body.evidence else None,
        )
    except ledger.Refused:
        raise invalid(Fault("/occurred_at", "in_the_future")) from None
    return Answer(200, {"suppressed": True})
