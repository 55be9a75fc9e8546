"""Second factors: whether somebody has one, and has shown it just now."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

# A recovery code lets somebody in who has lost these; it is none of them.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether whoever is signed in has shown a second factor within SECOND_FACTOR_MINUTES before `now` (aware).

    One that was taken away since does not count.
    """
    return fresh_until(request, now=now) is not None


def fresh_until(request: HttpRequest, *, now: datetime) -> datetime | None:
    """Return until when (aware) what was shown is fresh; None if at `now` (aware) nothing is."""
    lasts = timedelta(minutes=settings.SECOND_FACTOR_MINUTES)
    shown = {
        record["id"]: at
        for record in _shown(request)
        if record.get("type") in FACTORS and now - lasts < (at := datetime.fromtimestamp(record["at"], UTC)) <= now
    }
    still = set(_of(request.user).filter(pk__in=shown).values_list("pk", flat=True)) if shown else set()
    return max((at + lasts for pk, at in shown.items() if pk in still), default=None)


def has_one(user: Any) -> bool:
    """Whether the account has an authenticator app or a passkey."""
    return bool(_of(user).exists())


def where(request: HttpRequest, *, back: str) -> str:
    """Return the address at which a second factor is asked for, or set up, and which leads on to `back`, a path."""
    kinds = set(_of(request.user).values_list("type", flat=True))
    if not kinds or _came_by_recovery_code(request):
        return reverse("mfa_index")
    page = "mfa_reauthenticate" if Authenticator.Type.TOTP in kinds else "mfa_reauthenticate_webauthn"
    return f"{reverse(page)}?{urlencode({'next': back})}"


def ask(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to where the second factor is asked for, and from there back to the page that was wanted."""
    if not has_one(request.user):
        messages.warning(
            request,
            gettext("This needs a second factor, and you have none yet: set up an authenticator app or a passkey."),
        )
    elif _came_by_recovery_code(request):
        messages.warning(
            request,
            gettext("A recovery code does not do here: set up your authenticator app or passkey anew, and come back."),
        )
    # Without its query: an address with one could be made to name what is to be done.
    return HttpResponseRedirect(where(request, back=request.path))


def remind(request: HttpRequest) -> str:
    """Return what stands on a form that was sent too late: nothing was done, and what was typed is still there."""
    return _with_link(
        request,
        gettext("Nothing was done yet: this needs a fresh second factor. Show it in a new tab, then press again here."),
    )


def remind_beforehand(request: HttpRequest) -> str:
    """Return what stands on a form that people may look at without having shown anything."""
    return _with_link(request, gettext("To save a change here, show your second factor first."))


def _with_link(request: HttpRequest, text: str) -> str:
    address = where(request, back=reverse("mfa_index"))
    link = '{} <a href="{}" target="_blank" rel="noopener" class="underline">{}</a>'
    return format_html(link, text, address, gettext("Show it now"))


def secret_of_app(user: User) -> str:
    """Return the secret of an account's authenticator app, set up now if there is none: for the accounts of a demo."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    app = TOTP(found) if found else TOTP.activate(user, generate_totp_secret())
    return str(decrypt(app.instance.data["secret"]))


def reset(user: User) -> Sequence[str]:
    """Take all second factors of an account away, with its recovery codes, and return of which kinds they were.

    What its sessions have shown with them counts no more.
    """
    mine = Authenticator.objects.filter(user_id=user.pk)
    kinds = [str(kind) for kind in mine.order_by("type").values_list("type", flat=True)]
    mine.delete()
    return kinds


def _of(user: Any) -> Any:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS)


def _shown(request: HttpRequest) -> list[dict[str, Any]]:
    user: Any = request.user
    return [record for record in get_authentication_records(request, user) if record.get("method") == "mfa"]


def _came_by_recovery_code(request: HttpRequest) -> bool:
    """Whether the last thing that was shown was a recovery code: whoever has lost the factor cannot be asked for it."""
    shown = _shown(request)
    return bool(shown) and shown[-1].get("type") == Authenticator.Type.RECOVERY_CODES
