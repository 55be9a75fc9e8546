"""What a text message of ours says, by its kind, in the language of the person.

Each names who we are, and those that are not an answer to STOP say how to stop (CTIA Messaging Principles, 5).
"""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from consent.models import CollectionPoint, OutgoingMessage
from consent.places import asked_by_text

Kind = OutgoingMessage.Kind


def body(kind: str, *, language: str, code: str = "", place: CollectionPoint | None = None, link: str = "") -> str:
    """Return the text of a message of a kind (a value of OutgoingMessage.Kind).

    code: of the challenge, for the kind that asks for one. place: whose wording is asked for. link: to the preference
    centre.
    """
    who = {"who": settings.ORGANISATION}
    with translation.override(language):
        match kind:
            case Kind.CODE:
                return _(
                    "%(who)s: %(code)s is your code. Enter it, or reply YES, to confirm that you agreed to hear from "
                    "us. Was it not you? Then do nothing. STOP ends all messages."
                ) % {**who, "code": code}
            case Kind.VERIFY:
                return _(
                    "%(who)s: %(code)s is your code. Tell it to us, or reply YES, to confirm that this is your number. "
                    "Is it not? Then do nothing. STOP ends all messages."
                ) % {**who, "code": code}
            case Kind.WORDING:
                return _(
                    "%(who)s: %(wording)s Reply YES to agree. STOP ends all messages, HELP for help. "
                    "Message and data rates may apply."
                ) % {**who, "wording": _wording(place, language=language)}
            case Kind.CONFIRMED:
                said = _("%(who)s: thank you, we have noted what you agreed to. STOP ends all messages.") % who
                return f"{said} {_('Your choices: %(link)s') % {'link': link}}" if link else said
            case Kind.OPTED_OUT:
                return _("%(who)s: you will get no more messages or calls from us.") % who
            case Kind.OPTED_IN:
                return _("%(who)s: you get our text messages again. STOP ends them, HELP for help.") % who
            case Kind.HELP:
                contact = settings.HELP_CONTACT or settings.PUBLIC_URL
                return _("%(who)s: help is at %(contact)s. STOP ends all messages.") % {**who, "contact": contact}
    raise ValueError(f"unknown kind of message: {kind}")


def _wording(place: CollectionPoint | None, *, language: str) -> str:
    return " ".join(each.notice.text for each in (asked_by_text(place, language=language) if place else ()))
