"""What people do on their own page: taking back always works, giving has every condition (GDPR 7)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from consent import ledger, permission, preferences, retention, suppression
from consent.models import Challenge, Consent, ConsentEvent, OutgoingMessage, Purpose, SubjectRequest, Suppression
from consent.preferences import Obstacle, Opened
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from crm import intake
from crm.models import PERSON, ContactPoint, PhoneNumber
from tests import factories
from tests.factories import NOON, TESTER, entry, notice, purpose

pytestmark = pytest.mark.django_db
SMS, CALL = Channel.SMS, Channel.CALL
PROOF = ledger.Proof(ip="192.0.2.7", shown="the page")


def opened(point: ContactPoint, *, days_ago: int = 1) -> Opened:
    token = preferences.issue(point=point, at=NOON - timedelta(days=days_ago))
    return preferences.find(token, at=NOON)


def choose(person: Opened, choices: dict[tuple[str, Channel], bool], **values: Any) -> preferences.Chosen:
    said: dict[str, Any] = {
        "choices": {(purpose(slug).pk, channel): on for (slug, channel), on in choices.items()},
        "notices": {purpose(slug).pk: notice(purpose(slug)).pk for slug, _channel in choices},
        "language": "en",
        "at": NOON,
        "evidence": PROOF,
    }
    return preferences.choose(person, **said | values)


def refused(person: Opened, choices: dict[tuple[str, Channel], bool], **values: Any) -> set[Obstacle | None]:
    with pytest.raises(preferences.NotOffered) as caught:
        choose(person, choices, **values)
    return set(caught.value.refused.values())


def statuses() -> dict[str, str]:
    return {f"{each.purpose.slug} {each.channel}": each.status for each in Consent.objects.select_related("purpose")}


def noes() -> set[tuple[str, str, str]]:
    """What is stopped: purpose ("" for all), channel ("" for all) and why."""
    standing = Suppression.objects.filter(lifted_at=None, extent="contact").select_related("purpose")
    return {(each.purpose.slug if each.purpose else "", each.channel, each.reason) for each in standing}


def stopped(point: ContactPoint, of: Purpose | None = None, channel: Channel | None = None, **values: Any) -> Any:
    said: dict[str, Any] = {"since": NOON - timedelta(days=9), "reason": "text opt-out", "actor": PERSON} | values
    assert point.line
    return suppression.suppress(point.line, purpose=of, channel=channel, **said)


@pytest.fixture
def point() -> ContactPoint:
    """A person who gave news and offers, each over both channels."""
    point = factories.point()
    for slug in ("news", "offers"):
        for channel in Channel:
            entry(point, of=purpose(slug), channel=channel)
    return point


class TestSwitchingOff:
    def test_it_ends_this_purpose_over_this_channel_with_proof_and_stops_the_line_for_it(self, point) -> None:
        done = choose(opened(point), {("news", SMS): False})
        assert statuses() == {
            "news sms": "withdrawn",
            "news call": "given",
            "offers sms": "given",
            "offers call": "given",
        }
        assert noes() == {("news", "sms", "preference centre")}
        (pk,) = done.withdrawn
        written = ConsentEvent.objects.get(pk=pk)
        assert (written.act, written.occurred_at, written.actor_name, written.method) == (
            "withdrawn",
            NOON,
            "person",
            "web_form",
        )
        assert (written.evidence.shown, written.evidence.ip) == ("the page", "192.0.2.7")

    def test_it_reaches_everybody_at_the_number(self, point) -> None:
        other = factories.point(point.line.e164, given_name="Bo")
        entry(other, of=purpose("news"))
        choose(opened(point), {("news", SMS): False})
        assert {each.status for each in Consent.objects.filter(purpose=purpose("news"), channel="sms")} == {"withdrawn"}

    def test_twice_it_says_the_same(self, point) -> None:
        person = opened(point)
        choose(person, {("news", SMS): False})
        again = choose(person, {("news", SMS): False}, at=NOON + timedelta(hours=1))
        assert again == preferences.Chosen((), ())
        assert Suppression.objects.count() == 1

    def test_what_does_not_rest_on_consent_is_objected_to(self, point) -> None:
        purpose("surveys", basis="legitimate_interests")
        choose(opened(point), {("surveys", CALL): False})
        assert noes() == {("surveys", "call", suppression.OBJECTION)}

    @pytest.mark.parametrize("change", [{"active": False}, {"channels": ["call"]}], ids=["retired", "other channels"])
    def test_it_works_whatever_has_become_of_the_purpose(self, point, change) -> None:
        Purpose.objects.filter(slug="news").update(**change)
        choose(opened(point), {("news", SMS): False})
        assert statuses()["news sms"] == "withdrawn"

    def test_it_works_by_an_old_link_and_after_an_erasure(self, point) -> None:
        person = opened(point, days_ago=1000)
        assert person.expired
        choose(person, {("news", SMS): False})
        assert statuses()["news sms"] == "withdrawn"
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
        choose(person, {("offers", SMS): False})
        assert ("offers", "sms", "preference centre") in noes()


class TestSwitchingOn:
    def test_it_is_given_in_the_words_that_were_shown(self) -> None:
        point = factories.point()
        done = choose(opened(point), {("news", SMS): True})
        written = ConsentEvent.objects.get()
        assert done == preferences.Chosen((), (written.pk,))
        assert (written.act, written.notice, written.actor_name) == ("given", notice(purpose()), "person")
        assert written.evidence.shown == "the page"
        assert statuses() == {"news sms": "given"}

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            pytest.param(("", ""), {("news", "call"), ("offers", ""), ("retired", "")}, id="everything"),
            pytest.param(("", "sms"), {("offers", "sms"), ("retired", "sms")}, id="all texts"),
            pytest.param(("news", ""), {("news", "call")}, id="the purpose"),
            pytest.param(("news", "sms"), set(), id="the purpose over the channel"),
            pytest.param(("", "call"), {("", "call")}, id="all calls, which stay stopped"),
            pytest.param(("offers", "sms"), {("offers", "sms")}, id="another purpose, which stays stopped"),
        ],
    )
    def test_it_lifts_as_much_of_the_persons_own_no_as_was_said_yes_to(self, before, after) -> None:
        point = factories.point()
        purpose("news"), purpose("offers"), purpose("retired", active=False)
        slug, channel = before
        no = stopped(point, purpose(slug) if slug else None, Channel(channel) if channel else None)
        choose(opened(point), {("news", SMS): True})
        assert noes() == {(*scope, "text opt-out") for scope in after}
        assert {each.since for each in Suppression.objects.all()} == {no.since}
        answers = {
            (slug, channel): permission.may_contact(
                point.line.e164, purpose=purpose(slug), channel=channel, at=NOON.replace(hour=18)
            ).reason
            for slug in ("news", "offers")
            for channel in Channel
        }
        assert answers["news", SMS] is Reason.CONSENT_GIVEN
        assert Reason.CONSENT_GIVEN not in {answer for key, answer in answers.items() if key != ("news", SMS)}

    def test_one_after_the_other_everything_can_be_switched_on_again(self, point) -> None:
        person = opened(point)
        preferences.stop_everything(person, at=NOON - timedelta(hours=1), evidence=PROOF)
        keys = [(slug, channel) for slug in ("news", "offers") for channel in Channel]
        choose(person, dict.fromkeys(keys, True))
        assert noes() == set()
        assert set(statuses().values()) == {"given"}

    def test_where_a_code_is_needed_it_counts_once_confirmed(self) -> None:
        point = factories.point()
        notice(purpose("news", needs_confirmation=True))
        done = choose(opened(point), {("news", SMS): True})
        assert statuses() == {"news sms": "requested"}
        challenge = Challenge.objects.get()
        assert (challenge.point, [each.pk for each in challenge.entries.all()]) == (point, list(done.given))
        assert done.challenge
        assert done.message_ids == (OutgoingMessage.objects.get().pk,)

    @pytest.mark.parametrize(
        "no",
        [
            pytest.param({"actor": TESTER}, id="that staff placed"),
            pytest.param({"reason": suppression.UNCLEAR}, id="that waits to be read"),
            pytest.param({"extent": Suppression.Extent.HOLD}, id="to holding the number"),
        ],
    )
    def test_a_no_stands(self, no) -> None:
        point = factories.point()
        standing = stopped(point, **no)
        assert refused(opened(point), {("news", SMS): True}) == {Obstacle.STOPPED_OTHERWISE}
        standing.refresh_from_db()
        assert standing.lifted_at is None
        assert not ConsentEvent.objects.exists()

    def test_on_a_shared_line_a_no_stands_for_nobody_knows_whose_it_was(self) -> None:
        point = factories.point()
        factories.point(point.line.e164, given_name="Bo")
        choose(opened(point), {("news", SMS): True})
        assert statuses() == {"news sms": "given"}
        stopped(point)
        assert refused(opened(point), {("offers", SMS): True}) == {Obstacle.STOPPED_OTHERWISE}

    def test_an_old_link_gives_nothing(self) -> None:
        person = opened(factories.point(), days_ago=1000)
        assert refused(person, {("news", SMS): True}) == {Obstacle.EXPIRED}
        assert not ConsentEvent.objects.exists()

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(
                lambda point: retention.erase(point.contact, reason="request", actor=TESTER, at=NOON), id="erased"
            ),
            pytest.param(
                lambda point: intake.restrict(point.contact, on=True, actor=TESTER, at=NOON, reason="asked"),
                id="restricted",
            ),
            pytest.param(
                lambda point: ContactPoint.objects.filter(pk=point.pk).update(until=NOON), id="left the number"
            ),
            pytest.param(
                lambda point: PhoneNumber.objects.filter(points=point).update(reassigned_at=NOON),
                id="another has the number",
            ),
        ],
    )
    def test_nothing_is_given_where_nobody_can(self, change: Callable[[ContactPoint], Any]) -> None:
        point = factories.point()
        token = preferences.issue(point=point, at=NOON - timedelta(days=1))
        change(point)
        assert refused(preferences.find(token, at=NOON), {("news", SMS): True}) == {Obstacle.CLOSED}
        assert not ConsentEvent.objects.exists()

    def test_an_erasure_that_came_meanwhile_counts(self) -> None:
        point = factories.point()
        person = opened(point)
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
        assert Obstacle.CLOSED in refused(person, {("news", SMS): True})

    def test_the_number_of_who_has_it_since_before_the_link_is_theirs(self) -> None:
        point = factories.point()
        PhoneNumber.objects.filter(points=point).update(reassigned_at=NOON - timedelta(days=5))
        choose(opened(ContactPoint.objects.get()), {("news", SMS): True})
        assert statuses() == {"news sms": "given"}

    @pytest.mark.parametrize(
        "terms",
        [{"basis": "contract"}, {"active": False}, {"channels": ["call"]}],
        ids=["on another basis", "retired", "over another channel"],
    )
    def test_what_is_not_asked_for_is_not_given(self, terms) -> None:
        purpose("news", **terms)
        assert refused(opened(factories.point()), {("news", SMS): True}) == {Obstacle.NOT_ASKED}

    def test_an_unknown_purpose_is_not_given(self) -> None:
        person = opened(factories.point())
        with pytest.raises(preferences.NotOffered):
            preferences.choose(person, choices={(999, SMS): True}, notices={}, language="en", at=NOON, evidence=PROOF)

    def test_only_the_words_that_count_now_are_agreed_to(self) -> None:
        person, old, other = opened(factories.point()), notice(purpose()), notice(purpose("offers"))
        new = notice(purpose(), version=2)
        for words in ({}, {purpose().pk: old.pk}, {purpose().pk: other.pk}, {purpose().pk: 999}):
            assert refused(person, {("news", SMS): True}, notices=words) == {None}
        choose(person, {("news", SMS): True}, notices={purpose().pk: new.pk})
        assert ConsentEvent.objects.get().notice == new


class TestBoth:
    def test_what_is_switched_off_is_off_whatever_becomes_of_the_rest(self, point) -> None:
        person = opened(point, days_ago=1000)
        purpose("events")
        assert refused(person, {("news", SMS): False, ("events", SMS): True}) == {Obstacle.EXPIRED}
        assert statuses()["news sms"] == "withdrawn"
        assert "events sms" not in statuses()

    def test_of_two_that_are_switched_on_neither_is_if_one_cannot_be(self) -> None:
        point = factories.point()
        stopped(point, purpose("offers"), actor=TESTER)
        assert refused(opened(point), {("news", SMS): True, ("offers", SMS): True}) == {Obstacle.STOPPED_OTHERWISE}
        assert not ConsentEvent.objects.exists()

    def test_what_cannot_be_stored_leaves_nothing_half_written(self, point, monkeypatch) -> None:
        def fail(**_given: Any) -> None:
            raise OSError("disk full")

        before = statuses()
        monkeypatch.setattr("consent.preferences.choosing.optin.ask", fail)
        notice(purpose("events", needs_confirmation=True))
        with pytest.raises(OSError, match="disk full"):
            choose(opened(point), {("news", SMS): False, ("events", SMS): True})
        assert statuses() == before
        assert noes() == set()


class TestStoppingEverything:
    def test_everything_ends_and_nothing_may_be_sent(self, point) -> None:
        done = preferences.stop_everything(opened(point), at=NOON, evidence=PROOF)
        assert len(done.entries) == 4
        assert set(statuses().values()) == {"withdrawn"}
        assert noes() == {("", "", "preference centre")}
        assert all(each.evidence.shown == "the page" for each in ConsentEvent.objects.filter(pk__in=done.entries))

    def test_twice_by_an_old_link_and_after_an_erasure(self, point) -> None:
        person = opened(point, days_ago=1000)
        preferences.stop_everything(person, at=NOON, evidence=PROOF)
        assert preferences.stop_everything(person, at=NOON, evidence=PROOF).entries == ()
        Suppression.objects.all().delete()
        retention.erase(point.contact, reason="request", actor=TESTER, at=NOON)
        preferences.stop_everything(person, at=NOON, evidence=PROOF)
        assert noes() == {("", "", "preference centre")}

    def test_a_click_in_a_mail_program_is_told_apart(self, point) -> None:
        preferences.one_click(opened(point), at=NOON, evidence=PROOF)
        assert noes() == {("", "", "one-click unsubscribe")}


class TestAsking:
    def test_a_copy_and_erasure_are_requests_each_open_once(self, point) -> None:
        person = opened(point)
        for kind in (SubjectRequest.Kind.ACCESS, SubjectRequest.Kind.ERASURE, SubjectRequest.Kind.ACCESS):
            preferences.ask(person, kind, at=NOON)
        found = list(SubjectRequest.objects.order_by("pk").values_list("kind", "contact", "received_at", "came_by"))
        assert found == [
            ("access", point.contact_id, NOON, "preference centre"),
            ("erasure", point.contact_id, NOON, "preference centre"),
        ]

    def test_after_an_erasure_it_says_so(self, point) -> None:
        token = preferences.issue(point=point, at=NOON)
        retention.erase(point.contact, reason="request", actor=TESTER, at=timezone.now())
        with pytest.raises(ledger.PointErased):
            preferences.ask(preferences.find(token, at=NOON), SubjectRequest.Kind.ACCESS, at=NOON)
        assert not SubjectRequest.objects.exists()


class TestPurposesToCome:
    """Who stopped everything, and has said yes to one purpose since, has not said yes to the next that comes up."""

    def test_it_is_stopped_too(self) -> None:
        notice(purpose())
        person = factories.point()
        stopped(person)
        choose(opened(person), {("news", SMS): True})
        offers = purpose("offers", basis="legitimate_interests")
        assert suppression.carry_over(offers) == 1
        assert ("offers", "", "text opt-out") in noes()

    def test_not_where_all_was_opened_again(self) -> None:
        notice(purpose())
        person = factories.point()
        stopped(person)
        choose(opened(person), {("news", SMS): True})
        for no in Suppression.objects.filter(lifted_at=None):
            suppression.lift(
                no,
                reason="their own word on the phone",
                authority=suppression.Authority.PERSON,
                at=NOON + timedelta(hours=1),
            )
        assert suppression.carry_over(purpose("offers")) == 0
        assert noes() == set()

    def test_nor_where_nobody_had_stopped(self) -> None:
        factories.entry(factories.point())
        assert suppression.carry_over(purpose("offers")) == 0
