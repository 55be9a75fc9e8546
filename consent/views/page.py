"""What every public page has: its language, who speaks, and headers that keep it to itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language_info
from django.utils.translation.trans_real import parse_accept_lang_header

OURS = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Language:
    """A language that a page can be had in, and what it calls itself."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the frame of a page says: see templates/public/base.html."""

    language: str
    direction: str
    languages: tuple[Language, ...]
    organisation: str
    policy_url: str
    help_contact: str


def language_of(request: HttpRequest, among: Sequence[str] = OURS) -> str:
    """Return the visitor's language among these: the one in ?lang=, else the browser's best, else the first.

    It is not remembered: the public pages set no cookies.
    """
    if (wanted := request.GET.get("lang", "")) in among:
        return wanted
    for tag, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500]):
        if (found := tag.split("-")[0]) in among:
            return found
    return among[0]


def page(
    request: HttpRequest,
    template: str,
    *,
    language: str,
    languages: Sequence[str] = (),
    policy_url: str = "",
    status: int = 200,
    framed_by: Sequence[str] = (),
    referrer_policy: str = "no-referrer",
    **context: Any,
) -> HttpResponse:
    """Return a public page in a language (a code of settings.LANGUAGES), rendered from a template of templates/public/.

    languages: what the visitor may switch to. policy_url: of the privacy policy. framed_by: the web origins whose
    pages may show it in a frame. Nobody keeps a copy of it: neither a proxy nor the back button.
    """
    with translation.override(language):
        frame = Page(
            language,
            "rtl" if translation.get_language_bidi() else "ltr",
            tuple(Language(code, _own_name(code)) for code in languages),
            settings.ORGANISATION,
            policy_url,
            settings.HELP_CONTACT,
        )
        content = render_to_string(template, {**context, "page": frame}, request)
    response = HttpResponse(content, status=status)
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = referrer_policy
    return framed(response, by=framed_by)


def address(name: str, language: str, *arguments: str) -> str:
    """Return where one of our pages is, in a language."""
    return f"{reverse(f'consent:{name}', args=arguments)}?lang={language}"


def framed(response: HttpResponse, *, by: Sequence[str]) -> HttpResponse:
    """Let pages of these web origins, and no others, show the response in a frame; with none, nobody may."""
    if by:
        # Read by the middlewares of django-csp and of Django; X-Frame-Options cannot name an origin.
        response._csp_replace = {"frame-ancestors": list(by)}  # type: ignore[attr-defined]
        response.xframe_options_exempt = True
    return response


def _own_name(code: str) -> str:
    """Return what a language calls itself, with a capital as it begins a line: Français."""
    name: str = get_language_info(code)["name_local"]
    return name[:1].upper() + name[1:]
