"""What hangs on an erased number beside the ledger: it goes in the same transaction, or says no more than ids.

Preference links stay as they are: whoever has one can still take consent back (GDPR 7(3)).
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q

from consent.models import Challenge, Disclosure, InboundMessage, OutgoingMessage, SubjectRequest


def let_go(*, points: Collection[int], lines: Collection[int], contacts: Collection[int], at: datetime) -> None:
    """Blank what hangs on points, lines and profiles (ids) that are erased at `at` (aware), and send them no more.

    Must be called within the transaction of the erasure.
    """
    challenges = Challenge.objects.filter(point__in=points)
    challenges.filter(closed_at=None).update(closed_at=at, outcome=Challenge.Outcome.ENDED)
    challenges.update(**Challenge.privacy.personal)
    waiting = OutgoingMessage.objects.filter(state=OutgoingMessage.State.PENDING)
    waiting.filter(Q(line__in=lines) | Q(challenge__point__in=points)).update(
        state=OutgoingMessage.State.REFUSED, reason="erased"
    )
    InboundMessage.objects.filter(line__in=lines).update(**InboundMessage.privacy.personal)
    SubjectRequest.objects.filter(contact__in=contacts).update(**SubjectRequest.privacy.personal)
    Disclosure.objects.filter(contact__in=contacts).update(**Disclosure.privacy.personal)
