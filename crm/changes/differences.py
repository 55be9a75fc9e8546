"""What changed from one version of an object to the next."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

EMPTY = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Change:
    """A field, and its value before and after as it is stored: an id where it names another row."""

    field: "models.Field[Any, Any]"
    old: Any = dataclasses.field(repr=False)
    new: Any = dataclasses.field(repr=False)


def fields_of(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """Return the fields of a model whose past is told: all but its key and what fills itself."""
    return [
        each
        for each in model._meta.concrete_fields
        if not each.primary_key and not getattr(each, "auto_now_add", False)
    ]


def differences(model: type[models.Model], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two versions, each a mapping from column attribute to stored value.

    What an empty `old` does not name was empty: so the first version of an object says what it began with.
    """
    found = []
    for each in fields_of(model):
        if each.attname not in new:
            continue
        before, after = old.get(each.attname), new[each.attname]
        if before != after and not (before in EMPTY and after in EMPTY):
            found.append(Change(each, before, after))
    return found


def versions(model: type[models.Model], rows: Iterable[Any], earlier: Mapping[int, Any]) -> dict[int, list[Change]]:
    """Return what changed with each history row (by its history_id), given the row before each (by the same).

    A row without one is the first of its object: everything in it is new.
    """
    names = [each.attname for each in fields_of(model)]
    found = {}
    for row in rows:
        before = earlier.get(row.history_id)
        old = {name: getattr(before, name) for name in names} if before else {}
        found[row.history_id] = differences(model, old, {name: getattr(row, name) for name in names})
    return found
