"""Copies of the test's database: a fault begins with the same people each time, and ends in nothing that stays."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import copyfile
from typing import Any

import psycopg
from django.db import connection, connections
from django.test import override_settings
from psycopg import sql

_copies = count()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fault happens: a database, the folder of all that is kept outside it, and the settings that say so."""

    folder: Path
    database: dict[str, Any]
    settings: dict[str, Any]

    def files(self) -> list[Path]:
        """Return the files of an embedded database; none for a server's."""
        if connection.vendor != "sqlite":
            return []
        return sorted(self.folder.glob("copy.sqlite3*"))


@contextmanager
def a_copy(**more: Any) -> Iterator[Place]:
    """Work on a copy of the database within the block, in this process and in those that are told of the place.

    The database must not be in use. more: settings of this process and of the others.
    """
    with tempfile.TemporaryDirectory(prefix="ringfence-faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # What stands outside the database belongs to this copy of it alone.
        apart = {
            "JOURNAL_PATH": folder / "proof" / "erasures.jsonl",
            "SEALS_PATH": folder / "proof" / "seals.jsonl",
            "BROKER_DIR": folder / "broker",
            "STAGING_DIR": folder / "staging",
        }
        (folder / "broker" / "control").mkdir(parents=True)
        with _copied(folder), override_settings(**apart, **more):
            values = connection.settings_dict
            where = {key: values[key] for key in ("NAME", "HOST", "PORT", "USER", "PASSWORD")}
            yield Place(folder, where, apart | more)


@contextmanager
def elsewhere(**database: Any) -> Iterator[None]:
    """Work on another database within the block."""
    usual = {key: connection.settings_dict[key] for key in database}
    connections.close_all()
    connection.settings_dict.update(database)
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict.update(usual)


@contextmanager
def _copied(folder: Path) -> Iterator[None]:
    original = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connections.close_all()
        file = folder / "copy.sqlite3"
        copyfile(original, file)
        with elsewhere(NAME=str(file)):
            yield
        return
    name = f"{original}_copy{next(_copies)}"
    connections.close_all()
    _execute("CREATE DATABASE {} TEMPLATE {}", name, original)
    try:
        with elsewhere(NAME=name):
            yield
    finally:
        _execute("DROP DATABASE {} WITH (FORCE)", name)


def _execute(statement: str, *names: str) -> None:
    """Run a statement about whole databases."""
    values = connection.settings_dict
    with psycopg.connect(
        host=values["HOST"] or None,
        port=values["PORT"] or None,
        user=values["USER"] or None,
        password=values["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    ) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
