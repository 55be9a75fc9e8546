"""What fields of a request may hold, and how they are read: "true" is not true, and 1 is no time."""

import ipaddress
from datetime import datetime
from typing import Annotated, Any

import phonenumbers
from django.utils.dateparse import parse_datetime
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from consent import ledger
from consent.api.problems import Fault, invalid
from consent.models import CollectionPoint, Purpose
from consent.rules.lines import Channel as _Channel
from crm import faults, phones

# A character that no database stores in a text.
_TEXT = r"^[^\x00]*$"
# Beyond, arithmetic with months and time zones leaves the calendar.
_YEARS = range(1900, 2200)


def _refusal(code: str) -> PydanticCustomError:
    return PydanticCustomError(code, faults.message(code))


def _moment(value: object) -> datetime:
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.year not in _YEARS:
        raise _refusal("not_a_time")
    if moment.tzinfo is None:
        raise _refusal("naive_timestamp")
    return moment


def _region(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise _refusal("unknown_country")
    return value


def _address(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise _refusal("not_an_ip") from None
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise _refusal("not_an_ip")
    return str(address)


Number = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=_TEXT,
        description="A phone number as the person wrote it; best in E.164.",
        examples=["+12025550100"],
    ),
]
Region = Annotated[
    str,
    Field(
        pattern=r"^[A-Z]{2}$",
        description="The country by which a number without country code is read (ISO 3166-1 alpha-2); otherwise that "
        "of the collection point.",
        examples=["US"],
    ),
    AfterValidator(_region),
]
Slug = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        pattern=r"^[-a-zA-Z0-9_]+$",
        description="The short name of a purpose.",
        examples=["news"],
    ),
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,6})?$", description="As in en.", examples=["en"])]
Channel = Annotated[_Channel, Field(strict=False, description="A way to reach a line.")]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "A time with its zone (RFC 3339)."}),
]
Address = Annotated[
    str,
    AfterValidator(_address),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}]}),
]


def text(most: int, **more: Any) -> Any:
    """Return the terms of a text of at most so many characters, any but NUL."""
    return Field(max_length=most, pattern=_TEXT, **more)


class Request(BaseModel):
    """What every body shares: types are as they are written, and an unknown field is an error, not a lost word."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Evidence(Request):
    """What proves the act. All of it is the person's: the address from which this request comes is not."""

    ip: Address | None = None
    user_agent: Annotated[str, text(1000)] | None = None
    shown: Annotated[str, text(20_000, description="What the person saw: the form, the dialogue.")] | None = None

    def proof(self) -> ledger.Proof:
        """Return it as the ledger takes it."""
        return ledger.Proof(ip=self.ip, user_agent=self.user_agent or "", shown=self.shown or "")


def read_number(text: str, region: str | None, *, place: CollectionPoint) -> str:
    """Return the E.164 form of a number, also of one that is no longer valid. Raises Problem (422)."""
    try:
        return phones.read_e164(text, region=region or place.source.default_region or None)
    except phones.NotANumber as error:
        raise invalid(Fault("/number", error.code)) from None


def purpose_of(place: CollectionPoint, slug: str, *, where: str) -> Purpose:
    """Return a purpose of the collection point by its short name. Raises Problem (422) that names the field."""
    purpose = place.purposes.filter(slug=slug).first()
    if purpose is None:
        raise invalid(Fault(where, "not_asked"))
    return purpose
