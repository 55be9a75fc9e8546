"""Searching for all of one contact: its numbers while it is held; every field that should be blank once it is not.

What hangs on a contact is what leads to it by foreign keys, however far, and the history of that; what is personal
there, each model says in its `privacy`. A line that others share is theirs, and so is what hangs on it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext, override

from crm.merging import survivor_of
from crm.models import Contact, ContactPoint, ContactTag, PhoneNumber, Privacy
from crm.models.history import HistoryRow
from crm.traces.needle import Trace

Ids = dict[type[models.Model], set[Any]]
_LINES = PhoneNumber._meta.db_table


def held_lines(contact: Contact) -> dict[int, str]:
    """Return the numbers (E.164) at which a contact is held, by the id of the line; a merged one as the survivor."""
    contact = survivor_of(contact)
    lines = PhoneNumber.objects.filter(points__contact=contact, points__erased_at=None, number__isnull=False)
    return {line.pk: line.e164 for line in lines.distinct()}


def random_lines(count: int) -> dict[int, str]:
    """Return so many of the numbers that are held, by the id of the line, whichever they may be."""
    return {line.pk: line.e164 for line in PhoneNumber.objects.filter(number__isnull=False).order_by("?")[:count]}


def is_own(trace: Trace, lines: Mapping[int, str]) -> bool:
    """Whether the trace is where the number of one of these lines belongs: its column, and the files of its table."""
    if trace.place == "database":
        return (trace.table, trace.column) == (_LINES, "number") and trace.id in lines
    # Without dbstat, SQLite does not say whose a page is; that was said.
    kinds = {f"index of {_LINES}", f"TOAST of {_LINES}", "page"}
    return trace.place == "database file" and (
        (trace.table, trace.column) == (_LINES, "table") or trace.column in kinds
    )


def not_blank(contact: Contact) -> Iterator[Trace]:
    """Yield what should be blank and is not: of all that hangs on an erased contact, or on what is erased of one."""
    erased = contact.status == Contact.Status.ERASED
    contact = survivor_of(contact)
    points = ContactPoint.objects.filter(contact=contact, erased_at__isnull=False)
    same = {contact.pk, *contact.merged_from.values_list("pk", flat=True)}
    roots: Ids = {Contact: same} if erased else {ContactPoint: set(points.values_list("pk", flat=True))}
    reached = _hanging_on(roots)
    for model, ids in sorted(reached.items(), key=lambda item: item[0]._meta.db_table):
        yield from _filled(model, model._default_manager.filter(pk__in=ids), _privacy(model))
    for model in (Contact, ContactPoint):
        yield from _named_in_log(model, reached.get(model, set()))
    if erased:
        for tags in (ContactTag.objects, ContactTag.history):
            for tag in tags.filter(contact__in=same).order_by("pk"):
                yield Trace("database", tags.model._meta.db_table, "contact", tag.pk)


def _hanging_on(roots: Ids) -> Ids:
    """Return the ids of all rows of ours that lead to the roots, by model, and of their history rows."""
    ours = [model for model in apps.get_models() if _privacy(model).names()]
    reached: Ids = {model: set(ids) for model, ids in roots.items()}
    grows = True
    while grows:
        grows = False
        for model in ours:
            known = reached.setdefault(model, set())
            found = {
                pk for links in _links(model, reached) for pk in _rows(model).filter(links).values_list("pk", flat=True)
            }
            if found - known:
                known |= found
                grows = True
    return reached


def _links(model: type[models.Model], reached: Ids) -> Iterator[models.Q]:
    """Yield the conditions by which a row of the model leads to what is reached."""
    if issubclass(model, HistoryRow):
        of: Any = model
        yield models.Q(id__in=reached.get(of.instance_type, set()))
    for field in model._meta.concrete_fields:
        target: Any = field.related_model
        if field.is_relation and target is not model and reached.get(target):
            yield models.Q(**{f"{field.attname}__in": reached[target]})


def _rows(model: type[models.Model]) -> "models.QuerySet[Any]":
    """Return the rows of a model but those that hang on a line at which somebody is held."""
    rows: models.QuerySet[Any] = model._default_manager.all()
    names = {field.name for field in model._meta.concrete_fields if field.related_model is PhoneNumber}
    if model is ContactPoint or issubclass(model, HistoryRow):
        return rows
    for name in names:
        rows = rows.exclude(**{f"{name}__number__isnull": False})
    return rows


def _privacy(model: type[models.Model]) -> Privacy:
    """Return what a model says of its fields; a history says what its model says, and more of its own.

    Why something was changed that holds nothing personal, such as a consent, is a code of ours.
    """
    if issubclass(model, HistoryRow):
        of: Any = model
        held: Privacy = of.instance_type.privacy
        reasons = dict(HistoryRow.privacy.personal) if held.personal else {}
        return Privacy(personal={**held.personal, **reasons}, reference=held.reference)
    own = vars(model).get("privacy")
    return own if isinstance(own, Privacy) else Privacy()


def _filled(model: type[models.Model], rows: "models.QuerySet[Any]", privacy: Privacy) -> Iterator[Trace]:
    """Yield the fields of these rows that hold something although they are personal."""
    attributes = {name: model._meta.get_field(name) for name in privacy.personal}
    columns = {name: getattr(field, "attname", name) for name, field in attributes.items()}
    for row in rows.order_by("pk").values("pk", *columns.values()):
        for name, column in columns.items():
            if row[column] not in (privacy.personal[name], "", None):
                yield Trace("database", model._meta.db_table, column, row["pk"])


def _named_in_log(model: type[models.Model], ids: set[Any]) -> Iterator[Trace]:
    """Yield what the admin's log says of these rows beyond that somebody acted."""
    words = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            words.add(gettext("erased"))
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(pk) for pk in ids]
    )
    for entry in entries.order_by("pk"):
        if entry.object_repr not in words:
            yield Trace("database", LogEntry._meta.db_table, "object_repr", entry.pk)
        if entry.change_message:
            yield Trace("database", LogEntry._meta.db_table, "change_message", entry.pk)
