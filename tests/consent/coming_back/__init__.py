"""What the tests of coming back share: a number that was erased, its owner's new grant, and what is answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import LazySettings
from django.utils import timezone

from consent import capture, facts, inbound, ledger, permission, retention, screening
from consent.capture import Captured, Choice
from consent.models import (
    CollectionPoint,
    Consent,
    ConsentEvent,
    Method,
    OutgoingMessage,
    Purpose,
    Suppression,
)
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.withdrawal import withdraw
from crm import intake
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance
from tests import factories
from tests.factories import TESTER

NUMBER = "+12025550142"
# Ten in the morning at the number.
NOW = datetime.fromisoformat("2026-06-01T14:00:00+00:00")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def erased(number: str = NUMBER, *, stopped: Mapping[str, Any] | None = None) -> PhoneNumber:
    """Return the tombstone of a number that was erased a day ago; stopped: what its owner had said no to by then."""
    point = factories.point(number, given_name="Ada")
    line = point.line
    assert line is not None
    if stopped is not None:
        stop(**stopped)
    retention.erase(point.contact, reason="request", actor=TESTER, at=NOW - DAY)
    line.refresh_from_db()
    return line


def given(place: CollectionPoint, *purposes: Purpose, **values: Any) -> Captured:
    choices = [Choice(each, Channel.SMS, factories.notice(each), given=True) for each in purposes]
    said: dict[str, Any] = {"number": NUMBER, "region": "", "language": "en", "at": timezone.now(), "actor": TESTER}
    said["evidence"] = ledger.Proof(shown="the form", ip="192.0.2.1")
    return capture.capture(place=place, choices=choices, **(said | values))


def in_force(number: str = NUMBER) -> PhoneNumber:
    return PhoneNumber.objects.for_numbers([number]).get()


def rows() -> Sequence[int]:
    models = (Contact, ContactPoint, PhoneNumber, Provenance, ConsentEvent, Consent, Suppression, OutgoingMessage)
    return [model._default_manager.count() for model in models]


def reasons(
    purpose: Purpose, *, at: datetime = NOW, known_at: datetime | None = None, number: str = NUMBER
) -> set[Reason]:
    """Return what each way of asking answers; of what was known at a time, lists cannot be screened."""
    sms = Channel.SMS
    asked = facts.question(purpose, sms, at=at, known_at=known_at)
    found = {
        permission.may_contact(number, purpose=purpose, channel=sms, at=at, known_at=known_at).reason,
        permission.may_contact_all([number], asked)[number].reason,
    }
    if known_at is None:
        found |= {each.reason for each in screening.screen([number], purpose=purpose, channel=sms, at=at)}
    return found


def texted(body: str, *, at: datetime = NOW, message_id: str = "1") -> inbound.Received:
    return inbound.receive(provider="console", message_id=message_id, number=NUMBER, body=body, at=at)


def stop(**scope: Any) -> None:
    """Say no for the number, which nobody holds yet, two days ago."""
    values: dict[str, Any] = {"reason": "stop", "method": Method.SMS, "actor": TESTER, "at": NOW - 2 * DAY} | scope
    withdraw(NUMBER, **values)


def import_of_a_third_party(number: str = NUMBER) -> intake.Stored:
    row = intake.Row({"given_name": "Ada"}, [intake.Number(number)])
    source = factories.source("list", kind="third_party")
    return intake.store(
        row, source=source, actor=TESTER, at=timezone.now(), reason="import", batch=factories.batch(source)
    )


def erase_again(*, at: datetime) -> None:
    """Erase the person who is held."""
    person = ContactPoint.objects.get(erased_at=None).contact
    retention.erase(person, reason="request", actor=TESTER, at=at)


def hold_again(*, erase: bool) -> None:
    """Let the number be of somebody who gives it and, where wanted, is erased a day ago. Its noes stand."""
    place = factories.place("earlier", asks=[factories.purpose("orders")])
    assert given(place, factories.purpose("orders"), at=NOW - 2 * DAY).stored
    if erase:
        erase_again(at=NOW - DAY)


def erased_under_another_key(settings: LazySettings, **how: Any) -> PhoneNumber:
    """Return the tombstone of a number that was erased before the keys were changed."""
    old = erased(**how)
    settings.FINGERPRINT_KEYS = ["next:" + "ab" * 32, *settings.FINGERPRINT_KEYS]
    return old
