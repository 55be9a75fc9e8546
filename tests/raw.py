"""Raw SQL for tests that try to break what the database itself must refuse."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

POSTGRES = connection.vendor == "postgresql"

Attempt = Callable[[], None]


def execute(sql: str, *params: Any) -> None:
    """Run one statement, past all models."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def needs_superuser() -> None:
    """Skip the test where the server lets us use it, but not rule it."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone()[0] != "on":
            pytest.skip("only a superuser may do this")


def update(row: models.Model, /, **columns: object) -> None:
    """Set columns of a row."""
    sets = ", ".join(f'"{name}" = %s' for name in columns)
    key = row._meta.pk
    assert key is not None
    execute(f'UPDATE {row._meta.db_table} SET {sets} WHERE "{key.column}" = %s', *columns.values(), row.pk)


def copy(row: models.Model, /, *, verb: str = "INSERT", **columns: object) -> None:
    """Insert a copy of a row with other values in these columns; `id` is new unless it is named."""
    names = [field.column for field in row._meta.concrete_fields]
    names = [name for name in names if name in columns or name != "id"]
    values = ", ".join("%s" if name in columns else f'"{name}"' for name in names)
    into = ", ".join(f'"{name}"' for name in names)
    given = [columns[name] for name in names if name in columns]
    table = row._meta.db_table
    execute(f"{verb} INTO {table} ({into}) SELECT {values} FROM {table} WHERE id = %s", *given, row.pk)


class Attempts:
    """Attempts to break the constraints of an app, by the constraint's name (of a unique field: table.column)."""

    def __init__(self, app: str) -> None:
        self.app = app
        self._attempts: list[tuple[str, Attempt]] = []

    def at(self, name: str) -> Callable[[Attempt], Attempt]:
        """Register an attempt at the constraint `name`."""

        def register(attempt: Attempt) -> Attempt:
            self._attempts.append((name, attempt))
            return attempt

        return register

    def each(self, name: str, cases: Iterable[Any]) -> Callable[[Callable[[Any], None]], None]:
        """Register an attempt at the constraint `name` for each of the cases."""

        def register(attempt: Callable[[Any], None]) -> None:
            for case in cases:
                self._attempts.append((name, lambda case=case: attempt(case)))  # type: ignore[misc]

        return register

    def params(self) -> list[Any]:
        """Return the attempts as pytest takes them."""
        return [
            pytest.param(name, attempt, id=f"{name} {number}")
            for number, (name, attempt) in enumerate(self._attempts, 1)
        ]

    def names(self) -> set[str]:
        """Return the constraints that are tried."""
        return {name for name, _attempt in self._attempts}

    def constraints(self) -> dict[str, str]:
        """Return, by name, a regular expression for what the database says when it refuses."""
        found = {}
        for model in apps.get_app_config(self.app).get_models():
            table = model._meta.db_table
            for constraint in model._meta.constraints:
                said = constraint.name
                if isinstance(constraint, models.UniqueConstraint) and not POSTGRES:
                    fields: list[Any] = [model._meta.get_field(name) for name in constraint.fields]
                    said = ", ".join(f"{table}.{field.column}" for field in fields) + "$"
                found[constraint.name] = said
            for field in model._meta.concrete_fields:
                if field.unique and not field.primary_key:
                    name = f"{table}.{field.column}"
                    found[name] = rf"Key \({field.column}\)=" if POSTGRES else f"{name}$"
        return found
