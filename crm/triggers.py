"""Database triggers: what SQL constraints cannot say, said for PostgreSQL and for SQLite.

Each app states its triggers beside its models; they are installed again after every migrate (a table
rebuild on SQLite drops them without a word) and a system check fails while one is missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections


@dataclass(frozen=True, slots=True)
class Trigger:
    """A named rule over one table.

    `refuse` is what the database says when it refuses. `postgres` is the body of a PL/pgSQL trigger function
    for `events`; `sqlite` is a list of complete CREATE TRIGGER tails, one trigger each, in which {refuse}
    stands for the raising of the error.
    """

    name: str
    table: str
    refuse: str
    events: str
    postgres: str
    sqlite: Sequence[str]
    level: str = "ROW"


def install(triggers: Iterable[Trigger], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Put each trigger in place, replacing an older one of its name. Tables must exist."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for trigger in triggers:
            for statement in _statements(trigger, connection.vendor):
                cursor.execute(statement)


def remove(triggers: Iterable[Trigger], *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Drop each trigger that is there: for a test database that is about to be emptied, and for nothing else."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for trigger in triggers:
            for name in _names(trigger, connection.vendor):
                on = f" ON {trigger.table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(triggers: Iterable[Trigger], *, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return the names of those triggers that are not in force (absent, or disabled) in the database."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # tgenabled 'A' is ENABLE ALWAYS: in force for replication sessions too.
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    return [name for trigger in triggers for name in _names(trigger, connection.vendor) if name not in present]


def tables_exist(triggers: Iterable[Trigger], *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Return whether every table is there; part-way through a first migrate they are not."""
    tables = set(connections[using].introspection.table_names())
    return all(trigger.table in tables for trigger in triggers)


def _names(trigger: Trigger, vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [trigger.name]
    return [f"{trigger.name}_{number}" for number in range(1, len(trigger.sqlite) + 1)]


def _statements(trigger: Trigger, vendor: str) -> list[str]:
    message = trigger.refuse.replace("'", "''")
    if vendor == "postgresql":
        body = trigger.postgres.replace("{refuse}", f"RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'")
        return [
            f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}",
            f"CREATE TRIGGER {trigger.name} {trigger.events} ON {trigger.table} "
            f"FOR EACH {trigger.level} EXECUTE FUNCTION {trigger.name}()",
            f"ALTER TABLE {trigger.table} ENABLE ALWAYS TRIGGER {trigger.name}",
        ]
    statements = []
    for name, tail in zip(_names(trigger, vendor), trigger.sqlite, strict=True):
        statements.append(f"DROP TRIGGER IF EXISTS {name}")
        statements.append(f"CREATE TRIGGER {name} " + tail.replace("{refuse}", f"SELECT RAISE(ABORT, '{message}')"))
    return statements
