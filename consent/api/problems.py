"""Errors as RFC 9457 problem details: a stable code, and for each field that is at fault its JSON pointer (RFC 6901).

What was sent is never repeated: it may be a person's number.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel, Field

from crm import faults, logs

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Of a request with very many faults the first ones say enough.
_MOST_ERRORS = 20


class FieldError(BaseModel):
    """A field that is at fault: where it stands in the body (`pointer`) or which parameter it is, and why."""

    pointer: str | None = Field(default=None, description="JSON pointer into the body, such as /choices/0/purpose.")
    parameter: str | None = Field(default=None, description="Name of the query parameter or header.")
    code: str = Field(description="Stable code of the reason.")
    detail: str = Field(description="The reason in words.")


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description='Always "about:blank": the title says what the status says.')
    title: str
    status: int
    code: str = Field(description="Stable code of the error.")
    detail: str = Field(description="The error in words.")
    errors: list[FieldError] | None = Field(default=None, description="The fields at fault, for status 422.")


@dataclass(frozen=True, slots=True)
class Fault:
    """A field at fault: a JSON pointer into the body, or the name of a parameter, and a stable code."""

    where: str
    code: str
    detail: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as the answer says it; whatever looks like a number in a field's name is masked."""
        where = logs.mask_text(self.where[:200])
        kind = "pointer" if not where or where.startswith("/") else "parameter"
        return {kind: where, "code": self.code, "detail": self.detail or faults.message(self.code)}


class Problem(Exception):
    """A request that cannot be carried out: its HTTP status, a stable code, and what is said of it."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.errors = list(errors)
        self.headers = headers or {}


def invalid(*errors: Fault) -> Problem:
    """Return the problem of a request that is well-formed, and of which these fields cannot be taken."""
    return Problem(422, "invalid", "The request holds what cannot be taken; see the errors.", errors=errors)


def respond(problem: Problem) -> HttpResponse:
    """Return the answer that tells of a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [error.as_json() for error in problem.errors[:_MOST_ERRORS]]
    return JsonResponse(body, status=problem.status, content_type=MEDIA_TYPE, headers=dict(problem.headers))


def problem_of(error: Exception) -> Problem:
    """Return the problem that an exception amounts to; what nobody expected is logged, and told of as a 500."""
    match error:
        case Problem():
            return error
        case Http404():
            return Problem(404, "not_found", "There is nothing at this address.")
        case ValidationError():
            return invalid(*(_fault_of(each) for each in error.errors))
        case AuthenticationError():
            return Problem(
                401,
                "no_key",
                "Send an API key: Authorization: Bearer rfk_...",
                headers={"WWW-Authenticate": 'Bearer realm="Ringfence"'},
            )
        case HttpError() if isinstance(error.__cause__, Problem):
            return error.__cause__
        case HttpError() if error.status_code == 400:
            return Problem(400, "malformed", "The body is not JSON in UTF-8.")
    log.error("an API request failed", exc_info=error)
    return Problem(500, "failed", "This went wrong on our side, and nothing was stored. Try again later.")


def answer_exception(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Answer a request that raised."""
    return respond(problem_of(error if isinstance(error, Exception) else error()))


def _fault_of(error: Mapping[str, Any]) -> Fault:
    """Return what pydantic found, without what it found it in."""
    source, *where = error["loc"]
    code, detail = error["type"], error["msg"]
    if source != "body":
        return Fault(str(where[0]) if where else source, code, detail)
    # The first is the name of our argument.
    return Fault(pointer(*where[1:]), code, detail)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer to a place in the body, from its names and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
