"""Every row of every table of ours as of one moment, and whose each of them is."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction

from crm.models import Contact, ContactPoint, PhoneNumber
from crm.models.history import HistoryRow

Row = tuple[Any, ...]
Owner = tuple[type[models.Model], int]
# Whose a row can be.
PEOPLE = (Contact, ContactPoint, PhoneNumber)
# What a run writes of itself; receipts and counts are looked at one by one.
BOOKS = {
    "consent.PurgeRun",
    "consent.PurgeShare",
    "consent.Receipt",
    "consent.Seal",
    "consent.SealedEntry",
    "consent.JournalMark",
    "consent.Alert",
    "crm.AnonymousCount",
    "crm.Lease",
}


def _models() -> list[type[models.Model]]:
    ours = [each for app in ("crm", "consent") for each in apps.get_app_config(app).get_models(True)]
    return [*ours, LogEntry, User]


@dataclass(frozen=True)
class Snapshot:
    """Every row of every table of ours, as of one moment."""

    rows: Mapping[type[models.Model], Mapping[Any, Row]]

    @classmethod
    def take(cls) -> "Snapshot":
        """Read the database in one transaction, so that a run that is at work is seen before or after a chunk."""
        alone = not connection.in_atomic_block
        with transaction.atomic():
            if alone and connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return cls(
                {
                    model: {row[0]: row[1:] for row in model._base_manager.values_list("pk", *columns(model))}
                    for model in _models()
                }
            )

    def table(self, model: type[models.Model]) -> dict[Any, dict[str, Any]]:
        """Return the rows of a model by primary key, each by column."""
        names = columns(model)
        return {pk: dict(zip(names, row, strict=True)) for pk, row in self.rows[model].items()}

    @cached_property
    def points(self) -> dict[int, dict[str, Any]]:
        """The contact points."""
        return self.table(ContactPoint)

    @cached_property
    def owners(self) -> dict[tuple[type[models.Model], Any], frozenset[Owner]]:
        """Whose each row is: the contacts, points and lines that it belongs to or speaks of."""
        found: dict[tuple[type[models.Model], Any], frozenset[Owner]] = {}
        for model in self.rows:
            for pk in self.rows[model]:
                self._owners(model, pk, found)
        return found

    def _owners(
        self, model: type[models.Model], pk: Any, found: dict[tuple[type[models.Model], Any], frozenset[Owner]]
    ) -> frozenset[Owner]:
        if (model, pk) in found:
            return found[model, pk]
        found[model, pk] = frozenset()
        own: set[Owner] = {(model, pk)} if model in PEOPLE else set()
        row = self.rows[model].get(pk, ())
        for at, to in _links(model):
            value = row[at] if row else None
            if value is not None:
                own.add((to, value)) if to in PEOPLE else own.update(self._owners(to, value, found))
        if model is LogEntry and row:
            said = dict(zip(columns(model), row, strict=True))
            of = ContentType.objects.get_for_id(said["content_type_id"]).model_class()
            if of in PEOPLE:
                own.add((of, int(said["object_id"])))
        found[model, pk] = frozenset(own)
        return found[model, pk]

    def checksum(self, without: frozenset[Owner], leaving_out: Collection[str] = ()) -> str:
        """Return a digest over every row that belongs to none of these, and is of no model that is left out."""
        digest = hashlib.sha256()
        for model in sorted(self.rows, key=lambda each: each._meta.label):
            if model._meta.label not in BOOKS and model._meta.label not in leaving_out:
                for pk, row in sorted(self.rows[model].items()):
                    if not self.owners[model, pk] & without:
                        digest.update(repr((model._meta.label, pk, row)).encode())
        return digest.hexdigest()


_COLUMNS: dict[type[models.Model], tuple[str, ...]] = {}
_LINKS: dict[type[models.Model], list[tuple[int, type[models.Model]]]] = {}


def columns(model: type[models.Model]) -> tuple[str, ...]:
    """Return the model's columns, as its fields name them."""
    if model not in _COLUMNS:
        _COLUMNS[model] = tuple(field.attname for field in model._meta.concrete_fields)
    return _COLUMNS[model]


def _links(model: type[models.Model]) -> list[tuple[int, type[models.Model]]]:
    """Return which columns lead to whom: foreign keys, and the id of which a history row tells."""
    if model not in _LINKS:
        known = set(_models())
        links: list[tuple[int, type[models.Model]]] = []
        for at, column in enumerate(model._meta.concrete_fields):
            to: Any = column.related_model
            # What a point was succeeded by, or a line opened again as, is another's.
            if to in known and column.name not in ("superseded_by", "reopened_as"):
                links.append((at, to))
        if issubclass(model, HistoryRow):
            of: Any = model
            if of.instance_type in known:
                links.append((columns(model).index("id"), of.instance_type))
        _LINKS[model] = links
    return _LINKS[model]
