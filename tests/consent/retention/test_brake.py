"""A run that would erase very much, or that a jumping clock began, waits until a second person agrees."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from consent import retention
from consent.models import ConsentEvent, PurgeRun, Receipt, RetentionPolicy
from consent.rules.states import Act
from crm.models import NIGHTLY, Actor, ContactPoint, Lease, LeaseTaken, Origin, attributed_to
from tests.factories import NOON, entry, point, policy, purpose, user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = NOON


@pytest.fixture(autouse=True)
def _small(settings: Any) -> None:
    settings.PURGE_BRAKE_POINTS = 2


def withdrawn(count: int) -> list[ContactPoint]:
    points = [point() for _ in range(count)]
    for each in points:
        entry(each, Act.WITHDRAWN, at=NOON - 9 * DAY)
    return points


def run(at: Any = NOON, **values: Any) -> PurgeRun:
    """Run as the nightly job does at `at`, by the clock as well."""
    with time_machine.travel(at, tick=False):
        return retention.run(**{"as_of": at, "actor": NIGHTLY} | values)


def living() -> int:
    return ContactPoint.objects.filter(erased_at=None).count()


def officer(name: str = "ola", role: str = "Compliance officer") -> User:
    # Rights are kept with the account once they were asked for.
    return User.objects.get(pk=user(name, role=role).pk)


def changed(who: User, at: datetime) -> None:
    """Have an account make a policy, if there is none, and change it."""
    terms = RetentionPolicy.objects.first() or RetentionPolicy(slug="end", trigger="superseded", action="purge")
    with attributed_to(Origin(Actor.staff(who), at, "other terms")):
        terms.after_days += 1
        terms.save()


def waiting(**values: Any) -> PurgeRun:
    policy(slug="said-no")
    withdrawn(3)
    found = run(**values)
    assert found.state == "waiting"
    return found


class TestTheShare:
    def test_a_run_that_would_erase_too_much_waits_and_erases_nothing(self) -> None:
        terms = policy()
        withdrawn(3)
        point()
        found = run()
        assert (found.state, found.brake, found.due, found.held) == ("waiting", "share", 3, 4)
        assert (found.finished_at, found.counts, found.oldest_due_at) == (None, {f"due by policy {terms.pk}": 3}, None)
        assert found.foreseen == {terms.pk: 3}
        assert not found.shares.exists()
        assert living() == 4

    def test_it_writes_nothing_into_the_ledger_either(self) -> None:
        policy("consent_lapsed")
        offers = purpose("offers", lapses_after_months=1)
        for _ in range(3):
            entry(point(), of=offers, at=NOON - 60 * DAY)
        assert run().state == "waiting"
        assert set(ConsentEvent.objects.values_list("act", flat=True)) == {"given"}

    def test_few_points_go_unasked_however_large_their_share(self) -> None:
        policy()
        withdrawn(2)
        found = run()
        assert (found.state, found.brake, found.due) == ("done", "", None)
        assert living() == 0

    def test_a_small_share_goes_unasked_however_many_they_are(self, settings: Any) -> None:
        settings.PURGE_BRAKE_PERCENT = 50
        policy()
        withdrawn(4)
        for _ in range(4):
            point()
        assert run().state == "done"

    def test_what_may_be_due_and_is_not_does_not_count(self) -> None:
        policy()
        for each in withdrawn(4)[:2]:
            entry(each, of=purpose("other"), at=NOON - DAY)
        found = run()
        assert (found.state, found.due, found.held) == ("done", 2, 4)

    def test_what_an_erased_number_was_is_not_held(self) -> None:
        policy()
        for each in withdrawn(3)[:2]:
            retention.erase(each.contact, reason="request", actor=NIGHTLY, at=NOON)
        assert run().state == "done"

    def test_a_later_run_takes_the_place_of_one_that_waits(self) -> None:
        first = waiting()
        second = run(NOON + DAY)
        first.refresh_from_db()
        assert (first.state, first.finished_at, first.duration) == ("replaced", NOON + DAY, None)
        assert second.state == "waiting"
        with pytest.raises(retention.NotWaiting):
            retention.approve(first, user=officer(), at=NOON + DAY)

    def test_whoever_agrees_beforehand_is_not_asked(self) -> None:
        waiting()
        found = run(approved=True, actor=Actor.command("purge --approve"))
        assert (found.state, found.brake, found.due, found.actor_name) == (
            "done",
            "share",
            3,
            "command purge --approve",
        )
        assert living() == 0
        assert set(PurgeRun.objects.values_list("state", flat=True)) == {"replaced", "done"}


class TestTheClock:
    @pytest.mark.parametrize("jump", [3 * DAY, 365 * DAY, -3 * DAY], ids=["over a weekend", "by a year", "back"])
    def test_a_run_after_a_jump_waits_whatever_is_due(self, jump: timedelta) -> None:
        policy()
        assert run().state == "done"
        found = run(NOON + jump)
        assert (found.state, found.brake, found.due) == ("waiting", "clock", 0)

    @pytest.mark.parametrize("step", [DAY, timedelta(hours=48), -DAY])
    def test_a_night_is_no_jump(self, step: timedelta) -> None:
        run()
        assert run(NOON + step).state == "done"

    def test_the_first_run_ever_has_nothing_to_have_jumped_from(self) -> None:
        assert run(NOON + 3650 * DAY).state == "done"

    def test_a_run_that_waits_does_not_set_the_clock_for_the_next(self) -> None:
        run()
        assert run(NOON + 5 * DAY).state == "waiting"
        assert run(NOON + 6 * DAY).state == "waiting"
        # The clock was put right.
        assert run(NOON + DAY).state == "done"

    def test_once_approved_the_clock_is_taken_for_right(self) -> None:
        run()
        found = run(NOON + 5 * DAY)
        retention.approve(found, user=officer(), at=NOON + 5 * DAY)
        with time_machine.travel(NOON + 5 * DAY, tick=False):
            assert retention.run_approved(found).state == "done"
        assert run(NOON + 6 * DAY).state == "done"

    def test_nothing_is_said_to_have_lapsed_by_a_clock_that_jumped(self) -> None:
        entry(point(), of=purpose("offers", lapses_after_months=1), at=NOON - DAY)
        run()
        run(NOON + 90 * DAY)
        assert set(ConsentEvent.objects.values_list("act", flat=True)) == {"given"}

    def test_the_time_asked_about_is_not_the_clock(self) -> None:
        run()
        with time_machine.travel(NOON, tick=False):
            assert retention.run(as_of=NOON - 90 * DAY, actor=NIGHTLY).state == "done"


class TestApproval:
    def test_a_second_person_lets_it_go_ahead(self) -> None:
        found = waiting()
        who = officer()
        retention.approve(found, user=who, at=NOON + DAY)
        assert (found.state, found.approved_by, found.approved_at) == ("waiting", who, NOON + DAY)
        assert retention.approved() == [found.pk]
        assert living() == 3
        with time_machine.travel(NOON + DAY, tick=False):
            done = retention.run_approved(found)
        assert (done.pk, done.state, done.as_of, done.started_at) == (found.pk, "done", NOON, NOON + DAY)
        assert (done.approved_by, done.brake, done.receipts.count()) == (who, "share", 3)
        assert (done.counts["purge"], done.foreseen) == (3, {})
        assert retention.approved() == []
        assert living() == 0

    def test_it_is_done_once(self) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        retention.run_approved(found)
        again = retention.run_approved(found)
        assert (again.state, again.receipts.count(), PurgeRun.objects.count()) == ("done", 3, 1)

    def test_without_approval_it_stays_as_it_is(self) -> None:
        found = waiting()
        assert retention.run_approved(found).state == "waiting"
        assert living() == 3

    def test_it_decides_as_of_when_it_was_begun_and_again_under_its_locks(self) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        entry(ContactPoint.objects.order_by("pk")[0], at=NOON + DAY)
        entry(point(), Act.WITHDRAWN, at=NOON + timedelta(hours=1))
        with time_machine.travel(NOON + DAY, tick=False):
            done = retention.run_approved(found)
        assert done.receipts.count() == 2
        assert living() == 2

    @pytest.mark.parametrize(("more", "state"), [(2, "done"), (3, "waiting")])
    def test_what_has_come_due_since_is_asked_about_again_where_it_is_too_much_by_itself(
        self, more: int, state: str
    ) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        withdrawn(more)
        again = retention.run_approved(found)
        assert again.state == state
        if state == "waiting":
            assert (again.due, again.held, again.approved_by, again.approved_at) == (6, 6, None, None)
            assert living() == 6
            retention.approve(again, user=officer(), at=NOON)
            assert retention.run_approved(again).state == "done"

    def test_a_later_run_leaves_what_was_approved_alone(self) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        run(NOON + DAY)
        found.refresh_from_db()
        assert (found.state, retention.approved()) == ("waiting", [found.pk])

    def test_it_keeps_apart_from_a_run_at_work(self) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        PurgeRun.objects.create(as_of=NOON, actor_name="tester", started_at=timezone.now())
        with pytest.raises(LeaseTaken):
            retention.run_approved(found)
        assert living() == 3

    def test_an_account_without_the_right_is_refused(self) -> None:
        found = waiting()
        with pytest.raises(retention.NoRight):
            retention.approve(found, user=officer("ed", "Editor"), at=NOON)

    def test_an_account_that_was_shut_is_refused(self) -> None:
        found, who = waiting(), officer()
        who.is_active = False
        with pytest.raises(retention.NoRight):
            retention.approve(found, user=who, at=NOON)

    def test_whoever_began_it_is_not_the_second(self) -> None:
        who = officer("mo", "Retention manager")
        found = waiting(actor=Actor.staff(who))
        assert found.actor_user == who
        with pytest.raises(retention.NotTheSecond):
            retention.approve(found, user=who, at=NOON)
        retention.approve(found, user=officer(), at=NOON)

    def test_whoever_changed_a_policy_since_the_last_run_is_not_the_second(self) -> None:
        who = officer("mo", "Retention manager")
        run(NOON - DAY)
        policy()
        for at, refused in ((NOON - 2 * DAY, False), (NOON - timedelta(hours=1), True)):
            changed(who, at)
            withdrawn(3)
            found = run(NOON)
            assert found.state == "waiting"
            if refused:
                with pytest.raises(retention.ChangedPolicies):
                    retention.approve(found, user=who, at=NOON)
            else:
                retention.approve(found, user=who, at=NOON)
                PurgeRun.objects.filter(pk=found.pk).update(approved_by=None, approved_at=None)

    def test_before_the_first_run_every_change_counts(self) -> None:
        who = officer("mo", "Retention manager")
        changed(who, NOON - 900 * DAY)
        with pytest.raises(retention.ChangedPolicies):
            retention.approve(waiting(), user=who, at=NOON)

    def test_a_failed_run_has_not_shown_what_a_policy_does(self) -> None:
        who = officer("mo", "Retention manager")
        run(NOON - DAY)
        PurgeRun.objects.update(state="failed")
        changed(who, NOON - 3 * DAY)
        with pytest.raises(retention.ChangedPolicies):
            retention.approve(waiting(), user=who, at=NOON)

    @pytest.mark.parametrize("state", ["running", "done", "failed", "replaced"])
    def test_only_a_run_that_waits_is_approved(self, state: str) -> None:
        found = PurgeRun.objects.create(
            as_of=NOON, actor_name="tester", started_at=NOON, finished_at=NOON, state=state, brake="share"
        )
        with pytest.raises(retention.NotWaiting):
            retention.approve(found, user=officer(), at=NOON)

    def test_it_is_approved_once(self) -> None:
        found = waiting()
        retention.approve(found, user=officer(), at=NOON)
        with pytest.raises(retention.NotWaiting):
            retention.approve(found, user=officer("other"), at=NOON)

    def test_what_is_refused_names_ids_and_no_names(self) -> None:
        who = officer("mo", "Retention manager")
        found = waiting(actor=Actor.staff(who))
        with pytest.raises(retention.NotTheSecond) as refusal:
            retention.approve(found, user=who, at=NOON)
        assert "mo" not in str(refusal.value).split()
        assert not Receipt.objects.exists()


def test_counting_renews_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.retention.brake.COUNTED", 1)
    renewed: list[str] = []
    renew = Lease.renew

    def counted(self: Lease, **values: Any) -> None:
        renewed.append(self.name)
        renew(self, **values)

    monkeypatch.setattr(Lease, "renew", counted)
    waiting()
    assert renewed == ["purge"] * 3
