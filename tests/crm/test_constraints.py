"""What the database refuses of contact data, whoever asks: every constraint and trigger is tried by raw SQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from crm.models import AnonymousCount, Contact, ContactPoint, PhoneNumber, Provenance, SavedMapping
from crm.models.triggers import TRIGGERS
from tests import factories
from tests.crm.test_approval_constraints import attempts as of_approvals
from tests.crm.test_list_constraints import attempts as of_lists
from tests.crm.test_merging_constraints import attempts as of_merging
from tests.crm.test_tag_constraints import attempts as of_tags
from tests.factories import NOON
from tests.raw import POSTGRES, Attempt, Attempts, copy, execute, needs_superuser, update

pytestmark = pytest.mark.django_db

attempts = Attempts("crm")
LATER = NOON + timedelta(days=1)


def erased_contact() -> Contact:
    contact = factories.contact()
    blank = {**Contact.privacy.personal, "status": "erased", "erased_at": NOON}
    update(contact, **blank)
    return contact


def erased_point() -> ContactPoint:
    point = factories.point()
    update(point, line_id=None, label="", extension="", is_primary=False, superseded_by_id=None, erased_at=NOON)
    return point


def erased_line() -> PhoneNumber:
    line = factories.point().line
    assert line is not None
    update(line, **PhoneNumber.privacy.personal, erased_at=NOON)
    return line


def line() -> PhoneNumber:
    found = factories.point().line
    assert found is not None
    return found


def provenance(**values: object) -> Provenance:
    return Provenance.objects.create(
        **{"point": factories.point(), "source": factories.source("other"), "obtained_at": NOON} | values
    )


@attempts.at("anonymous_count_once")
def _() -> None:
    copy(AnonymousCount.objects.create(month="2026-03-01"))


@attempts.at("anonymous_count_is_of_a_month")
def _() -> None:
    update(AnonymousCount.objects.create(month="2026-03-01"), month="2026-03-02")


@attempts.at("contact_status_is_known")
def _() -> None:
    update(factories.contact(), status="gone")


@attempts.each(
    "contact_erased_is_blank",
    [*((name, "x") for name in Contact.PROFILE), ("last_interaction_at", NOON), ("erased_at", None)],
)
def _(case: tuple[str, object]) -> None:
    update(erased_contact(), **{case[0]: "xx" if case[1] == "x" else case[1]})


@attempts.at("contact_erased_at_means_erased")
def _() -> None:
    update(factories.contact(), erased_at=NOON)


@attempts.at("line_erased_has_no_number")
def _() -> None:
    update(line(), erased_at=NOON)


@attempts.each(
    "line_without_number_is_blank",
    [("region", "US"), ("line_type", "mobile"), ("verified_at", NOON), ("reassigned_at", NOON)],
)
def _(case: tuple[str, object]) -> None:
    update(erased_line(), **{case[0]: case[1]})


@attempts.each("line_has_a_key", ["key_id", "number_key"])
def _(column: str) -> None:
    update(line(), **{column: ""})


@attempts.each("line_number_is_e164", ["", "(202) 555-0100", "12025550100"])
def _(text: str) -> None:
    copy(line(), number=text, number_key="0" * 64)


def reopened_line() -> PhoneNumber:
    """A line of the past; the one in its place is not of the same number, for which the database has no eyes."""
    found = erased_line()
    update(found, reopened_at=LATER, reopened_as_id=line().pk)
    found.refresh_from_db()
    return found


@attempts.at("line_reopened_holds_no_number")
def _() -> None:
    copy(line(), number_key="0" * 64, reopened_at=NOON, reopened_as_id=line().pk)


@attempts.each("line_reopened_names_the_next", ["reopened_at", "reopened_as_id"])
def _(column: str) -> None:
    update(erased_line(), **{column: NOON if column == "reopened_at" else line().pk})


@attempts.at("line_key_once")
def _() -> None:
    if not POSTGRES:  # there the trigger against INSERT OR REPLACE is quicker, and refuses as well
        execute("DROP TRIGGER crm_number_never_changes_2")
    copy(line())


@attempts.at("point_living_is_at_a_line")
def _() -> None:
    update(factories.point(), line_id=None)


@attempts.each("point_erased_is_blank", [("label", "x"), ("extension", "1"), ("is_primary", True)])
def _(case: tuple[str, object]) -> None:
    update(erased_point(), **{case[0]: case[1]})


@attempts.at("point_erased_is_blank")
def _() -> None:
    update(erased_point(), line_id=line().pk)


@attempts.at("point_erased_is_blank")
def _() -> None:
    update(erased_point(), superseded_by_id=factories.point().pk, until=LATER)


@attempts.at("point_ends_after_it_begins")
def _() -> None:
    point = factories.point()
    update(point, until=point.since - timedelta(microseconds=1))


@attempts.at("point_is_not_its_own_successor")
def _() -> None:
    point = factories.point()
    update(point, superseded_by_id=point.pk, until=NOON)


@attempts.at("point_superseded_has_ended")
def _() -> None:
    update(factories.point(), superseded_by_id=factories.point().pk)


@attempts.at("point_once_per_contact_and_line")
def _() -> None:
    copy(factories.point(), is_primary=False)


@attempts.at("point_one_primary_per_contact")
def _() -> None:
    first, second = factories.contact([factories.number(), factories.number()]).points.all()
    assert first.is_primary
    update(second, is_primary=True)


@attempts.each("source_third_party_is_named", ["supplier", "lawful_basis"])
def _(column: str) -> None:
    update(factories.source("list", kind="third_party"), **{column: ""})


@attempts.at("source_kind_is_known")
def _() -> None:
    update(factories.source(), kind="rumour")


@attempts.at("source_relationship_is_known")
def _() -> None:
    update(factories.source(), relationship="friend")


@attempts.at("crm_source.slug")
def _() -> None:
    copy(factories.source())


@attempts.at("batch_stage_is_known")
def _() -> None:
    update(factories.batch(), stage="lost")


@attempts.each("batch_committed_has_no_file", [("x", NOON), ("", None)])
def _(case: tuple[str, object]) -> None:
    update(factories.batch(), stage="committed", confirmed_at=NOON, staged_name=case[0], committed_at=case[1])


@attempts.each(
    "batch_undone_says_when_and_by_whom", [("undone", None, ""), ("undoing", NOON, ""), ("staged", NOON, "x")]
)
def _(case: tuple[str, object, str]) -> None:
    stage, undone_at, undone_as = case
    batch = factories.batch(confirmed_at=NOON, committed_at=NOON)
    update(batch, stage=stage, undone_at=undone_at, undone_as=undone_as)


@attempts.each("batch_commit_follows_confirmation", [None, LATER])
def _(confirmed_at: object) -> None:
    update(factories.batch(), stage="committed", staged_name="", confirmed_at=confirmed_at, committed_at=NOON)


@attempts.at("provenance_once_per_batch")
def _() -> None:
    copy(provenance(batch=factories.batch()))


@attempts.at("provenance_once_without_batch")
def _() -> None:
    copy(provenance())


@attempts.at("saved_mapping_once_per_columns")
def _() -> None:
    copy(SavedMapping.objects.create(source=factories.source(), columns_digest="0" * 64, saved_at=NOON))


@attempts.at("provenance_row_is_of_a_batch")
def _() -> None:
    update(provenance(), row=2)


@attempts.at("crm_contact_history_has_an_author")
def _() -> None:
    update(factories.contact().history.get(), history_actor="")


@attempts.at("crm_contactpoint_history_has_an_author")
def _() -> None:
    update(factories.point().history.get(), history_actor="")


@attempts.at("crm_source_history_has_an_author")
def _() -> None:
    update(factories.source().history.get(), history_actor="")


@pytest.mark.parametrize(("name", "attempt"), attempts.params())
def test_the_database_refuses_a_row_that_breaks(name: str, attempt: Attempt) -> None:
    with pytest.raises(IntegrityError, match=attempts.constraints()[name]), transaction.atomic():
        attempt()


def test_every_constraint_is_tried() -> None:
    tried = (attempts, of_approvals, of_lists, of_merging, of_tags)
    assert set().union(*(each.names() for each in tried)) == set(attempts.constraints())


def test_what_the_attempts_start_from_is_accepted() -> None:
    assert all(row.pk for row in (erased_contact(), erased_point(), reopened_line(), provenance()))
    update(factories.batch(), stage="committed", staged_name="", confirmed_at=NOON, committed_at=NOON)
    copy(line(), number=factories.number(), number_key="0" * 64)


def refused() -> AbstractContextManager[object]:
    return pytest.raises(DatabaseError, match=r"a number never changes but to null")


@pytest.fixture(params=["origin", "replica"] if POSTGRES else ["origin"])
def _as_any_session(request: pytest.FixtureRequest) -> Iterator[None]:
    """Also as a replication session, in which PostgreSQL fires ordinary triggers not at all."""
    if request.param == "replica":
        needs_superuser()
        execute("SET LOCAL session_replication_role = replica")
    yield
    if request.param == "replica" and not connection.needs_rollback:
        execute("SET LOCAL session_replication_role = origin")


@pytest.mark.usefixtures("_as_any_session")
class TestTheTriggerOnTheNumber:
    def test_one_number_does_not_become_another(self) -> None:
        with refused(), transaction.atomic():
            update(line(), number=factories.number())

    def test_a_queryset_does_not_change_it_either(self) -> None:
        with refused(), transaction.atomic():
            PhoneNumber.objects.filter(pk=line().pk).update(number=factories.number())

    def test_an_erased_number_does_not_come_back(self) -> None:
        found = line()
        number = found.e164
        update(found, **PhoneNumber.privacy.personal, erased_at=NOON)
        with refused(), transaction.atomic():
            update(found, number=number, erased_at=None)

    def test_a_line_that_was_only_suppressed_does_not_get_a_number(self) -> None:
        tombstone = PhoneNumber.objects.create(number=None, number_key="1" * 64, key_id="k")
        with refused(), transaction.atomic():
            update(tombstone, number=factories.number())

    @pytest.mark.parametrize("column", ["number_key", "key_id"])
    def test_the_fingerprint_of_an_erased_line_stays(self, column: str) -> None:
        with refused(), transaction.atomic():
            update(erased_line(), **{column: "2" * 16})

    def test_an_erased_line_stays_erased(self) -> None:
        with refused(), transaction.atomic():
            update(erased_line(), erased_at=None)

    def test_a_line_keeps_its_id(self) -> None:
        with refused(), transaction.atomic():
            update(line(), id=10**9)

    def test_a_number_goes(self) -> None:
        assert PhoneNumber.objects.get(pk=erased_line().pk).number is None

    def test_a_living_line_is_keyed_anew(self) -> None:
        found = line()
        update(found, number_key="3" * 64, key_id="next")
        assert PhoneNumber.objects.get(pk=found.pk).key_id == "next"

    def test_a_tombstone_is_not_deleted(self) -> None:
        found = erased_line()
        with refused(), transaction.atomic():
            execute("DELETE FROM crm_phonenumber WHERE id = %s", found.pk)

    def test_a_line_that_holds_its_number_is_not_reopened(self) -> None:
        with refused(), transaction.atomic():
            update(line(), reopened_at=NOON, reopened_as_id=line().pk)

    def test_nor_is_it_blanked_and_reopened_at_once(self) -> None:
        with refused(), transaction.atomic():
            update(line(), **PhoneNumber.privacy.personal, reopened_at=NOON, reopened_as_id=line().pk)

    @pytest.mark.parametrize(
        "columns",
        [
            {"reopened_at": None, "reopened_as_id": None},
            {"reopened_at": NOON},
            {"number": "+12025550199", "reopened_at": None, "reopened_as_id": None, "erased_at": None},
        ],
        ids=["unset", "moved", "with its number"],
    )
    def test_a_line_of_the_past_stays_one(self, columns: dict[str, object]) -> None:
        found = reopened_line()
        with refused(), transaction.atomic():
            update(found, **columns)

    def test_a_line_of_the_past_keeps_the_line_that_came_in_its_place(self) -> None:
        found = reopened_line()
        with refused(), transaction.atomic():
            update(found, reopened_as_id=line().pk)

    def test_a_line_of_the_past_is_not_deleted(self) -> None:
        found = reopened_line()
        with refused(), transaction.atomic():
            execute("DELETE FROM crm_phonenumber WHERE id = %s", found.pk)

    def test_other_columns_change(self) -> None:
        found = line()
        update(found, verified_at=NOON, number=found.e164)
        assert PhoneNumber.objects.get(pk=found.pk).verified_at == NOON


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL has no REPLACE: ON CONFLICT is an UPDATE")
@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
@pytest.mark.parametrize("taken", ["id", "number_key"])
def test_no_insert_takes_the_place_of_a_line(verb: str, taken: str) -> None:
    found = erased_line()
    other = {"id": found.pk, "number_key": "4" * 64} if taken == "id" else {}
    with refused(), transaction.atomic():
        copy(found, verb=verb, number=factories.number(), erased_at=None, **other)


@pytest.mark.skipif(not POSTGRES, reason="SQLite's upsert is tried below")
def test_no_upsert_takes_the_place_of_a_line_on_postgresql() -> None:
    found = erased_line()
    with refused(), transaction.atomic():
        execute(
            "INSERT INTO crm_phonenumber (number, number_key, key_id, region, line_type, created_at)"
            " VALUES (%s, %s, 'k', '', '', now()) ON CONFLICT (number_key) WHERE reopened_at IS NULL"
            " DO UPDATE SET number = excluded.number, erased_at = NULL",
            factories.number(),
            found.number_key,
        )


@pytest.mark.skipif(POSTGRES, reason="SQLite only")
def test_update_or_replace_does_not_take_the_place_of_a_line() -> None:
    kept, found = factories.point().line, line()
    assert kept is not None
    with refused(), transaction.atomic():
        execute("UPDATE OR REPLACE crm_phonenumber SET number_key = %s WHERE id = %s", kept.number_key, found.pk)
    assert PhoneNumber.objects.filter(pk=kept.pk).exists()


@pytest.mark.skipif(POSTGRES, reason="SQLite only")
def test_nor_by_an_upsert() -> None:
    found = erased_line()
    with refused(), transaction.atomic():
        execute(
            "INSERT INTO crm_phonenumber (number, number_key, key_id, region, line_type, created_at)"
            " VALUES (%s, %s, 'k', '', '', %s) ON CONFLICT (number_key) WHERE reopened_at IS NULL"
            " DO UPDATE SET number = excluded.number, erased_at = NULL",
            factories.number(),
            found.number_key,
            NOON,
        )


@pytest.mark.django_db(transaction=True)
def test_the_line_that_came_in_the_place_of_another_is_not_deleted() -> None:
    """Its tombstone is of the past: without it, the number would be one that nobody ever gave us."""
    found = reopened_line()
    after = found.reopened_as_id or 0
    for table, column in (("crm_provenance", "point_id"), ("crm_contactpoint", "id")):
        execute(f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM crm_contactpoint WHERE line_id = %s)", after)
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("DELETE FROM crm_phonenumber WHERE id = %s", after)
    assert PhoneNumber.objects.filter(pk=after).exists()


def test_beside_a_line_of_the_past_there_is_room_for_the_one_in_its_place() -> None:
    found = reopened_line()
    copy(found, reopened_at=None, reopened_as_id=None)
    assert PhoneNumber.objects.filter(number_key=found.number_key).count() == 2


def test_every_trigger_is_tried() -> None:
    assert [trigger.name for trigger in TRIGGERS] == ["crm_number_never_changes"]
