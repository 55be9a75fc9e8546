"""The API as Django sees it: its addresses, its document, and what every answer has.

Nothing leaves it in another form: an unknown address, a wrong method and a fault of ours are problems as well.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Swagger
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.parser import Parser

from consent.api import bulk, capture, document, looking_up, notices, permission, withdrawing
from consent.api.keys import tell_limits
from consent.api.problems import Problem, answer_exception, problem_of, respond

VERSION = "1.0.0"
MAX_BYTES = 64 * 1024
_View = Callable[..., HttpResponseBase]


class _Strict(Parser):
    """JSON as RFC 8259 has it: no NaN, and no half characters, which no database stores."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the body says. Raises ValueError, or Problem for a body of another type."""
        if request.content_type != "application/json":
            raise Problem(415, "unsupported_media_type", "Send JSON: Content-Type: application/json.")
        parsed: dict[str, Any] = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        json.dumps(parsed, ensure_ascii=False).encode()
        return parsed


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class _Api(NinjaAPI):
    """Ninja, with a document and addresses of our own."""

    def get_openapi_schema(self, **options: Any) -> Any:
        """Return the document, complete."""
        return document.completed(super().get_openapi_schema(**options))

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        urls = super()._get_urls()
        for url in urls:
            if isinstance(url, URLPattern):
                most = bulk.MAX_BYTES if str(url.pattern) == bulk.PATH.lstrip("/") else MAX_BYTES
                url.callback = _guarded(url.callback, most=most)
        return [*urls, re_path(r"^.*$", _guarded(_not_found, most=MAX_BYTES))]


def _guarded(view: _View, *, most: int) -> _View:
    """Return the view with a limit on the size of bodies, problems instead of pages, and headers on every answer."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        try:
            _require_size(request, most)
            response = view(request, *args, **values)
            if response.status_code == 405:
                headers = {"Allow": ", ".join(sorted(response["Allow"].split(", ")))}
                raise Problem(405, "method_not_allowed", "This address has no such method.", headers=headers)
        except Exception as error:
            response = respond(problem_of(error))
        tell_limits(request, response)
        response["Cache-Control"] = "no-store"
        return response

    return guarded


def _require_size(request: HttpRequest, most: int) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if "Transfer-Encoding" in request.headers or not length.isdecimal():
        raise Problem(411, "length_required", "Send the body with its length, and not in chunks.")
    if int(length) > most:
        raise Problem(413, "too_large", f"The body may have {most} bytes.")


def _not_found(request: HttpRequest) -> HttpResponse:
    raise Http404


def _docs(view: _View) -> _View:
    """Return the view of the document, or of its page, for reading only."""
    # ninja gives a partial, which has no name.
    return require_safe(lambda request, **values: view(request, **values))


api = _Api(
    title="Ringfence",
    version=VERSION,
    description=document.DESCRIPTION,
    urls_namespace="consent:api",
    openapi_url="/openapi.json",
    docs_url="/docs",
    # No badge of somebody else's server, and no key kept in the browser.
    docs=Swagger({"validatorUrl": None, "persistAuthorization": False}),
    docs_decorator=_docs,
    parser=_Strict(),
)
for _kind in (Exception, Http404, HttpError, AuthenticationError, ValidationError, Problem):
    api.add_exception_handler(_kind, answer_exception)
for _router in (
    capture.router,
    withdrawing.router,
    looking_up.router,
    permission.router,
    bulk.router,
    notices.router,
):
    api.add_router("", _router)
