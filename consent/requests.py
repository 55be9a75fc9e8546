"""What people ask of us, and to whom their data was given: the verbs.

GDPR 12(3): an answer within a month; 15(1)(c): a copy names the recipients; 19: the recipients are told.
"""

from collections.abc import Collection
from datetime import date, datetime

from django.contrib.auth.models import User

from consent import access
from consent.models import Disclosure, Purpose, SubjectRequest
from consent.rules.deadlines import Due, answer_due
from consent.rules.times import require_aware
from crm import phones
from crm.models import Actor, Contact


class AlreadyClosed(ValueError):
    """The request was answered or refused before; how it was closed stays."""


class NumberInText(ValueError):
    """The text holds a phone number, and it stays when the number is erased."""


def open_request(*, contact: Contact, kind: SubjectRequest.Kind, at: datetime, came_by: str) -> SubjectRequest:
    """Write down what a contact asks, received at `at` (aware), and return it; asked twice it is the one that is open.

    came_by: a few stable words, such as "preference centre". Raises NaiveTimestamp.
    """
    request, _created = SubjectRequest.objects.get_or_create(
        contact=contact,
        kind=kind,
        state=SubjectRequest.State.OPEN,
        defaults={"received_at": require_aware(at, name="at"), "came_by": came_by},
    )
    return request


def close(
    request: SubjectRequest, *, state: SubjectRequest.State, answer: str, user: User | None, at: datetime
) -> SubjectRequest:
    """Close an open request at `at` (aware) as done or refused, and return it as it now stands.

    answer: what was done, or why not. Raises AlreadyClosed, NumberInText, NaiveTimestamp.
    """
    at = require_aware(at, name="at")
    if phones.mentions_number(answer):
        raise NumberInText
    # One statement, so that of two who close it at once one is told.
    waiting = SubjectRequest.objects.filter(pk=request.pk, state=SubjectRequest.State.OPEN)
    if not waiting.update(state=state, answer=answer, closed_by=user, closed_at=at):
        raise AlreadyClosed(f"request {request.pk} was closed before")
    request.refresh_from_db()
    return request


def due_at(request: SubjectRequest, *, holidays: Collection[date] = frozenset()) -> Due:
    """Return when the request must be answered at the latest, in both readings (UTC). GDPR 12(3)."""
    return answer_due(request.received_at, holidays=holidays)


def disclosed(
    *, contact: Contact, recipient: str, purpose: Purpose | None, at: datetime, note: str, actor: Actor
) -> Disclosure:
    """Write down that a contact's data was given to a recipient at `at` (aware), and return the disclosure.

    Exports write theirs themselves. Raises NoRecipient and NumberInRecipient (see consent.access), NumberInText,
    NaiveTimestamp.
    """
    if phones.mentions_number(note):
        raise NumberInText
    return Disclosure.objects.create(
        contact=contact,
        recipient=access.check_recipient(recipient),
        purpose=purpose,
        at=require_aware(at, name="at"),
        note=note,
        actor_name=actor.name,
        actor_user_id=actor.user_id,
    )


def recipients_of(contact: Contact) -> list[Disclosure]:
    """Return all that was given away of a contact, the newest first, with its purposes. GDPR 15(1)(c), 19."""
    return list(Disclosure.objects.filter(contact=contact).select_related("purpose").order_by("-at", "-pk"))
