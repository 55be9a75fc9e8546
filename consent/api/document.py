"""The OpenAPI 3.1 document: what every endpoint shares is written once here, and referred to."""

from collections.abc import Iterable
from typing import Any

from consent.api.idempotency import HEADER, PATTERN, REPLAYED
from consent.api.keys import Bearer
from consent.api.problems import MEDIA_TYPE, ProblemDetails
from consent.models import ApiKey

DESCRIPTION = """\
Ringfence keeps phone numbers and the promise that goes with each: record what people agree to, take it back, and ask
whether a number may be contacted.

* **Keys.** Every request carries the key of a collection point, `Authorization: Bearer rfk_...`, and speaks for that
  collection point: it can record, look up and ask for its purposes alone. A key is a secret of a server. It never
  belongs into a web page, so no request from another origin is answered (there are no CORS headers); web pages use the
  hosted form.
* **Numbers** stand in bodies, never in addresses, and no answer repeats one.
* **Constant answers.** What a capture, a confirmation or a withdrawal is answered does not tell whether we knew the
  number, held it, or may never hold it again.
* **Errors** are `application/problem+json` (RFC 9457). Each field at fault is named by its JSON pointer.
* **Again.** Captures and withdrawals take an `Idempotency-Key`: for a day the same request gets the same answer and is
  carried out once. A refused request keeps nothing, and may be mended and sent again.
* **Limits.** Each key may be used so often a minute; `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (in
  seconds) say how it stands.
"""
_INFOS = {
    400: "The body is not JSON in UTF-8, or a header cannot be read.",
    401: "There is no key, or it is unknown, revoked or expired.",
    403: "The key lacks the scope.",
    409: f"The first request with this {HEADER} is still being answered.",
    411: "The body comes without its length.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "A field cannot be taken; the errors say which, and why.",
    429: "The key has been used too often in this minute.",
    500: "It went wrong on our side, and nothing was stored.",
}
_SCHEME = "ApiKey"
_LIMITS = {
    "RateLimit-Limit": "How often the key may be used in a minute.",
    "RateLimit-Remaining": "How often it may still be used in this one.",
    "RateLimit-Reset": "In how many seconds the next one begins.",
}


def described(scope: ApiKey.Scope, *, body: bool = True, once: bool = False) -> dict[str, Any]:
    """Return the terms of an endpoint, for ninja: its key, and what it may be answered.

    body: whether it takes one. once: whether it takes an Idempotency-Key.
    """
    statuses = [400, 401, 403, 422, 429, 500] + ([411, 413, 415] if body else []) + ([409] if once else [])
    responses: dict[str, Any] = {
        str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in sorted(statuses)
    }
    extra: dict[str, Any] = {"responses": responses, "x-scope": scope.value}
    if once:
        extra["parameters"] = [{"$ref": "#/components/parameters/IdempotencyKey"}]
    return {"auth": Bearer(scope), "openapi_extra": extra}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return ninja's document with what all endpoints share."""
    for operation in _operations(document):
        operation["security"] = [{_SCHEME: [operation.pop("x-scope")]}]
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                headers = _limit_headers()
                if {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]:
                    headers[REPLAYED] = _header(f"Whether this is the answer that was given to this {HEADER} before.")
                    headers[REPLAYED]["schema"] = {"type": "string", "enum": ["true"]}
                operation["responses"][status] = {**response, "headers": headers}
    problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    components = document["components"]
    components["schemas"] |= problem.pop("$defs") | {"ProblemDetails": problem}
    components["securitySchemes"] = {
        _SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "The key of a collection point; each endpoint names the scope that it needs.",
        }
    }
    components["parameters"] = {
        "IdempotencyKey": {
            "name": HEADER,
            "in": "header",
            "required": False,
            "description": "Chosen by you, new for each thing that is to be done, such as a UUID.",
            "schema": {"type": "string", "pattern": PATTERN},
        }
    }
    components["responses"] = {_name(status): _problem(status) for status in _INFOS}
    return document


def _operations(document: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _name(status: int) -> str:
    return f"Problem{status}"


def _problem(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status not in (401, 411, 413):
        headers |= _limit_headers()
    if status in (401, 403):
        headers["WWW-Authenticate"] = {"description": "What is needed.", "schema": {"type": "string"}}
    if status in (409, 429):
        headers["Retry-After"] = _header("After how many seconds to ask again.")
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {"description": _INFOS[status], "headers": headers, "content": content}


def _limit_headers() -> dict[str, Any]:
    return {name: _header(description) for name, description in _LIMITS.items()}


def _header(description: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "integer"}}
