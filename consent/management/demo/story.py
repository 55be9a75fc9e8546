"""One person with a long story, so that the pages of a contact have something to tell."""

from datetime import datetime, timedelta

from consent import requests
from consent.models import Purpose, SubjectRequest
from crm import intake
from crm.models import Actor, ContactPoint, Source


def tell(point: ContactPoint, *, news: Purpose, shop: Source, actor: Actor, now: datetime) -> None:
    """Let a contact move, correct its name, ask for a copy and be handed on, in the months before `now` (aware)."""
    contact = point.contact
    edits = (
        (300, {"address": "12 Mill Lane"}, "corrected it in the web shop"),
        (200, {"family_name": f"{contact.family_name}-Young"}, "has married"),
        (120, {"address": "3 Orchard Close", "language": "en"}, "moved house"),
        (30, {"organisation": "Allotments of the East"}, "keeps an allotment with them now"),
    )
    for days, profile, reason in edits:
        at = now - timedelta(days=days)
        row = intake.Row(profile=profile, numbers=[], contact_id=contact.pk)
        intake.store(row, source=shop, actor=actor, at=at, reason=reason)
    asked = now - timedelta(days=40)
    copy = requests.open_request(contact=contact, kind=SubjectRequest.Kind.ACCESS, at=asked, came_by="e-mail")
    requests.close(
        copy,
        state=SubjectRequest.State.DONE,
        answer="A copy was sent by post.",
        user=None,
        at=asked + timedelta(days=9),
    )
    handed_on = now - timedelta(days=20)
    requests.disclosed(
        contact=contact, recipient="Fern Mailing Ltd", purpose=news, at=handed_on, note="spring mailing", actor=actor
    )
    requests.open_request(contact=contact, kind=SubjectRequest.Kind.ACCESS, at=now - timedelta(days=3), came_by="phone")
