"""The auditor of the faults sees each thing that it is there to see: what is done here by hand, a fault might do."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from consent import retention
from consent.models import Receipt, Suppression
from consent.rules.retention import Action
from crm.models import NIGHTLY, AnonymousCount, Contact, ContactPoint, Provenance
from tests import factories
from tests.faults import people
from tests.faults.audit import audit
from tests.faults.counting import KINDS
from tests.faults.snapshot import Snapshot
from tests.raw import execute

pytestmark = pytest.mark.django_db


def stays(town: people.Town) -> ContactPoint:
    found = ContactPoint.objects.filter(erased_at=None).select_related("contact", "line").first()
    assert found is not None
    return found


def went(town: people.Town, action: Action) -> ContactPoint:
    gone = [pk for pk, each in town.due.items() if each is action]
    return ContactPoint.objects.select_related("contact").get(pk=gone[0])


def receipt_again(town: people.Town) -> None:
    receipt = Receipt.objects.filter(point=went(town, Action.PURGE)).get()
    receipt.pk, receipt.point_id = None, stays(town).pk
    receipt.save()


def erased_too_many(town: people.Town) -> None:
    execute(
        "UPDATE crm_contactpoint SET line_id = NULL, label = '', extension = '', is_primary = false, erased_at = %s"
        " WHERE id = %s",
        timezone.now(),
        stays(town).pk,
    )


def brought_back(town: people.Town) -> None:
    point = went(town, Action.PURGE)
    # Household 0 lives at the first of the numbers.
    assert point.pk == min(town.due)
    Contact.objects.filter(pk=stays(town).contact_id).update(notes=f"was at {factories.number(0)}")


SABOTAGE: dict[str, tuple[Callable[[people.Town], object], set[str]]] = {
    "nothing": (lambda town: None, set()),
    "a bystander's profile": (
        lambda town: Contact.objects.filter(pk=stays(town).contact_id).update(notes="other"),
        {"lost"},
    ),
    "a bystander's history": (
        lambda town: Contact.history.filter(id=stays(town).contact_id).first().delete(),
        {"lost"},
    ),
    "a bystander who is erased": (erased_too_many, {"lost", "half_erased", "back"}),
    "a receipt that is missing": (
        lambda town: Receipt.objects.filter(point=went(town, Action.PURGE)).delete(),
        {"half_erased"},
    ),
    "a receipt too many": (receipt_again, {"half_erased"}),
    "a history that says a name": (
        lambda town: Contact.history.filter(id=went(town, Action.ANONYMIZE).contact_id).update(given_name="Eve"),
        {"half_erased"},
    ),
    "a row of a source that is left": (
        lambda town: Provenance.objects.filter(point=went(town, Action.ANONYMIZE)).update(notice_exempt="knows it"),
        {"half_erased"},
    ),
    "somebody counted twice": (
        lambda town: AnonymousCount.objects.update(count=1_000),
        {"doubled"},
    ),
    "somebody not counted": (lambda town: AnonymousCount.objects.all().delete(), {"half_erased"}),
    "a suppression that is missing": (
        lambda town: Suppression.objects.filter(extent="hold").delete(),
        {"half_erased"},
    ),
    "a number in a note": (brought_back, {"lost", "back"}),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_the_auditor_sees(what: str) -> None:
    town = people.settle(8, now=timezone.now())
    before = Snapshot.take()
    retention.run(as_of=timezone.now(), actor=NIGHTLY)
    sabotage, expected = SABOTAGE[what]
    sabotage(town)
    found = audit(before, Snapshot.take(), town.due, finished=True)
    assert {kind for kind in KINDS if getattr(found, kind)} == expected


def test_the_auditor_sees_who_was_left_and_a_chunk_in_part() -> None:
    town = people.settle(8, now=timezone.now())
    before = Snapshot.take()
    assert audit(before, before, town.due, finished=False).said() == []
    assert len(audit(before, before, town.due, finished=True).lost) == len(town.due)
    point = ContactPoint.objects.get(pk=min(town.due))
    retention.erase(point.contact, reason="request", actor=NIGHTLY, at=timezone.now())
    after = Snapshot.take()
    assert audit(before, after, town.due, finished=False, chunk=1).said() == []
    assert len(audit(before, after, town.due, finished=False, chunk=2).half_erased) == 1
