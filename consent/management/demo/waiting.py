"""What waits for somebody at the company's desk: unclear texts, and people who have asked for something."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from consent import inbound, requests
from consent.models import SubjectRequest
from crm.models import Actor, ContactPoint

# Not understood by any list of words: a person has to read them.
TEXTS = ("Do I have to stop coming, or is it only the texts", "please can you stop for the summer")


def make(points: Sequence[ContactPoint], *, now: datetime, actor: Actor) -> None:
    """Let the people at these points, two of them at least, write and ask as of `now` (aware)."""
    for number, (point, text) in enumerate(zip(points, TEXTS, strict=False)):
        if point.line:
            sent = now - timedelta(hours=3 + number)
            inbound.receive(number=point.line.e164, body=text, provider="demo", message_id=f"unclear-{number}", at=sent)
    asked = ((SubjectRequest.Kind.ACCESS, 40), (SubjectRequest.Kind.OBJECTION, 4))
    for point, (kind, days) in zip(points, asked, strict=False):
        requests.open_request(contact=point.contact, kind=kind, at=now - timedelta(days=days), came_by="letter")
    requests.disclosed(
        contact=points[0].contact,
        recipient="Harbour Couriers",
        purpose=None,
        at=now - timedelta(days=12),
        note="Delivery of an order",
        actor=actor,
    )
