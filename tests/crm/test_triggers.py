"""A rule that fell out of the database is noticed, and put back by migrate."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.models.signals import post_migrate

from consent.apps import step_aside
from consent.models import ConsentEvent, EndedProof, Notice, SealedEntry
from consent.models.triggers import TRIGGERS as CONSENT_TRIGGERS
from crm import triggers
from crm.models import ContactPoint, PhoneNumber
from crm.models.triggers import TRIGGERS as CRM_TRIGGERS
from crm.triggers import Trigger
from tests.raw import POSTGRES, execute

ALL = [*CRM_TRIGGERS, *CONSENT_TRIGGERS]


def names(rules: list[Trigger]) -> list[str]:
    """The names of all of them, as they stand in this database."""
    triggers.remove(rules)
    found = triggers.missing(rules)
    triggers.install(rules)
    return found


def reported() -> list[tuple[str, str]]:
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [(str(message.id), message.msg) for message in found if str(message.id).endswith(".E010")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rules", "id"), [(CRM_TRIGGERS, "crm.E010"), (CONSENT_TRIGGERS, "consent.E010")], ids=["crm", "consent"]
)
class TestARuleThatIsGone:
    def test_nothing_is_missing_at_first(self, rules: tuple[Trigger, ...], id: str) -> None:
        assert triggers.missing(rules) == []
        assert reported() == []

    def test_each_is_missed_by_its_name_and_by_a_system_check(self, rules: tuple[Trigger, ...], id: str) -> None:
        for rule in rules:
            gone = names([rule])
            assert gone or not (POSTGRES or rule.sqlite)
            triggers.remove([rule])
            assert triggers.missing(rules) == gone
            assert reported() == [(id, f"The database rule {name} is missing.") for name in gone]
            triggers.install([rule])
            assert triggers.missing(rules) == []

    def test_post_migrate_puts_it_back(self, rules: tuple[Trigger, ...], id: str) -> None:
        triggers.remove(rules)
        config = apps.get_app_config(id.partition(".")[0])
        post_migrate.send(
            sender=config,
            app_config=config,
            verbosity=0,
            interactive=False,
            using="default",
            plan=[],
            apps=apps,
        )
        assert triggers.missing(rules) == []

    def test_migrate_puts_it_back(self, rules: tuple[Trigger, ...], id: str) -> None:
        triggers.remove(rules)
        call_command("migrate", verbosity=0)
        assert triggers.missing(rules) == []

    def test_a_check_of_the_database_fails(self, rules: tuple[Trigger, ...], id: str) -> None:
        triggers.remove(rules)
        with pytest.raises(SystemCheckError, match=id):
            call_command("check", databases=["default"])

    def test_without_its_table_a_rule_is_neither_missed_nor_installed(
        self, rules: tuple[Trigger, ...], id: str
    ) -> None:
        nowhere = Trigger("nowhere_rule", "nowhere", "no", "BEFORE UPDATE", "{refuse};", ())
        assert not triggers.tables_exist([*rules, nowhere])
        assert triggers.tables_exist(rules)


@pytest.mark.django_db
def test_a_refusal_is_said_in_the_rules_own_words_whatever_they_contain() -> None:
    rule = Trigger(
        name="test_quotes",
        table="crm_lease",
        refuse="it's not allowed",
        events="BEFORE UPDATE",
        postgres="{refuse};",
        sqlite=["BEFORE UPDATE ON crm_lease BEGIN {refuse}; END"],
    )
    triggers.install([rule])
    triggers.install([rule])  # again: it replaces the older one
    execute("INSERT INTO crm_lease (name, holder, until) VALUES ('x', %s, '2026-01-01')", "0" * 32)
    with pytest.raises(Exception, match="it's not allowed"):
        execute("UPDATE crm_lease SET name = 'y'")


@pytest.mark.django_db
@pytest.mark.skipif(not POSTGRES, reason="SQLite cannot switch a trigger off")
@pytest.mark.parametrize("mode", ["DISABLE", "ENABLE", "ENABLE REPLICA"])
def test_a_rule_that_is_not_in_force_in_every_session_is_missed(mode: str) -> None:
    for rule in ALL:
        execute(f"ALTER TABLE {rule.table} {mode} TRIGGER {rule.name}")
    assert triggers.missing(ALL) == [rule.name for rule in ALL]


@pytest.fixture
def _restored() -> Iterator[None]:
    yield
    triggers.install(ALL)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_restored")
@pytest.mark.skipif(POSTGRES, reason="PostgreSQL alters tables in place")
@pytest.mark.parametrize("model", [PhoneNumber, ConsentEvent, Notice])
def test_a_rebuilt_table_has_lost_its_rules_until_migrate_has_run(
    model: type[PhoneNumber | ConsentEvent | Notice],
) -> None:
    table = model._meta.db_table
    rules = [rule for rule in ALL if rule.table == table]
    # Those that name the table from another one step aside before a migration: with them it would fail.
    aside = [rule for rule in CONSENT_TRIGGERS if rule.table != table and any(table in tail for tail in rule.sqlite)]
    expected = names([rule for rule in ALL if rule in rules or rule in aside])
    assert expected
    triggers.remove(aside)
    editor: Any
    with connection.schema_editor() as editor:
        editor._remake_table(model)  # what AlterField and AddField do on SQLite
    assert triggers.missing(ALL) == expected
    assert [said for _id, said in reported()] == [f"The database rule {name} is missing." for name in expected]
    call_command("migrate", verbosity=0)
    assert triggers.missing(ALL) == []
    assert reported() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_restored")
@pytest.mark.skipif(POSTGRES, reason="PostgreSQL alters tables in place")
def test_a_migration_takes_away_beforehand_what_would_stop_it() -> None:
    step_aside(using="default", plan=[])
    assert triggers.missing(CONSENT_TRIGGERS) == []
    step_aside(using="default", plan=["a migration"])
    editor: Any
    with connection.schema_editor() as editor:
        for model in (ContactPoint, ConsentEvent, SealedEntry, EndedProof):
            editor._remake_table(model)
    call_command("migrate", verbosity=0)
    assert triggers.missing(ALL) == []
