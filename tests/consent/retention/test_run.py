"""The nightly run: what is due goes, whole or not at all, with a receipt."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import models

from consent import ledger, retention, withdrawal
from consent.models import Consent, ConsentEvent, Evidence, LegalHold, Method, PurgeRun, Receipt, Suppression
from consent.rules.states import Act
from crm import intake
from crm.models import (
    NIGHTLY,
    AnonymousCount,
    Contact,
    ContactPoint,
    Outcome,
    PhoneNumber,
    Provenance,
    attributed_to,
)
from tests import factories
from tests.factories import NOON, TESTER, contact, entry, number, point, policy, purpose

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def run() -> PurgeRun:
    return retention.run(as_of=NOON, actor=NIGHTLY)


def gone(e164: str | None = None, **profile: Any) -> ContactPoint:
    """A point whose consent was withdrawn."""
    at = point(e164, **profile)
    entry(at, at=NOON - 20 * DAY)
    entry(at, Act.WITHDRAWN, at=NOON - 10 * DAY, evidence=ledger.Proof(ip="192.0.2.1", message="stop it"))
    return at


def texts(of: models.Model) -> str:
    """All that stands in a row of the database."""
    of.refresh_from_db()
    return " ".join(str(getattr(of, field.attname)) for field in of._meta.concrete_fields)


def test_what_is_due_goes_with_a_receipt_and_leaves_a_fingerprint() -> None:
    e164 = number()
    terms, at = policy(), gone(e164)
    line = at.line
    done = run()
    assert (done.state, done.error, done.actor_name) == ("done", "", "nightly job")
    assert done.counts == {
        "expired": 0,
        "kept": 0,
        "numbers": 1,
        f"policy {terms.pk}": 1,
        "profiles": 1,
        "purge": 1,
    }
    assert done.oldest_due_at == NOON - 10 * DAY
    receipt = Receipt.objects.get()
    assert (receipt.run, receipt.point, receipt.contact_ref, receipt.policy) == (done, at, at.contact_id, terms)
    assert (receipt.action, receipt.trigger, receipt.due_at) == ("purge", "consent_withdrawn", NOON - 10 * DAY)
    assert (receipt.line_erased, receipt.profile_erased, receipt.actor_name) == (True, True, "nightly job")
    assert receipt.counts["evidence"] == 1
    assert line is not None
    line.refresh_from_db()
    assert line.number is None
    assert line.erased_at is not None
    assert intake.store(
        intake.Row(profile={}, numbers=[intake.Number(e164)]),
        source=factories.source(),
        actor=TESTER,
        at=NOON,
        reason="test",
    ) == intake.Stored(Outcome.SUPPRESSED)
    assert Suppression.objects.get(extent="hold").line == line


def test_running_again_changes_nothing() -> None:
    policy()
    gone()
    run()
    before = [list(model.objects.values()) for model in (PhoneNumber, ContactPoint, Contact, Receipt, Suppression)]
    again = run()
    assert again.receipts.count() == 0
    assert (again.counts, again.oldest_due_at) == ({"expired": 0}, None)
    assert before == [
        list(model.objects.values()) for model in (PhoneNumber, ContactPoint, Contact, Receipt, Suppression)
    ]


def test_the_ledger_survives_and_verifies() -> None:
    policy()
    gone()
    run()
    assert ConsentEvent.objects.count() == 2
    assert not Evidence.objects.exists()
    assert list(ledger.differences()) == []
    assert Consent.objects.get().status == "withdrawn"


@pytest.mark.parametrize("action", ["anonymize", "purge"])
def test_nothing_of_the_person_is_left(action: str) -> None:
    policy(action=action)
    at = gone(given_name="Wilhelmina", email="w@example.com", notes="likes tea")
    person, line = at.contact, at.line
    assert line is not None
    digits = line.e164[-7:]
    with attributed_to(factories.origin()):
        ContactPoint.objects.filter(pk=at.pk).update(label="kitchen")
        at.refresh_from_db()
        at.save()
        hold = LegalHold.objects.create(contact=person, reason="Wilhelmina sues", placed_at=NOON, released_at=NOON)
    officer = User.objects.create_user("officer")
    for thing in (person, at, line):
        LogEntry.objects.create(
            user=officer,
            content_type=ContentType.objects.get_for_model(thing),
            object_id=str(thing.pk),
            object_repr="Wilhelmina",
            change_message="Changed kitchen",
            action_flag=2,
        )
    run()
    rows: list[models.Model] = [person, at, line, hold, *LogEntry.objects.all(), *LegalHold.history.all()]
    rows += [*Contact.history.all(), *ContactPoint.history.all(), *Receipt.objects.all(), *Provenance.objects.all()]
    said = " ".join(texts(row) for row in rows)
    for trace in ("Wilhelmina", "example.com", "tea", "kitchen", digits):
        assert trace not in said
    assert not Evidence.objects.exists()
    assert LogEntry.objects.count() == 3
    kept = action == "anonymize"
    assert Contact.history.exists() is kept
    assert ContactPoint.history.exists() is kept
    assert Provenance.objects.exists() is kept


def test_anonymizing_leaves_a_count_and_purging_leaves_none() -> None:
    policy(action="anonymize", purpose=purpose("one"))
    policy(action="purge", purpose=purpose("two"))
    for name, repeat in (("one", 2), ("two", 1)):
        for _ in range(repeat):
            entry(point(), Act.WITHDRAWN, of=purpose(name))
    done = run()
    (count,) = AnonymousCount.objects.all()
    assert (count.count, count.region, count.line_type) == (2, "US", "fixed_line_or_mobile")
    assert (count.month.isoformat(), count.source_kind) == ("2025-11-01", "web_form")
    assert (done.counts["anonymize"], done.counts["purge"]) == (2, 1)
    for _ in range(2):
        entry(point(), Act.WITHDRAWN, of=purpose("one"))
    run()
    assert AnonymousCount.objects.get().count == 4


def test_a_shared_line_survives_for_whoever_is_carried_still() -> None:
    policy()
    e164 = number()
    leaving, staying = gone(e164, given_name="Ann"), point(e164, given_name="Bob")
    entry(staying)
    done = run()
    receipt = Receipt.objects.get()
    assert (receipt.point, receipt.line_erased, receipt.profile_erased) == (leaving, False, True)
    assert done.counts["numbers"] == 0
    staying.refresh_from_db()
    assert staying.line is not None
    assert staying.line.e164 == e164
    assert Contact.objects.get(pk=leaving.contact_id).status == "erased"
    assert Contact.objects.get(pk=staying.contact_id).given_name == "Bob"
    # When the other goes too, the number goes with them.
    entry(staying, Act.WITHDRAWN, at=NOON - DAY)
    assert run().counts["numbers"] == 1


def test_a_line_that_two_people_leave_in_one_night_is_one_number() -> None:
    policy()
    e164 = number()
    gone(e164, given_name="Ann")
    gone(e164, given_name="Bob")
    counts = run().counts
    assert (counts["purge"], counts["numbers"], counts["profiles"]) == (2, 1, 2)
    assert Suppression.objects.filter(extent="hold").count() == 1


def test_a_profile_goes_with_the_last_number() -> None:
    policy()
    person = contact([number(), number()], given_name="Ann")
    first, second = person.points.order_by("pk")
    for each in (first, second):
        entry(each)
    entry(first, Act.WITHDRAWN, at=NOON - DAY)
    assert run().counts["profiles"] == 0
    person.refresh_from_db()
    assert (person.status, person.given_name) == ("live", "Ann")
    entry(second, Act.WITHDRAWN, at=NOON - DAY)
    assert run().counts["profiles"] == 1
    person.refresh_from_db()
    assert (person.status, person.given_name) == ("erased", "")


def test_a_profile_stays_where_the_policy_says_so() -> None:
    policy(erases_profile=False)
    person = gone(given_name="Ann").contact
    run()
    person.refresh_from_db()
    assert (person.status, person.given_name) == ("live", "Ann")
    assert not PhoneNumber.objects.exclude(number=None).exists()
    assert not Receipt.objects.get().profile_erased


def test_a_withdrawal_by_number_is_purged_and_stays_suppressed() -> None:
    policy()
    e164 = number()
    entry(point(e164))
    withdrawal.withdraw(e164, at=NOON - DAY, reason="stop", method=Method.SMS, actor=TESTER)
    assert run().counts["numbers"] == 1
    assert set(Suppression.objects.values_list("extent", flat=True)) == {"contact", "hold"}
