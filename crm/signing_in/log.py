"""What is written down of sign-in: ids only, as people type all sorts of things where a name or a code is asked for."""

import logging
from typing import Any

from allauth.mfa import signals as of_factors
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import signals
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext

log = logging.getLogger(__name__)


def listen() -> None:
    """Begin to write down who signs in and out, who fails to, and whose second factors change."""
    signals.user_logged_in.connect(_signed_in)
    signals.user_logged_out.connect(_signed_out)
    signals.user_login_failed.connect(_failed)
    of_factors.authentication_failed.connect(_wrong_code)
    of_factors.authenticator_used.connect(_used)
    of_factors.authenticator_added.connect(_added)
    of_factors.authenticator_removed.connect(_removed)
    of_factors.authenticator_reset.connect(_renewed)


def note(user: User, *, by: User, message: str) -> None:
    """Write into the admin's log what became of an account's second factors."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(user.pk),
        object_repr=gettext("account %(id)s") % {"id": user.pk},
        action_flag=CHANGE,
        change_message=message,
    )


def _signed_in(*, user: User, **kwargs: Any) -> None:
    log.info("sign-in: account %s", user.pk)


def _signed_out(*, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        log.info("sign-out: account %s", user.pk)


def _failed(*, credentials: Any, **kwargs: Any) -> None:
    """Name the account if there is one of that name; never what was typed."""
    known = User.objects.filter(username=credentials.get("username", "")).values_list("pk", flat=True).first()
    log.warning("sign-in failed: %s", f"account {known}" if known else "no account of that name")


def _wrong_code(*, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    log.warning("second factor failed: account %s, %s", user.pk, authenticator.type)


def _used(*, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    log.info("second factor shown: account %s, %s", user.pk, authenticator.type)


def _added(*, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(user, authenticator, gettext("Added a second factor: %(kind)s."))


def _removed(*, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(user, authenticator, gettext("Removed a second factor: %(kind)s."))


def _renewed(*, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _changed(user, authenticator, gettext("Made a second factor anew: %(kind)s."))


def _changed(user: User, authenticator: Authenticator, message: str) -> None:
    kind = Authenticator.Type(authenticator.type).label
    note(user, by=user, message=message % {"kind": kind})
    log.warning("second factors changed: account %s, %s", user.pk, authenticator.type)
