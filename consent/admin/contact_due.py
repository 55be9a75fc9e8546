"""Which contacts go soon: a query that takes a few too many, the newest first, and the exact decision over each."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from consent.admin.contact_rows import Reading
from consent.models import Consent
from consent.retention.candidates import candidates, subtract
from consent.rules.retention import Policy, Trigger
from consent.rules.states import Status
from crm.admin.uncounted import all_sorted, before_newest
from crm.models import Contact, ContactPoint

# So many are decided about; if there are more, the page says so. And so many at first: mostly they fill a page.
MOST, FIRST = 2000, 300


def going_soon(contacts: QuerySet[Contact], reading: Reading, *, days: int, wanted: int) -> tuple[list[int], bool]:
    """Return the ids of those contacts of which a number goes in one of the next `days` nights, the newest first.

    As many as are wanted, if there are, or more. And whether there may be others that were not looked at, as more than
    MOST contacts may go.
    """
    soon: list[int] = []
    before = before_newest(Contact)
    # Among the newest there are mostly enough; if not, among all.
    for after in (before, 0) if before else (0,):
        found = _that_may_go(contacts, reading, by=reading.nights[days - 1], after=after)
        looked_at, soon = found[:MOST], []
        for portion in (looked_at[:FIRST], looked_at[FIRST:]):
            reading.read(portion)
            soon += [each.pk for each in portion if reading.going(each.pk, within=days).night]
            if len(soon) >= wanted:
                return soon, False
    return soon, len(found) > MOST


def _that_may_go(contacts: QuerySet[Contact], reading: Reading, *, by: datetime, after: int) -> list[Contact]:
    """Return the newest of the contacts that may go by then, if MOST and one; after: of those with a higher id."""
    parts = [
        _may_go(policy, reading, by=by).filter(contact__gt=after).order_by().values("contact")
        for policy in reading.terms
    ]
    if not parts:
        return []
    several = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return list(all_sorted(contacts.filter(pk__gt=after, pk__in=several))[: MOST + 1])


def _may_go(policy: Policy, reading: Reading, *, by: datetime) -> QuerySet[ContactPoint]:
    """Return points that the policy may reach by then, without those that something is certain to carry still."""
    points = candidates([policy], as_of=by).exclude(contact__status=Contact.Status.RESTRICTED)
    # A number that is not theirs any more is carried by nothing, and said of the contact only where it has no other.
    return points if policy.trigger is Trigger.SUPERSEDED else points.exclude(_carried(reading, by=by))


def _carried(reading: Reading, *, by: datetime) -> Exists:
    """Return the condition that a consent of the point permits still at `by`, whatever months and zones there are."""
    lasting = Q(purpose__in=[each.id for each in reading.purposes.values() if not each.lapses_after_months])
    for purpose in reading.purposes.values():
        if purpose.lapses_after_months and (given := subtract(by, months=purpose.lapses_after_months)):
            lasting |= Q(purpose=purpose.id, given_at__gt=given)
    licensed = Q(source=None) | Q(source__licence_ends_on=None)
    licensed |= Q(source__licence_ends_on__gt=(by + timedelta(days=1)).date())
    permitting = [status for status in Status if status.permits]
    return Exists(Consent.objects.filter(lasting & licensed, point=OuterRef("pk"), status__in=permitting))
