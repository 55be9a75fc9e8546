"""After a restore: what the journal says went goes again, and nobody else."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.db import transaction

from consent import journal, merging, replaying
from consent.models import JournalMark, LegalHold, Receipt, Suppression
from consent.replaying import Replayed
from crm import erasure, intake, phones
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance, attributed_to
from tests import factories, marks
from tests.commands import run
from tests.factories import NOON, TESTER, contact, number, point

pytestmark = pytest.mark.django_db(transaction=True)
LATER = NOON + timedelta(days=1)


class Gone(NamedTuple):
    """What an erasure did."""

    point_id: int | None
    contact_id: int
    line_erased: bool
    profile_erased: bool


def written(
    points: Sequence[ContactPoint], *, line_erased: bool = True, profile_erased: bool = True, contact_ref: int = 0
) -> int:
    """Write that these were erased, and be the backup that was made before: nobody is, and no mark stands."""
    gone = [Gone(p.pk, p.contact_id, line_erased, profile_erased) for p in points]
    if contact_ref:
        gone.append(Gone(None, contact_ref, False, True))
    with transaction.atomic():
        seq = journal.write(points=points, gone=gone, reason="request", at=NOON)
    marks.forget(seq)
    return seq


def replay(**how: Any) -> Replayed:
    return replaying.replay(at=LATER, actor=TESTER, **how)


def test_a_point_goes_again_with_its_number_its_profile_and_its_history() -> None:
    at = point(given_name="Ann")
    seq = written([at])
    assert journal.is_behind()

    done = replay()

    assert done.counts == {"records": 1, "points": 1, "numbers": 1, "profiles": 1, "tombstones": 0}
    assert done.left == {}
    at.refresh_from_db()
    assert (at.erased_at, at.line) == (LATER, None)
    assert at.contact.status == "erased"
    line = PhoneNumber.objects.get()
    assert (line.number, line.erased_at) == (None, LATER)
    assert Suppression.objects.get().extent == "hold"
    assert not Contact.history.exists()
    assert not ContactPoint.history.exists()
    assert not Provenance.objects.exists()
    receipt = Receipt.objects.get()
    assert (receipt.reason, receipt.point, receipt.line_erased, receipt.profile_erased) == ("replayed", at, True, True)
    mark = JournalMark.objects.get()
    assert (mark.seq, mark.replayed, mark.marked_at) == (seq, True, LATER)
    assert not journal.is_behind()
    assert list(journal.verify()) == []


def test_done_again_it_finds_nothing() -> None:
    written([point()])
    replay()
    assert replay().counts["records"] == 0
    assert Receipt.objects.count() == 1


def test_a_dry_run_counts_and_erases_nothing() -> None:
    at = point()
    written([at])
    assert replay(dry_run=True).counts["points"] == 1
    at.refresh_from_db()
    assert at.erased_at is None
    assert not JournalMark.objects.exists()
    assert journal.is_behind()


@pytest.mark.parametrize("differs", ["contact", "line"])
def test_somebody_who_has_only_the_id_in_common_stays(differs: str) -> None:
    at, other = point(), point()
    gone = ContactPoint.objects.get(pk=at.pk)
    if differs == "contact":
        gone.contact = other.contact
    else:
        gone.line = other.line
    written([gone], line_erased=False, profile_erased=False)
    done = replay()
    assert (done.counts["records"], done.counts["points"]) == (1, 0)
    at.refresh_from_db()
    assert at.erased_at is None


def test_a_number_that_is_somebody_else_s_as_well_stays_theirs() -> None:
    e164 = number()
    leaving, staying = point(e164, given_name="Ann"), point(e164, given_name="Bob")
    written([leaving])
    done = replay()
    assert (done.counts["points"], done.counts["numbers"], done.counts["tombstones"]) == (1, 0, 0)
    staying.refresh_from_db()
    assert staying.line is not None
    assert staying.line.e164 == e164
    assert not Suppression.objects.exists()


def test_a_profile_that_stayed_stays() -> None:
    at = point(given_name="Ann")
    written([at], profile_erased=False)
    replay()
    at.refresh_from_db()
    assert (at.erased_at, at.contact.given_name) == (LATER, "Ann")


def test_a_contact_without_numbers_goes_again() -> None:
    person = contact([], given_name="Ann")
    written([], contact_ref=person.pk)
    assert replay().counts["profiles"] == 1
    person.refresh_from_db()
    assert (person.status, person.given_name) == ("erased", "")
    assert Receipt.objects.get().contact_ref == person.pk


def test_a_profile_whose_owner_has_another_number_here_stays() -> None:
    person = contact([number()], given_name="Ann")
    written([], contact_ref=person.pk)
    assert replay().counts["profiles"] == 0
    person.refresh_from_db()
    assert person.given_name == "Ann"


def test_a_number_that_the_backup_does_not_know_cannot_come_in() -> None:
    e164 = number()
    at = point(e164)
    key = at.line.number_key
    written([at])
    with transaction.atomic():
        erasure.take_back(erasure.lock([at.pk]), named=[], contact_ids=[at.contact_id], origin=factories.origin())
    assert not PhoneNumber.objects.exists()

    done = replay()

    assert (done.counts["points"], done.counts["tombstones"]) == (0, 1)
    line = PhoneNumber.objects.get()
    assert (line.number, line.number_key, line.key_id, line.erased_at) == (None, key, "test1", LATER)
    assert Suppression.objects.get(line=line).extent == "hold"
    row = intake.Row(profile={"given_name": "Ann"}, numbers=[intake.Number(e164)])
    stored = intake.store(row, source=factories.source(), actor=TESTER, at=LATER, reason="test")
    assert stored.outcome == "suppressed"


def test_a_line_whose_fingerprint_was_made_with_an_older_key_is_known(settings: Any) -> None:
    old = dict(entry.split(":") for entry in settings.FINGERPRINT_KEYS)
    settings.FINGERPRINT_KEYS = ["new1:" + "6b" * 32, *settings.FINGERPRINT_KEYS]
    at = point()
    written([at])
    # The backup is from before the key was changed.
    key = phones.fingerprint(at.line.e164, key=bytes.fromhex(old["test1"]))
    PhoneNumber.objects.update(number_key=key, key_id="test1")
    assert replay().counts["numbers"] == 1
    assert PhoneNumber.objects.get().number is None


@pytest.mark.parametrize("why", ["hold", "restriction"])
def test_what_the_backup_still_keeps_for_a_claim_goes_too(why: str) -> None:
    at = point(given_name="Ann")
    if why == "hold":
        with attributed_to(factories.origin()):
            LegalHold.objects.create(contact=at.contact, reason="Ann sues", placed_at=NOON)
    else:
        intake.restrict(at.contact, on=True, actor=TESTER, at=NOON, reason="disputed")
    written([at])
    replay()
    at.refresh_from_db()
    assert (at.erased_at, at.contact.status) == (LATER, "erased")
    assert not LegalHold.objects.exclude(reason="").exists()


class TestARecordOfWhichNothingIsSaid:
    def unsaid(self, at: ContactPoint, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as dying:
            dying.setattr(transaction, "on_commit", lambda *args, **values: None)
            written([at])

    def test_in_a_restored_database_it_counts_as_committed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first, at = point(), point()
        written([first])
        self.restore_nothing_yet()
        self.unsaid(at, monkeypatch)
        marks.forget()
        assert replay().counts["records"] == 2
        at.refresh_from_db()
        assert at.erased_at is not None

    def restore_nothing_yet(self) -> None:
        """Let the first record have its mark, so that a second one may be written."""
        found = journal.outstanding()
        JournalMark.objects.bulk_create(
            [JournalMark(seq=seq, mac=mac, marked_at=NOON) for seq, mac in found.macs.items()]
        )

    def test_in_a_database_that_has_everything_else_it_came_to_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        at = point()
        self.unsaid(at, monkeypatch)
        assert replay().counts["records"] == 0
        at.refresh_from_db()
        assert at.erased_at is None
        assert journal.resolve() == {}


class TestADamagedRecord:
    def damage(self) -> None:
        path = settings.JOURNAL_PATH
        path.write_text(path.read_text().replace('"request"', '"whim"'))

    def test_nobody_is_erased_on_its_word_and_it_is_named(self) -> None:
        at = point()
        seq = written([at])
        self.damage()
        done = replay()
        assert done.left == {seq: "it was changed, or does not follow the record before it"}
        at.refresh_from_db()
        assert at.erased_at is None
        found = run("replay_erasures", "--json")
        assert (found.code, found.json["behind"]) == (1, True)
        assert found.json["not_replayed"] == [{"record": seq, "reason": done.left[seq]}]

    def test_one_that_is_missing_is_named(self) -> None:
        seq = written([point()])
        path = settings.JOURNAL_PATH
        path.write_text(path.read_text().splitlines(keepends=True)[-1])
        assert replay().left == {seq: "it is missing"}

    def test_it_can_be_given_up(self) -> None:
        at = point()
        seq = written([at])
        self.damage()
        found = run("replay_erasures", "--accept-lost-journal", "--json")
        assert (found.code, found.json["given_up"], found.json["behind"]) == (0, [seq], False)
        at.refresh_from_db()
        assert at.erased_at is None

    def test_however_far_back_it_is_nothing_is_served_until_it_is_given_up(self) -> None:
        at, last = point(), point()
        gone = Gone(at.pk, at.contact_id, True, True)
        with transaction.atomic():
            journal.write(points=[at], gone=[gone], reason="request", at=NOON)
        for _ in range(70):
            with transaction.atomic():
                journal.write(points=[], gone=[], reason="test", at=NOON)
        with transaction.atomic():
            gone = Gone(last.pk, last.contact_id, True, True)
            journal.write(points=[last], gone=[gone], reason="test", at=NOON)
        marks.forget()
        self.damage()
        for _ in range(2):
            assert replay().left == {1: "it was changed, or does not follow the record before it"}
            assert journal.is_behind()
        last.refresh_from_db()
        assert last.erased_at is not None
        found = run("replay_erasures", "--accept-lost-journal", "--json")
        assert (found.code, found.json["given_up"], found.json["behind"]) == (0, [1], False)
        assert Receipt.objects.count() == 1


class TestTheCommand:
    def test_it_says_what_was_erased_again(self) -> None:
        written([point()])
        dry = run("replay_erasures", "--dry-run", "--json")
        assert (dry.code, dry.json["points"], dry.json["behind"]) == (1, 1, True)
        done = run("replay_erasures", "--json")
        assert done.code == 0
        assert done.json == {
            "dry_run": False,
            "records": 1,
            "numbers": 1,
            "points": 1,
            "profiles": 1,
            "tombstones": 0,
            "not_replayed": [],
            "given_up": [],
            "behind": False,
            "lost": False,
            "faults": [],
        }
        assert Receipt.objects.get().actor_name == "command replay_erasures"

    def test_a_lost_journal_is_a_fault_until_it_is_accepted(self) -> None:
        with transaction.atomic():
            journal.write(points=[], gone=[], reason="request", at=NOON)
        settings.JOURNAL_PATH.unlink()
        found = run("replay_erasures", "--json")
        assert (found.code, found.json["lost"]) == (1, True)
        accepted = run("replay_erasures", "--accept-lost-journal", "--json")
        assert (accepted.code, accepted.json["lost"], accepted.json["faults"]) == (0, False, [])

    def test_a_whole_journal_is_not_begun_anew(self) -> None:
        assert run("replay_erasures", "--accept-lost-journal").code == 0
        assert not settings.JOURNAL_PATH.exists()


def test_a_point_that_the_backup_still_has_with_whom_was_merged_later_goes_with_both_profiles() -> None:
    survivor, at = contact(given_name="Ann"), point(given_name="Anna")
    merged = at.contact
    merging.merge(survivor, merged, actor=TESTER, at=NOON, reason="one person")
    at.refresh_from_db()
    written([at])
    # What the backup holds is of before the merge.
    Contact.objects.filter(pk=merged.pk).update(status="live", merged_into=None, given_name="Anna", email_key="")
    ContactPoint.objects.filter(pk=at.pk).update(contact=merged)

    done = replay()

    assert (done.counts["points"], done.counts["profiles"]) == (1, 2)
    assert set(Contact.objects.values_list("status", "given_name")) == {("erased", "")}
    assert not Contact.history.exists()
    assert list(journal.verify()) == []
