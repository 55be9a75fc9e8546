"""Where the consents of a number stand, for the purposes of the key's collection point."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from consent.api.document import described
from consent.api.fields import Number, Region, Request, read_number
from consent.api.keys import place_of
from consent.models import ApiKey, Consent
from consent.rules.lines import Channel
from consent.rules.states import Status
from crm.models import PhoneNumber

router = Router(tags=["lookup"])


class Lookup(Request):
    """The number that is asked about."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"number": "+12025550100"}]})

    number: Number
    region: Region | None = None


class Standing(BaseModel):
    """A consent as it stands. Whether it permits anything now is another question: that of /permissions."""

    purpose: str
    channel: Channel
    status: str = Field(description="Term of the W3C Data Privacy Vocabulary.", examples=["ConsentGiven"])
    since: datetime
    given_at: datetime | None = Field(description="When it was last given, confirmed or renewed.")
    notice_version: int | None
    language: str | None


@router.post(
    "/consents/lookup",
    response={200: list[Standing]},
    operation_id="look_up_consents",
    **described(ApiKey.Scope.LOOKUP),
)
def look_up(request: HttpRequest, body: Lookup) -> list[Standing]:
    """Look up where the consents of a number stand.

    Only for the purposes of the key's collection point, and the list is empty for a number that we do not know. Where
    several people share a number, each has consents of their own.
    """
    place = place_of(request)
    lines = PhoneNumber.objects.for_numbers([read_number(body.number, body.region, place=place)])
    consents = Consent.objects.filter(
        point__line__in=lines, point__erased_at=None, purpose__in=place.purposes.all()
    ).select_related("purpose", "notice")
    return [
        Standing(
            purpose=consent.purpose.slug,
            channel=Channel(consent.channel),
            status=Status(consent.status).dpv,
            since=consent.since,
            given_at=consent.given_at,
            notice_version=consent.notice.version if consent.notice else None,
            language=consent.notice.language if consent.notice else None,
        )
        for consent in consents.order_by("purpose__slug", "channel", "pk")
    ]
