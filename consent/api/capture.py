"""What people agree to, as a program of the collection point sends it, and the code by which they confirm it."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Router
from ninja.responses import Status
from pydantic import BaseModel, ConfigDict, Field

from consent import capture, ledger, optin, tasks
from consent.api.document import described
from consent.api.fields import Channel, Evidence, Language, Moment, Number, Region, Request, Slug, purpose_of, text
from consent.api.idempotency import answer_once
from consent.api.keys import actor_of, place_of
from consent.api.problems import Fault, Problem, invalid, pointer
from consent.capture import Choice, NoAge, NotAsked
from consent.idempotency import Answer
from consent.models import ApiKey, CollectionPoint, Notice
from crm.rows import LIMITS, Rejected

router = Router(tags=["capture"])

_FIELDS = {"purpose": "purpose", "channel": "channel", "notice": "notice_version"}


class ChoiceMade(Request):
    """One box, as the person left it."""

    purpose: Slug
    channel: Channel
    notice_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="The version of the wording that was shown; needed for a yes."
    )
    given: bool | None = Field(default=None, description="Only true is a yes. Absent, null or false is none.")


class Profile(Request):
    """What else the person said of themselves. No text of it may hold a phone number."""

    given_name: Annotated[str, text(LIMITS["given_name"])] | None = None
    family_name: Annotated[str, text(LIMITS["family_name"])] | None = None
    organisation: Annotated[str, text(LIMITS["organisation"])] | None = None
    email: Annotated[str, text(LIMITS["email"])] | None = None
    address: Annotated[str, text(LIMITS["address"])] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    language: Language | None = None


class Capture(Request):
    """A person's number, and what they chose."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": "+12025550100",
                    "language": "en",
                    "choices": [{"purpose": "news", "channel": "sms", "notice_version": 1, "given": True}],
                    "profile": {"given_name": "Ada"},
                    "evidence": {"ip": "192.0.2.7", "user_agent": "Shop/2.1", "shown": "Texts about offers [x]"},
                }
            ]
        }
    )

    number: Number
    region: Region | None = None
    language: Language = Field(description="The language in which it was asked.")
    choices: Annotated[list[ChoiceMade], Field(max_length=50)]
    profile: Profile | None = None
    occurred_at: Moment | None = Field(default=None, description="When it was said, where that was before.")
    age_confirmed: bool | None = Field(default=None, description="Whether the person said they are old enough.")
    evidence: Evidence = Field(description="What proves it (GDPR 7(1)).")


class CaptureAnswer(BaseModel):
    """The same for every number, whether it is known, new, or may not be held."""

    pending: bool = Field(description="Whether the person is to enter the code that is sent to the number.")
    confirmation_token: str | None = Field(description="To be sent with the code, where one is pending.")


_TOKEN = Annotated[str, Field(min_length=1, max_length=200, description="From the answer to the capture.")]


class Confirmation(Request):
    """The code that came through the number."""

    token: _TOKEN
    code: Annotated[str, Field(min_length=1, max_length=20, examples=["123456"])]
    evidence: Evidence | None = None


class Confirmed(BaseModel):
    """The person has confirmed."""

    confirmed: bool


class Resend(Request):
    """For which challenge another text is wanted."""

    token: _TOKEN


class Accepted(BaseModel):
    """Whether a text is sent is not told: it would tell what we know of the number."""

    accepted: bool


@router.post(
    "/captures",
    response={200: CaptureAnswer, 201: CaptureAnswer},
    operation_id="capture",
    **described(ApiKey.Scope.CAPTURE, once=True),
)
def record_choices(request: HttpRequest, response: HttpResponse, body: Capture) -> Status[dict[str, Any]]:
    """Record what a person has chosen.

    201: they said yes to something; where it needs double opt-in, a code is on its way to the number, and nothing is
    permitted until it is confirmed. 200: they said yes to nothing, and nothing was stored.
    """
    return answer_once(request, response, body, lambda: _capture(request, body))


