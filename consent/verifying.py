"""Verifying a number on the word of staff: its owner is asked through it, and answers by text or tells the code."""

from datetime import datetime

from django.conf import settings

from consent import optin
from consent.models import Consent, OutgoingMessage
from consent.rules.states import Act, Status
from crm.models import ContactPoint, Source


class MayNotBeAsked(Exception):
    """No text may go to the number now: its owner has said no, it takes none, or was asked often enough."""


def verify(*, point: ContactPoint, at: datetime) -> tuple[int, ...]:
    """Ask through the point's number, at `at` (aware), whether it is its owner's; return the messages to be sent.

    Consent that waits for a yes there is asked about in the same text. Raises MayNotBeAsked, also of a number that
    nobody but third parties gave us: a text that nobody expects is none of ours to send.
    """
    if not point.provenances.exclude(source__kind=Source.Kind.THIRD_PARTY).exists():
        raise MayNotBeAsked(f"contact point {point.pk} is known from third parties alone")
    waiting = Consent.objects.filter(
        point=point,
        status=Status.REQUESTED,
        last_entry__act__in=[Act.REQUESTED, Act.GIVEN],
        last_entry__notice__isnull=False,
    )
    entries = list(waiting.order_by("pk").values_list("last_entry", flat=True))
    spoken = [code for code, _name in settings.LANGUAGES]
    asked = optin.ask(
        point=point,
        entries=entries,
        place=None,
        language=point.contact.language if point.contact.language in spoken else settings.LANGUAGE_CODE[:2],
        at=at,
        kind=OutgoingMessage.Kind.CODE if entries else OutgoingMessage.Kind.VERIFY,
    )
    if not asked.message_ids:
        raise MayNotBeAsked(f"contact point {point.pk} may not be asked by text now")
    return asked.message_ids
