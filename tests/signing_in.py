"""Signing in: with a second factor that was shown just now, or long ago; and codes, as an app makes them."""

import time
from datetime import datetime
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.contrib.auth.models import User
from django.test import Client

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
USER_KEY = "account_authentication_methods_user"


def app_of(user: User, secret: str = SECRET) -> Authenticator:
    """Return the account's authenticator app, set up with this secret if there was none."""
    data = {"secret": get_adapter().encrypt(secret)}
    return Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, defaults={"data": data})[0]


def code(secret: str = SECRET, *, steps: int = 0) -> str:
    """Return the code that an app shows now, or so many half minutes later."""
    counter = int(time.time()) // 30 + steps
    return auth.format_hotp_value(auth.hotp_value(secret, counter))


def show_factor(client: Client, user: User, *, at: datetime | None = None, kind: str = "totp") -> None:
    """Let the client's session have shown a second factor at a time (aware), or just now."""
    shown = {"method": "mfa", "at": at.timestamp() if at else time.time(), "id": app_of(user).pk, "type": kind}
    _write(client, user, [shown])


def forget_factor(client: Client) -> None:
    """Let the client's session have shown no second factor."""
    session = client.session
    session.pop(AUTHENTICATION_METHODS_SESSION_KEY, None)
    session.save()


def _write(client: Client, user: User, records: list[dict[str, Any]]) -> None:
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = records
    session[USER_KEY] = str(user.pk)
    session.save()
