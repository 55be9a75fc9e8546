"""Backups as people make them, and their restoring: beside the test's database, or over it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests import processes
from tests.suite import server_config, server_url

WAYS = ["dump"] if connection.vendor == "postgresql" else ["vacuum into", "copy of the file"]


def backup(folder: Path, *, way: str) -> Path:
    """Back the test's database up into a file, and return it."""
    path = folder / "backup"
    if way == "dump":
        path.write_bytes(processes.database_dump())
        return path
    with connection.cursor() as cursor:
        if way == "vacuum into":
            # Constraints call functions of Django's: another connection knows nothing of them.
            cursor.execute("VACUUM INTO %s", [str(path)])
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(connection.settings_dict["NAME"], path)
    return path


@contextmanager
def restored(file: Path) -> Iterator[str]:
    """Restore a backup into a database of its own beside the block; yields its DATABASE_URL."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{shutil.copy(file, file.with_name('restored.sqlite3'))}"
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    with psycopg.connect(**server_config(processes.database_url()), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        _psql(file, name=name)
        values: Any = connection.settings_dict
        yield server_url(user=values["USER"], host=values["HOST"], port=int(values["PORT"] or 5432), name=name)
    finally:
        with psycopg.connect(**server_config(processes.database_url()), autocommit=True) as server:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def restore_in_place(file: Path) -> None:
    """Put a backup where the test's database is, whoever is connected to it."""
    connection.close()
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(name)) as target:
            source.backup(target)
        return
    with psycopg.connect(**server_config(processes.database_url()) | {"dbname": name}, autocommit=True) as server:
        server.execute("DROP SCHEMA public CASCADE")
        server.execute("CREATE SCHEMA public")
    _psql(file, name=name)


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in the database at `url`."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            return database.execute(query).fetchall()
    with psycopg.connect(**server_config(url) | {"dbname": url.rpartition("/")[2]}) as server:
        return server.execute(query).fetchall()


def _psql(file: Path, *, name: str) -> None:
    program = Path(os.environ.get("PG_DUMP", "pg_dump")).with_name("psql")
    found = shutil.which(str(program))
    if not found:
        pytest.skip("there is no psql beside pg_dump")
    command = [found, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--dbname", name, "--file", str(file)]
    for option, key in (("--host", "HOST"), ("--port", "PORT"), ("--username", "USER")):
        command += [option, str(connection.settings_dict[key])] if connection.settings_dict[key] else []
    subprocess.run(command, env=processes.environment(), capture_output=True, check=True, cwd=settings.BASE_DIR)
