"""Two contacts become one: everything moves, the strictest no holds, no yes is copied, and both pasts stay."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from consent import ledger, links, merging, permission, preferences, retention, withdrawal
from consent.models import Consent, ConsentEvent, Disclosure, LegalHold, Method, PreferenceToken, SubjectRequest
from consent.rules.lines import Channel
from consent.rules.permission import Reason
from consent.rules.states import Act, Status
from crm import intake
from crm.models import Contact, ContactPoint, ContactTag, Provenance, attributed_to
from tests import capturing, factories
from tests.factories import NOON, TESTER

pytestmark = pytest.mark.django_db


def merge(survivor: Contact, other: Contact, **how: object) -> merging.Plan:
    done = merging.merge(
        survivor,
        other,
        actor=TESTER,
        at=timezone.now(),
        reason="one person",
        **how,  # type: ignore[arg-type]
    )
    survivor.refresh_from_db()
    other.refresh_from_db()
    return done


def verdict(point: ContactPoint) -> Reason:
    purpose = factories.purpose()
    asked = {"purpose": purpose, "channel": Channel.SMS, "at": timezone.now()}
    return permission.may_be_taken([point.pk], **asked)[point.pk].reason  # type: ignore[arg-type]


class TestWhatMoves:
    def test_the_others_numbers_are_the_survivors_with_where_they_came_from(self) -> None:
        survivor, theirs = factories.contact([factories.number()]), factories.point()
        provenance = theirs.provenances.get()
        merge(survivor, theirs.contact)
        assert set(survivor.points.values_list("pk", flat=True)) > {theirs.pk}
        assert provenance.point.contact_id == theirs.contact_id
        assert Provenance.objects.get(pk=provenance.pk).point.contact_id == survivor.pk
        assert survivor.points.filter(is_primary=True).count() == 1

    def test_what_the_survivor_lacks_is_filled_and_what_was_chosen_is_taken(self) -> None:
        survivor = factories.contact(given_name="Ann", family_name="Lee")
        other = factories.contact(given_name="Anna", family_name="Poe", email="ann@example.org", notes="met in May")
        done = merge(survivor, other, take=["family_name"])
        assert (survivor.given_name, survivor.family_name) == ("Ann", "Poe")
        assert (survivor.email, survivor.notes) == ("ann@example.org", "met in May")
        assert set(done.fields) == {"family_name", "email", "notes"}

    def test_the_merged_contact_is_blank_names_the_survivor_and_keeps_its_past(self) -> None:
        survivor, other = factories.contact(given_name="Ann"), factories.contact(given_name="Anna")
        merge(survivor, other)
        assert (other.status, other.merged_into, other.given_name) == (Contact.Status.MERGED, survivor, "")
        assert "Anna" in other.history.values_list("given_name", flat=True)
        said = f"one person (contact {other.pk} merged into {survivor.pk})"
        for contact in (survivor, other):
            assert contact.history.order_by("-history_id")[0].history_change_reason == said

    def test_tags_requests_disclosures_and_holds_go_along(self) -> None:
        survivor, other = factories.contact(), factories.contact()
        for slug in ("volunteer", "donor"):
            factories.tagged(other, slug)
        factories.tagged(survivor, "donor")
        request = capturing.subject_request(contact=other)
        capturing.disclosure(contact=other)
        with attributed_to(factories.origin()):
            hold = LegalHold.objects.create(contact=other, reason="claim", placed_at=NOON)
        merge(survivor, other)
        assert sorted(survivor.tags.values_list("tag__slug", flat=True)) == ["donor", "volunteer"]
        assert ContactTag.objects.count() == 2
        request.refresh_from_db()
        hold.refresh_from_db()
        assert (request.contact, hold.contact, Disclosure.objects.get().contact) == (survivor,) * 3
        assert list(hold.history.values_list("contact", flat=True)) == [survivor.pk, other.pk]
        with pytest.raises(retention.Held):
            retention.erase(survivor, reason="request", actor=TESTER, at=timezone.now())

    @pytest.mark.parametrize("first", ["survivor", "other"])
    def test_asked_of_us_by_both_it_is_one_request_the_earlier_one(self, first: str) -> None:
        survivor, other = factories.contact(), factories.contact()
        days = {"survivor": 9, "other": 5} if first == "survivor" else {"survivor": 5, "other": 9}
        made = {
            name: capturing.subject_request(contact=contact, received_at=NOON - timedelta(days=days[name]))
            for name, contact in (("survivor", survivor), ("other", other))
        }
        merge(survivor, other)
        (open_,) = SubjectRequest.objects.filter(contact=survivor, state="open")
        assert open_ == made[first]
        (closed,) = SubjectRequest.objects.filter(contact=survivor, state="done")
        assert closed.answer == f"The same as request {open_.pk}: two contacts were merged."

    def test_what_is_restricted_stays_so(self) -> None:
        survivor, other = factories.contact(), factories.contact([factories.number()])
        intake.restrict(other, on=True, actor=TESTER, at=NOON, reason="disputed")
        assert merge(survivor, other).restricts
        assert survivor.status == Contact.Status.RESTRICTED

    def test_whoever_was_merged_before_goes_along(self) -> None:
        first, second, third = (factories.contact() for _ in range(3))
        merge(second, first)
        merge(third, second)
        first.refresh_from_db()
        assert (first.merged_into, second.merged_into) == (third, third)


class TestAtOneLine:
    """Both are reachable at the same number: one point stays."""

    def both(self) -> tuple[ContactPoint, ContactPoint]:
        number = factories.number()
        own, theirs = (factories.point(number, given_name=name) for name in ("Ann", "Bo"))
        assert own.line_id == theirs.line_id
        return own, theirs

    def test_a_no_of_either_wins_and_the_ledger_says_so(self) -> None:
        own, theirs = self.both()
        factories.entry(own, Act.GIVEN, at=NOON - timedelta(days=1))
        factories.entry(theirs, Act.WITHDRAWN, at=NOON - timedelta(days=50))
        assert verdict(own) is Reason.CONSENT_GIVEN
        done = merge(own.contact, theirs.contact)
        assert len(done.noes) == 1
        assert verdict(own) is Reason.WITHDRAWN
        last = ConsentEvent.objects.latest("id")
        assert (last.point_id, last.act, last.method) == (own.pk, "withdrawn", "staff")
        assert f"contact point {theirs.pk}" in last.evidence.message
        assert list(ledger.differences()) == []

    def test_the_survivors_own_no_stands_against_the_others_yes(self) -> None:
        own, theirs = self.both()
        factories.entry(own, Act.REFUSED)
        factories.entry(theirs, Act.GIVEN)
        merge(own.contact, theirs.contact)
        living = own.contact.points.get(until=None)
        assert verdict(living) is Reason.REFUSED

    def test_no_yes_is_copied(self) -> None:
        own, theirs = self.both()
        factories.entry(own, Act.GIVEN, channel=Channel.CALL)
        factories.entry(own, Act.GIVEN, channel=Channel.CALL, of=factories.purpose("other"))
        factories.entry(theirs, Act.GIVEN)
        done = merge(own.contact, theirs.contact)
        living = own.contact.points.get(until=None)
        assert (living, done.lost) == (own, 1)
        assert verdict(living) is Reason.NO_CONSENT
        assert not ConsentEvent.objects.filter(point=own, act="given", channel="sms").exists()

    def test_the_point_with_more_that_permits_stays_so_that_little_is_lost(self) -> None:
        own, theirs = self.both()
        factories.entry(theirs, Act.GIVEN)
        assert merge(own.contact, theirs.contact).lost == 0
        theirs.refresh_from_db()
        own.refresh_from_db()
        assert (theirs.until, theirs.contact_id, theirs.is_primary) == (None, own.contact_id, True)
        assert own.until is not None
        assert (own.superseded_by, own.is_primary) == (theirs, False)
        assert verdict(theirs) is Reason.CONSENT_GIVEN

    def test_the_point_that_stays_says_of_every_source_that_it_brought_it(self) -> None:
        number = factories.number()
        own = factories.point(number, given_name="Ann")
        theirs = factories.point(number, given_name="Bo", of=factories.source("shop"))
        merge(own.contact, theirs.contact)
        assert sorted(own.provenances.values_list("source__slug", flat=True)) == ["shop", "web"]
        assert theirs.provenances.count() == 1

    def test_a_preference_link_leads_to_the_point_that_stays(self) -> None:
        own, theirs = self.both()
        token = preferences.issue(point=theirs, at=timezone.now())
        merge(own.contact, theirs.contact)
        assert PreferenceToken.objects.get().point == own
        opened = links.find(token, at=timezone.now())
        assert opened.point == own

    def test_a_question_that_was_asked_through_the_point_that_ends_is_asked_no_more(self) -> None:
        own, theirs = self.both()
        challenge = capturing.challenge(theirs)
        merge(own.contact, theirs.contact)
        challenge.refresh_from_db()
        assert challenge.outcome == "ended"

    def test_what_the_line_was_stopped_for_stays_stopped(self) -> None:
        own, theirs = self.both()
        factories.entry(own, Act.GIVEN)
        assert theirs.line
        withdrawal.withdraw_line(theirs.line, at=NOON, reason="stop", method=Method.SMS, actor=TESTER)
        merge(own.contact, theirs.contact)
        assert verdict(own) is Reason.SUPPRESSED


class TestAfterwards:
    def test_erasing_the_survivor_erases_the_past_of_both(self) -> None:
        survivor, other = factories.contact(given_name="Ann"), factories.contact([factories.number()], given_name="Bo")
        merge(survivor, other)
        retention.erase(survivor, reason="request", actor=TESTER, at=timezone.now())
        for contact in (survivor, other):
            contact.refresh_from_db()
            assert contact.status == Contact.Status.ERASED
            assert not contact.history.exists()
        assert other.email_key == ""

    def test_erasing_by_the_old_id_erases_the_survivor(self) -> None:
        survivor, other = factories.contact([factories.number()]), factories.contact()
        merge(survivor, other)
        assert retention.erase(other, reason="request", actor=TESTER, at=timezone.now())
        survivor.refresh_from_db()
        assert survivor.status == Contact.Status.ERASED

    def test_what_was_restricted_before_the_merge_was_so_then_and_the_survivor_was_not(self) -> None:
        own, theirs = factories.point(), factories.point()
        for point in (own, theirs):
            factories.entry(point, Act.GIVEN)
        day = NOON - timedelta(days=20)
        intake.restrict(theirs.contact, on=True, actor=TESTER, at=day, reason="disputed")
        intake.restrict(theirs.contact, on=False, actor=TESTER, at=day + timedelta(days=2), reason="settled")
        numbers = {point.pk: point.line.e164 for point in (own, theirs)}

        def reasons() -> list[Reason]:
            asked = {"purpose": factories.purpose(), "channel": Channel.SMS, "at": day + timedelta(days=1)}
            return [permission.may_contact(numbers[p.pk], **asked).reason for p in (own, theirs)]  # type: ignore[arg-type]

        before = reasons()
        assert before[1] is Reason.RESTRICTED
        merge(own.contact, theirs.contact)
        assert reasons() == before

    @pytest.mark.parametrize("by", ["line", "email"])
    def test_the_next_file_finds_the_survivor_by_what_the_other_was(self, by: str) -> None:
        number = factories.number()
        survivor = factories.contact(given_name="Robert", family_name="Lee", email="rob@example.org")
        other = factories.contact([number], given_name="Bob", family_name="Lee", email="Bob@Example.org")
        merge(survivor, other)
        row = intake.Row(
            profile={"given_name": "Bob", "family_name": "Lee"}
            | ({"email": "bob@example.org"} if by == "email" else {}),
            numbers=[intake.Number(number if by == "line" else factories.number())],
            line=2,
        )
        batch = factories.batch(factories.source("shop", kind="third_party"))
        stored = intake.store(row, source=batch.source, batch=batch, actor=TESTER, at=NOON, reason="import")
        assert stored.contact_id == survivor.pk
        assert Contact.objects.count() == 2

    def test_the_survivor_cannot_be_merged_into_what_was_merged(self) -> None:
        survivor, other = factories.contact(), factories.contact()
        merge(survivor, other)
        for one, two in ((survivor, other), (other, survivor), (survivor, survivor)):
            with pytest.raises(merging.NotMergeable):
                merge(one, two)

    def test_an_erased_contact_cannot_be_merged(self) -> None:
        survivor, other = factories.contact(), factories.contact()
        retention.erase(other, reason="request", actor=TESTER, at=timezone.now())
        with pytest.raises(merging.NotMergeable):
            merge(survivor, other)

    def test_the_consents_are_what_the_ledger_says(self) -> None:
        number = factories.number()
        own, theirs = (factories.point(number, given_name=name) for name in ("Ann", "Bo"))
        factories.entry(own, Act.GIVEN)
        factories.entry(theirs, Act.WITHDRAWN)
        merge(own.contact, theirs.contact)
        assert list(ledger.differences()) == []
        assert Consent.objects.get(point=own).status == Status.WITHDRAWN


class TestWhatComesToTheMergedOneAfterwards:
    def test_a_hold_that_was_meant_for_it_is_refused_as_it_would_protect_nobody(self) -> None:
        survivor, other = factories.contact(), factories.contact()
        merge(survivor, other)
        with pytest.raises(DatabaseError, match="merged"), transaction.atomic(), attributed_to(factories.origin()):
            LegalHold.objects.create(contact=other, reason="claim", placed_at=NOON)

    def test_what_was_written_down_for_it_is_blanked_with_the_survivor(self) -> None:
        survivor, other = factories.contact([factories.number()]), factories.contact()
        merge(survivor, other)
        disclosure, request = capturing.disclosure(contact=other), capturing.subject_request(contact=other)
        retention.erase(survivor, reason="request", actor=TESTER, at=timezone.now())
        for row in (disclosure, request):
            row.refresh_from_db()
            for name, blank in type(row).privacy.personal.items():
                assert getattr(row, name) == blank, name