@router.post("/confirmations", response={200: Confirmed}, operation_id="confirm", **described(ApiKey.Scope.CAPTURE))
def confirm(request: HttpRequest, body: Confirmation) -> dict[str, bool]:
    """Confirm what was captured, with the code that came through the number.

    A code that is wrong, late, or tried too often, and a token that there never was, are all answered alike (422).
    """
    proof = body.evidence.proof() if body.evidence else ledger.Proof()
    try:
        confirmed = optin.answer(token=body.token, code=body.code, at=timezone.now(), evidence=proof)
    except optin.WrongCode:
        raise invalid(Fault("/code", "wrong_code")) from None
    tasks.send_soon(confirmed.message_ids)
    return {"confirmed": True}


@router.post(
    "/confirmations/resend", response={202: Accepted}, operation_id="resend_code", **described(ApiKey.Scope.CAPTURE)
)
def resend(request: HttpRequest, body: Resend) -> Status[dict[str, Any]]:
    """Ask for the code to be sent again; whether it was, nobody is told."""
    tasks.send_soon(optin.resend(token=body.token, at=timezone.now()))
    return Status(202, {"accepted": True})


def _capture(request: HttpRequest, body: Capture) -> Answer:
    place = place_of(request)
    if body.language not in place.languages:
        raise invalid(Fault("/language", "unknown_language"))
    given = _given(body, place)
    profile = body.profile.model_dump(exclude_none=True) if body.profile else {}
    try:
        captured = capture.capture(
            place=place,
            number=body.number,
            region=body.region or "",
            choices=[*given.values()],
            language=body.language,
            at=timezone.now(),
            actor=actor_of(request),
            evidence=body.evidence.proof(),
            profile=profile,
            occurred_at=body.occurred_at,
            age_confirmed=body.age_confirmed is True,
        )
    except NotAsked as refused:
        raise _not_asked(refused, given) from None
    except NoAge:
        raise invalid(Fault("/age_confirmed", "age_not_confirmed")) from None
    except Rejected as rejected:
        raise invalid(*(Fault(_where(fault.column), fault.code) for fault in rejected.faults)) from None
    except ledger.Refused:
        raise invalid(Fault("/occurred_at", "in_the_future")) from None
    tasks.send_soon(captured.message_ids)
    token = captured.token if captured.pending else None
    return Answer(201 if given else 200, {"pending": captured.pending, "confirmation_token": token})


def _given(body: Capture, place: CollectionPoint) -> dict[int, Choice]:
    """Return by its index each choice that is a yes. Raises Problem for one that names what is not there."""
    given: dict[int, Choice] = {}
    named: set[tuple[str, str]] = set()
    for index, made in enumerate(body.choices):
        purpose = purpose_of(place, made.purpose, where=pointer("choices", index, "purpose"))
        if (made.purpose, made.channel) in named:
            raise invalid(Fault(pointer("choices", index), "named_twice"))
        named.add((made.purpose, made.channel))
        if made.given is not True:
            continue
        where = pointer("choices", index, "notice_version")
        if made.notice_version is None:
            raise invalid(Fault(where, "notice_missing"))
        wordings = Notice.objects.filter(purpose=purpose, language=body.language, published_at__isnull=False)
        notice = wordings.filter(version=made.notice_version).first()
        if notice is None:
            raise invalid(Fault(where, "unknown_notice"))
        given[index] = Choice(purpose, made.channel, notice, given=True)
    return given


def _not_asked(refused: NotAsked, given: dict[int, Choice]) -> Problem:
    """Return the problem of a choice that the collection point may not offer."""
    index = next(index for index, choice in given.items() if choice is refused.choice)
    if refused.part not in _FIELDS:
        return invalid(Fault("/language", "unknown_language"))
    return invalid(Fault(pointer("choices", index, _FIELDS[refused.part]), "not_asked"))


def _where(column: str) -> str:
    """Return where in the body the column of a row stands."""
    return pointer("number") if column == "phone" else pointer("profile", column)
