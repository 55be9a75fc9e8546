"""What is done to many: to each as on its own page, once, whoever takes it up, and those who cannot are named."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import bulk_acts, ledger, tasks
from consent.bulk_acts import Kind, State
from consent.models import BulkAct, Evidence, LegalHold, Suppression
from crm import intake, tagging
from crm.models import Contact, ContactTag, Lease, attributed_to
from tests import factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def done(kind: Kind, contacts: list[Contact], **params: Any) -> BulkAct:
    act = bulk_acts.choose(kind, [contact.pk for contact in contacts], actor=TESTER, at=NOON)
    bulk_acts.confirm(act, params=params, reason="spring clean", at=timezone.now())
    bulk_acts.carry_on(act)
    act.refresh_from_db()
    assert act.state == State.DONE
    return act


def outcomes(act: BulkAct) -> list[tuple[str, str]]:
    return list(act.items.order_by("id").values_list("outcome", "code"))


def people(count: int) -> list[Contact]:
    return [factories.contact([factories.number()]) for _ in range(count)]


def test_a_tag_is_added_to_each_and_whoever_has_it_stays_as_they_are():
    contacts = people(3)
    factories.tagged(contacts[1])
    act = done(Kind.ADD_TAG, contacts, tag=factories.tag().pk)
    assert outcomes(act) == [("done", ""), ("unchanged", ""), ("done", "")]
    assert act.counts == {"done": 2, "unchanged": 1}
    assert ContactTag.objects.count() == 3
    assert ContactTag.history.latest("history_id").history_change_reason == f"spring clean (bulk act {act.pk})"


def test_a_tag_is_removed_from_each_who_has_it():
    contacts = people(2)
    factories.tagged(contacts[0])
    act = done(Kind.REMOVE_TAG, contacts, tag=factories.tag().pk)
    assert outcomes(act) == [("done", ""), ("unchanged", "")]
    assert not ContactTag.objects.exists()


def test_contacts_are_restricted_and_released():
    contacts = people(2)
    intake.restrict(contacts[0], on=True, actor=TESTER, at=NOON, reason="disputed")
    assert outcomes(done(Kind.RESTRICT, contacts)) == [("unchanged", ""), ("done", "")]
    assert set(Contact.objects.values_list("status", flat=True)) == {"restricted"}
    assert outcomes(done(Kind.LIFT_RESTRICTION, contacts)) == [("done", ""), ("done", "")]


@pytest.mark.parametrize("kind", [Kind.WITHDRAW, Kind.OPT_OUT])
def test_every_number_of_each_is_stopped_and_the_ledger_says_so(kind: Kind):
    contact = factories.contact([factories.number(), factories.number()])
    for point in contact.points.all():
        factories.entry(point)
    nobody = factories.contact()
    params = {"heard": "opt-out on the phone"} if kind is Kind.OPT_OUT else {}
    act = done(kind, [contact, nobody], **params)
    assert outcomes(act) == [("done", ""), ("failed", "no_number")]
    assert Suppression.objects.filter(lifted_at=None).count() == 2
    assert {consent.status for point in contact.points.all() for consent in point.consents.all()} == {"withdrawn"}
    assert list(Evidence.objects.values_list("message", flat=True).distinct()) == [
        f"{params.get('heard', 'spring clean')} (bulk act {act.pk})"
    ]
    assert list(ledger.differences()) == []


def test_a_withdrawal_can_be_for_one_purpose_and_channel():
    (contact,) = people(1)
    point = contact.points.get()
    purpose, other = factories.purpose("news"), factories.purpose("offers")
    for each in (purpose, other):
        factories.entry(point, of=each)
    done(Kind.WITHDRAW, [contact], purpose=purpose.pk, channel="sms")
    assert dict(point.consents.values_list("purpose__slug", "status")) == {"news": "withdrawn", "offers": "given"}


def test_each_is_erased_but_whoever_is_held():
    contacts = people(3)
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=contacts[1], reason="claim", placed_at=NOON)
    act = done(Kind.ERASE, contacts, reason="mistake")
    assert outcomes(act) == [("done", ""), ("failed", "held"), ("done", "")]
    assert list(Contact.objects.order_by("pk").values_list("status", flat=True)) == ["erased", "live", "erased"]


def test_whoever_was_erased_or_is_not_there_any_more_is_named():
    contacts = people(2)
    done(Kind.ERASE, [contacts[0]], reason="mistake")
    act = bulk_acts.choose(Kind.RESTRICT, [contacts[0].pk, contacts[1].pk, 9999], actor=TESTER, at=NOON)
    bulk_acts.confirm(act, params={}, reason="x", at=timezone.now())
    bulk_acts.carry_on(act)
    assert outcomes(act) == [("failed", "erased"), ("done", ""), ("failed", "erased")]


def test_what_fails_for_one_is_done_to_the_next_and_leaves_no_text_behind(monkeypatch, caplog):
    contacts = people(2)
    add = tagging.add

    def sometimes(contact: Contact, *args: Any, **how: Any) -> Any:
        if contact == contacts[0]:
            raise RuntimeError("about Ann")
        return add(contact, *args, **how)

    monkeypatch.setattr(tagging, "add", sometimes)
    act = done(Kind.ADD_TAG, contacts, tag=factories.tag().pk)
    assert outcomes(act) == [("failed", "error"), ("done", "")]
    assert "RuntimeError" in caplog.text
    assert "Ann" not in caplog.text


def test_a_worker_that_was_killed_is_taken_up_and_nobody_is_done_twice(monkeypatch):
    contacts = people(4)
    act = bulk_acts.choose(Kind.ADD_TAG, [contact.pk for contact in contacts], actor=TESTER, at=NOON)
    bulk_acts.confirm(act, params={"tag": factories.tag().pk}, reason="x", at=timezone.now())
    do, done_to = bulk_acts._do, list[int]()

    def dies(act: BulkAct, item_id: int) -> None:
        if len(done_to) == 2:
            raise KeyboardInterrupt
        done_to.append(item_id)
        do(act, item_id)

    monkeypatch.setattr(bulk_acts, "_do", dies)
    with pytest.raises(KeyboardInterrupt):
        bulk_acts.carry_on(act)
    monkeypatch.setattr(bulk_acts, "_do", do)
    assert bulk_acts.left() == [act.pk]
    tasks.bulk_act(act.pk)
    act.refresh_from_db()
    assert (act.state, act.counts) == (State.DONE, {"done": 4})
    assert ContactTag.history.count() == 4
    assert bulk_acts.left() == []
    assert not Lease.objects.exists()


def test_what_another_worker_is_at_is_left_to_it():
    (contact,) = people(1)
    act = bulk_acts.choose(Kind.RESTRICT, [contact.pk], actor=TESTER, at=NOON)
    bulk_acts.confirm(act, params={}, reason="x", at=timezone.now())
    Lease.objects.take(f"bulk act {act.pk}", seconds=60, now=timezone.now())
    bulk_acts.carry_on(act)
    assert outcomes(act) == [("waiting", "")]


def test_a_draft_does_nothing_until_it_is_confirmed_and_is_confirmed_once():
    (contact,) = people(1)
    act = bulk_acts.choose(Kind.RESTRICT, [contact.pk], actor=TESTER, at=NOON)
    bulk_acts.carry_on(act)
    assert outcomes(act) == [("waiting", "")]
    bulk_acts.confirm(act, params={}, reason="x", at=NOON)
    with pytest.raises(bulk_acts.NotADraft):
        bulk_acts.confirm(act, params={}, reason="x", at=NOON)


def test_drafts_are_forgotten_after_a_day():
    act = bulk_acts.choose(Kind.RESTRICT, [1], actor=TESTER, at=NOON)
    assert bulk_acts.forget_drafts(at=NOON + timedelta(hours=23)) == 0
    assert bulk_acts.forget_drafts(at=NOON + timedelta(hours=24)) == 1
    assert not BulkAct.objects.filter(pk=act.pk).exists()


def test_no_more_can_be_chosen_than_the_setting_says(settings):
    settings.BULK_ACT_MOST = 2
    with pytest.raises(bulk_acts.TooMany):
        bulk_acts.choose(Kind.RESTRICT, [1, 2, 3], actor=TESTER, at=NOON)
    assert bulk_acts.choose(Kind.RESTRICT, [1, 2, 2], actor=TESTER, at=NOON).items.count() == 2


def test_what_waits_for_a_second_person_is_not_forgotten():
    contact = factories.contact()
    waits, _forgotten = (bulk_acts.choose(Kind.ERASE, [contact.pk], actor=TESTER, at=NOON) for _each in range(2))
    factories.approval(waits, at=NOON)
    later = NOON + timedelta(days=2)
    assert bulk_acts.forget_drafts(at=later) == 1
    assert list(BulkAct.objects.all()) == [waits]
