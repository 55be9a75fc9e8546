"""What the database refuses of consent data, whoever asks: every constraint and trigger is tried by raw SQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from consent import suppression
from consent.ledger import Proof
from consent.models import (
    AccessRecord,
    Consent,
    ConsentEvent,
    LegalHold,
    Notice,
    PurgeRun,
    Receipt,
    RetentionPolicy,
    Suppression,
)
from consent.models.triggers import TRIGGERS
from consent.rules.states import Act
from crm.models import attributed_to
from tests import factories
from tests.consent.test_alert_constraints import attempts as of_alerts
from tests.consent.test_bulk_act_constraints import attempts as of_bulk_acts
from tests.consent.test_capture_constraints import attempts as of_capture
from tests.consent.test_capture_constraints import new_uid
from tests.consent.test_ending_constraints import attempts as of_endings
from tests.consent.test_ledger_check_constraints import attempts as of_checks
from tests.consent.test_reopening_constraints import attempts as of_reopening
from tests.consent.test_retention_constraints import attempts as of_retention
from tests.consent.test_seal_constraints import attempts as of_seals
from tests.factories import NOON, TESTER
from tests.raw import POSTGRES, Attempt, Attempts, copy, execute, needs_superuser, update

pytestmark = pytest.mark.django_db

attempts = Attempts("consent")
EARLIER = NOON - timedelta(days=1)


def consent() -> Consent:
    return Consent.objects.get(last_entry=factories.entry(factories.point()))


def draft() -> Notice:
    """A notice that is not published, so that no trigger is in the way of a constraint."""
    return Notice.objects.create(purpose=factories.purpose(), version=7, text="May we?")


def hold(**values: object) -> LegalHold:
    values = values or {"contact": factories.contact()}
    with attributed_to(factories.origin()):
        return LegalHold.objects.create(reason="claim", placed_at=NOON, **values)


def run() -> PurgeRun:
    return PurgeRun.objects.create(as_of=NOON, actor_name="tester", started_at=NOON)


def receipt() -> Receipt:
    return Receipt.objects.create(
        point=factories.point(), action="purge", reason="request", erased_at=NOON, actor_name="tester"
    )


def suppressed(**values: object) -> Suppression:
    with transaction.atomic():
        line = suppression.line_for(factories.number())
        return suppression.suppress(line, since=NOON, reason="test", actor=TESTER, **values)  # type: ignore[arg-type]


def access_record() -> AccessRecord:
    return AccessRecord.objects.create(
        kind="export", at=NOON, actor_name="tester", reason="move", format="csv", masked=False, contacts=1, points=1
    )


def policy() -> RetentionPolicy:
    return factories.policy()


@attempts.at("consent_purpose.slug")
def _() -> None:
    copy(factories.purpose())


@attempts.at("purpose_basis_is_known")
def _() -> None:
    update(factories.purpose(), basis="habit")


@attempts.at("purpose_lapse_is_positive")
def _() -> None:
    update(factories.purpose(), lapses_after_months=0)


@attempts.at("purpose_only_consent_is_confirmed")
def _() -> None:
    update(factories.purpose(), needs_confirmation=True, basis="contract")


@attempts.at("purpose_consent_is_never_necessary")
def _() -> None:
    update(factories.purpose(), necessary=True)


@attempts.at("notice_version_once")
def _() -> None:
    copy(draft())


@attempts.at("notice_versions_count_from_one")
def _() -> None:
    update(draft(), version=0)


@attempts.at("notice_says_something")
def _() -> None:
    update(draft(), text="")


@attempts.each("ledger_grant_has_a_notice", [Act.REQUESTED, Act.GIVEN, Act.CONFIRMED, Act.RENEWED])
def _(act: Act) -> None:
    copy(factories.entry(factories.point()), uid=new_uid(), act=act.value, notice_id=None)


@attempts.at("ledger_act_is_known")
def _() -> None:
    copy(factories.entry(factories.point()), uid=new_uid(), act="guessed")


@attempts.at("ledger_channel_is_known")
def _() -> None:
    copy(factories.entry(factories.point()), uid=new_uid(), channel="smoke")


@attempts.at("consent_consentevent.uid")
def _() -> None:
    if not POSTGRES:  # there the trigger against INSERT OR REPLACE is quicker, and refuses as well
        execute("DROP TRIGGER consent_ledger_is_append_only_3")
    copy(factories.entry(factories.point()))


@attempts.at("consent_evidence.entry_id")
def _() -> None:
    copy(factories.entry(factories.point(), evidence=Proof(message="YES")).evidence)


@attempts.at("consent_once_per_point_purpose_channel")
def _() -> None:
    copy(consent())


@attempts.at("consent_status_is_known")
def _() -> None:
    update(consent(), status="assumed")


@attempts.each(
    "consent_permitting_was_given",
    [(status, column) for status in ("given", "renewed") for column in ("given_at", "notice_id")],
)
def _(case: tuple[str, str]) -> None:
    update(consent(), **{"status": case[0], case[1]: None})


@attempts.at("consent_retentionpolicy.slug")
def _() -> None:
    copy(policy())


@attempts.at("policy_trigger_is_known")
def _() -> None:
    update(policy(), trigger="whim")


@attempts.at("policy_action_is_known")
def _() -> None:
    update(policy(), action="hide")


@attempts.each("policy_purpose_is_of_a_consent", ["licence_ended", "last_interaction", "superseded"])
def _(trigger: str) -> None:
    update(policy(), trigger=trigger, purpose_id=factories.purpose().pk)


@attempts.each("hold_is_on_one_thing", [(), ("contact", "point"), ("contact", "source"), ("point", "source")])
def _(on: tuple[str, ...]) -> None:
    things = {"contact": factories.contact(), "point": factories.point(), "source": factories.source()}
    columns = {f"{name}_id": thing.pk if name in on else None for name, thing in things.items()}
    update(hold(), **columns)


@attempts.at("hold_is_on_one_thing")
def _() -> None:
    things = {"contact": factories.contact(), "point": factories.point(), "source": factories.source()}
    update(hold(), **{f"{name}_id": thing.pk for name, thing in things.items()})


@attempts.at("hold_ends_after_it_begins")
def _() -> None:
    update(hold(), ends_at=EARLIER)


@attempts.at("run_state_is_known")
def _() -> None:
    update(run(), state="tired", finished_at=NOON)


@attempts.each("run_ended_is_dated", ["done", "failed"])
def _(state: str) -> None:
    update(run(), state=state)


@attempts.at("consent_receipt.point_id")
def _() -> None:
    copy(receipt())


@attempts.at("receipt_is_of_a_run_or_of_a_person")
def _() -> None:
    update(receipt(), reason="")


@attempts.at("receipt_is_of_a_point_or_of_a_contact")
def _() -> None:
    update(receipt(), point_id=None)


@attempts.at("suppression_extent_is_known")
def _() -> None:
    update(suppressed(), extent="sometimes")


@attempts.at("suppression_hold_is_of_everything")
def _() -> None:
    update(suppressed(extent=Suppression.Extent.HOLD), purpose_id=factories.purpose().pk)


@attempts.at("suppression_hold_is_of_everything")
def _() -> None:
    update(suppressed(extent=Suppression.Extent.HOLD), channel="sms")


@attempts.at("suppression_is_lifted_with_a_reason")
def _() -> None:
    update(suppressed(), lifted_at=NOON, lifted_authority="person")


@attempts.at("suppression_is_lifted_on_an_authority")
def _() -> None:
    update(suppressed(), lifted_at=NOON, lifted_reason="asked again")


@attempts.at("suppression_is_lifted_on_an_authority")
def _() -> None:
    update(suppressed(), lifted_at=NOON, lifted_reason="asked again", lifted_authority="the boss")


@attempts.at("suppression_is_lifted_on_an_authority")
def _() -> None:
    update(suppressed(), lifted_authority="person")


@attempts.at("suppression_once_for_a_purpose")
def _() -> None:
    copy(suppressed(purpose=factories.purpose()))


@attempts.at("suppression_once_for_all_purposes")
def _() -> None:
    copy(suppressed())


@attempts.at("access_kind_is_known")
def _() -> None:
    copy(access_record(), kind="glance")


@attempts.at("access_has_a_reason")
def _() -> None:
    copy(access_record(), reason="")


@attempts.at("access_has_an_actor")
def _() -> None:
    copy(access_record(), actor_name="")


@attempts.each("access_reveal_is_by_an_account", [{}, {"masked": True}, {"points": 2}])
def _(wrong: dict[str, Any]) -> None:
    account = {"actor_user_id": factories.user().pk} if wrong else {}
    copy(access_record(), kind="reveal", **account | wrong)


@attempts.at("access_export_names_its_format")
def _() -> None:
    copy(access_record(), format="")


@attempts.at("consent_consent_history_has_an_author")
def _() -> None:
    found = Consent.objects.get(point=factories.entry(factories.point()).point)
    update(found.history.get(), history_actor="")


@attempts.at("consent_purpose_history_has_an_author")
def _() -> None:
    update(factories.purpose().history.get(), history_actor="")


@attempts.at("consent_retentionpolicy_history_has_an_author")
def _() -> None:
    update(factories.policy().history.get(), history_actor="")


@attempts.at("consent_legalhold_history_has_an_author")
def _() -> None:
    update(hold(contact_id=factories.contact().pk).history.get(), history_actor="")


@attempts.at("notice_has_a_digest")
def _() -> None:
    update(draft(), digest="")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_every_constraint_is_tried() -> None:
    tried = (attempts, of_alerts, of_bulk_acts, of_capture, of_checks, of_endings, of_reopening, of_retention, of_seals)
    assert set().union(*(some.names() for some in tried)) == set(attempts.constraints())


def test_what_the_attempts_start_from_is_accepted() -> None:
    copy(factories.entry(factories.point()), uid=new_uid())
    copy(suppressed(), channel="sms")
    copy(access_record())
    copy(draft(), version=8)
    update(run(), state="done", finished_at=NOON)
    for on in ({"point": factories.point()}, {"source": factories.source()}):
        assert hold(**on).pk
    lifted = suppressed()
    update(lifted, lifted_at=NOON, lifted_reason="asked again", lifted_authority="person")
    copy(lifted, lifted_at=None, lifted_reason="", lifted_authority="")


@pytest.fixture(params=["origin", "replica"] if POSTGRES else ["origin"])
def _as_any_session(request: pytest.FixtureRequest) -> Iterator[None]:
    """Also as a replication session, in which PostgreSQL fires ordinary triggers not at all."""
    if request.param == "replica":
        needs_superuser()
        execute("SET LOCAL session_replication_role = replica")
    yield
    if request.param == "replica" and not connection.needs_rollback:
        execute("SET LOCAL session_replication_role = origin")


def refused(said: str) -> AbstractContextManager[object]:
    return pytest.raises(DatabaseError, match=said)


APPEND_ONLY = "the ledger is append-only"
ACCESS = "access records are append-only"
PUBLISHED = "a published notice never changes"


@pytest.mark.usefixtures("_as_any_session")
class TestTheTriggerOnTheLedger:
    @pytest.mark.parametrize("column", [field.column for field in ConsentEvent._meta.concrete_fields])
    def test_no_column_of_an_entry_changes(self, column: str) -> None:
        entry = factories.entry(factories.point())
        with refused(APPEND_ONLY), transaction.atomic():
            execute(f'UPDATE consent_consentevent SET "{column}" = "{column}" WHERE id = %s', entry.pk)

    def test_a_queryset_changes_no_entry(self) -> None:
        entry = factories.entry(factories.point())
        with refused(APPEND_ONLY), transaction.atomic():
            ConsentEvent.objects.filter(pk=entry.pk).update(act="withdrawn")

    def test_saving_an_entry_again_is_refused(self) -> None:
        entry = factories.entry(factories.point())
        with refused(APPEND_ONLY), transaction.atomic():
            entry.save()

    def test_no_entry_is_deleted(self) -> None:
        entry = factories.entry(factories.point())
        with refused(APPEND_ONLY), transaction.atomic():
            execute("DELETE FROM consent_consentevent WHERE id = %s", entry.pk)

    def test_the_ledger_is_not_emptied(self) -> None:
        factories.entry(factories.point())
        with refused(APPEND_ONLY), transaction.atomic():
            execute("DELETE FROM consent_consentevent")

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
    @pytest.mark.parametrize("table", ["consent_consentevent", "crm_contactpoint", "crm_contact"])
    def test_the_ledger_is_not_truncated(self, table: str) -> None:
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # checks that wait would stop a TRUNCATE of their own accord
        with refused(APPEND_ONLY), transaction.atomic():
            execute(f"TRUNCATE {table} CASCADE")

    @pytest.mark.skipif(not POSTGRES, reason="SQLite's own forms are tried below")
    @pytest.mark.parametrize("taken", ["id", "uid"])
    def test_no_upsert_takes_the_place_of_an_entry(self, taken: str) -> None:
        entry = factories.entry(factories.point())
        names = [str(field.column) for field in ConsentEvent._meta.concrete_fields]
        new = "gen_random_uuid()" if taken == "id" else "id + 1000000"
        values = [new if name == {"id": "uid", "uid": "id"}[taken] else name for name in names]
        with refused(APPEND_ONLY), transaction.atomic():
            execute(
                f"INSERT INTO consent_consentevent ({', '.join(names)}) SELECT {', '.join(values)}"
                f" FROM consent_consentevent WHERE id = %s"
                f" ON CONFLICT ({taken}) DO UPDATE SET act = 'withdrawn'",
                entry.pk,
            )


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
@pytest.mark.parametrize("taken", ["id", "uid"])
def test_no_insert_takes_the_place_of_an_entry(verb: str, taken: str) -> None:
    entry = factories.entry(factories.point())
    other = {"id": entry.pk, "uid": new_uid()} if taken == "id" else {}
    with refused(APPEND_ONLY), transaction.atomic():
        copy(entry, verb=verb, act="withdrawn", **other)


@pytest.mark.skipif(POSTGRES, reason="SQLite only")
def test_update_or_replace_does_not_take_the_place_of_an_entry() -> None:
    kept, other = factories.entry(factories.point()), factories.entry(factories.point())
    with refused(APPEND_ONLY), transaction.atomic():
        execute("UPDATE OR REPLACE consent_consentevent SET id = %s WHERE id = %s", kept.pk, other.pk)


@pytest.mark.usefixtures("_as_any_session")
class TestTheTriggerOnAccessRecords:
    @pytest.mark.parametrize("column", [field.column for field in AccessRecord._meta.concrete_fields])
    def test_no_column_of_a_record_changes(self, column: str) -> None:
        record = access_record()
        with refused(ACCESS), transaction.atomic():
            execute(f'UPDATE consent_accessrecord SET "{column}" = "{column}" WHERE id = %s', record.pk)

    def test_no_record_is_deleted(self) -> None:
        record = access_record()
        for sql in (f"DELETE FROM consent_accessrecord WHERE id = {record.pk}", "DELETE FROM consent_accessrecord"):
            with refused(ACCESS), transaction.atomic():
                execute(sql)

    def test_a_queryset_changes_and_deletes_no_record(self) -> None:
        access_record()
        with refused(ACCESS), transaction.atomic():
            AccessRecord.objects.update(reason="")
        with refused(ACCESS), transaction.atomic():
            AccessRecord.objects.all().delete()

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
    def test_the_records_are_not_truncated(self) -> None:
        access_record()
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        with refused(ACCESS), transaction.atomic():
            execute("TRUNCATE consent_accessrecord CASCADE")

    @pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
    @pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
    def test_no_insert_takes_the_place_of_a_record(self, verb: str) -> None:
        record = access_record()
        with refused(ACCESS), transaction.atomic():
            copy(record, verb=verb, id=record.pk, reason="other")


@pytest.mark.usefixtures("_as_any_session")
class TestTheTriggerOnNotices:
    @pytest.mark.parametrize("column", [field.column for field in Notice._meta.concrete_fields])
    def test_no_column_of_a_published_notice_changes(self, column: str) -> None:
        notice = factories.notice(factories.purpose())
        with refused(PUBLISHED), transaction.atomic():
            execute(f'UPDATE consent_notice SET "{column}" = "{column}" WHERE id = %s', notice.pk)

    def test_a_published_notice_is_not_taken_back(self) -> None:
        with refused(PUBLISHED), transaction.atomic():
            update(factories.notice(factories.purpose()), published_at=None)

    def test_a_published_notice_is_not_deleted(self) -> None:
        notice = factories.notice(factories.purpose())
        with refused(PUBLISHED), transaction.atomic():
            execute("DELETE FROM consent_notice WHERE id = %s", notice.pk)

    @pytest.mark.skipif(not POSTGRES, reason="SQLite has no TRUNCATE")
    @pytest.mark.parametrize("table", ["consent_notice", "consent_purpose"])
    def test_published_notices_are_not_truncated(self, table: str) -> None:
        factories.notice(factories.purpose())
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        with refused(f"{PUBLISHED}|{APPEND_ONLY}"), transaction.atomic():
            execute(f"TRUNCATE {table} CASCADE")

    def test_a_draft_changes_is_published_and_goes(self) -> None:
        notice = draft()
        update(notice, text="Might we?")
        execute("DELETE FROM consent_notice WHERE id = %s", notice.pk)
        published = draft()
        update(published, published_at=NOON)
        assert Notice.objects.exclude(published_at=None).count() == 1


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE"])
@pytest.mark.parametrize("taken", ["id", "version"])
def test_no_insert_takes_the_place_of_a_published_notice(verb: str, taken: str) -> None:
    notice = factories.notice(factories.purpose())
    other = {"id": notice.pk, "version": 99} if taken == "id" else {}
    with refused(PUBLISHED), transaction.atomic():
        copy(notice, verb=verb, text="We may.", **other)


@pytest.mark.skipif(POSTGRES, reason="SQLite only")
@pytest.mark.parametrize("taken", ["id", "version"])
def test_update_or_replace_does_not_take_the_place_of_a_published_notice(taken: str) -> None:
    notice, other = factories.notice(factories.purpose()), draft()
    value = notice.pk if taken == "id" else notice.version
    with refused(PUBLISHED), transaction.atomic():
        execute(f"UPDATE OR REPLACE consent_notice SET {taken} = %s WHERE id = %s", value, other.pk)


def test_every_trigger_is_tried() -> None:
    assert [trigger.name for trigger in TRIGGERS] == [
        "consent_ledger_is_append_only",
        "consent_ledger_is_not_truncated",
        "consent_ended_proofs_is_append_only",
        "consent_ended_proofs_is_not_truncated",
        "consent_proof_ends_of_sealed_and_erased",
        "consent_journal_marks_is_append_only",
        "consent_journal_marks_is_not_truncated",
        "consent_access_is_append_only",
        "consent_access_is_not_truncated",
        "consent_seals_is_append_only",
        "consent_seals_is_not_truncated",
        "consent_leaves_is_append_only",
        "consent_leaves_is_not_truncated",
        "consent_published_notice_stays",
        "consent_published_notices_are_not_truncated",
        # In tests/consent/retention/test_side_by_side.py: it refuses nothing, it waits.
        "consent_hold_waits_for_erasures",
        "consent_holds_are_on_nobody_erased",
    ]
