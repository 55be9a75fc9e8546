"""Reading the events of a contact: at most six queries, however many events and numbers there are.

They are written as SQL, as those of permission are: the versions of the profile and of the numbers come with the
version before each, by a window, and everything else is one query over all tables in which events stand.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext

from consent.rules.times import require_aware
from consent.timeline.branches import sql
from consent.timeline.events import Event, Kind, Timeline
from crm import bulk, changes
from crm.models import Contact, ContactPoint, PhoneNumber

ALL = frozenset(Kind)
LIMIT = 200
_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_POINTS = "SELECT id, line_id FROM crm_contactpoint WHERE contact_id = %s ORDER BY id"
_ORIGIN = (
    "h.history_id, h.id, h.history_type, h.history_date, h.history_actor, u.username, s.name, h.history_batch_id,"
    " h.history_channel, h.history_change_reason"
)


def of(
    contact: Contact, *, at: datetime | None = None, kinds: Collection[Kind] = ALL, limit: int = LIMIT, skip: int = 0
) -> Timeline:
    """Return the events of a contact of these kinds, the newest first: `limit` of them, after the first `skip`.

    at: only those until then (aware). Of an erased contact, what erasure left. Six queries at most. Raises
    NaiveTimestamp.
    """
    until = connection.ops.adapt_datetimefield_value(require_aware(at, name="at") if at else _EVER)
    wanted, most = frozenset(kinds), skip + limit + 1
    lines = dict(_rows(_POINTS, [contact.pk]))
    events = list(_events(contact, wanted, until=until, most=most))
    if Kind.PROFILE in wanted:
        events += _changes(Contact, Kind.PROFILE, [contact.pk], until=until, most=most)
    if Kind.NUMBER in wanted and lines:
        events += _changes(ContactPoint, Kind.NUMBER, list(lines), until=until, most=most)
    events.sort(key=lambda event: (event.at, event.kind, event.pk), reverse=True)
    shown = events[skip : skip + limit]
    named = [pk for each in shown for _model, pk in changes.references(each.changes) if _model is PhoneNumber]
    masked = _masked({*lines.values(), *named} - {None})
    points = {pk: masked.get(line_id, gettext("erased")) for pk, line_id in lines.items()}
    names: dict[tuple[type[models.Model], int], str] = {(PhoneNumber, pk): text for pk, text in masked.items()}
    names |= {(ContactPoint, pk): text for pk, text in points.items()}
    return Timeline(shown, points, names, len(events) > skip + limit)


def _events(contact: Contact, kinds: frozenset[Kind], *, until: Any, most: int) -> Iterator[Event]:
    query = sql(kinds, contact_id=contact.pk, vendor=connection.vendor)
    for row in _rows(query, [until, most]) if query else ():
        kind, code, at, pk, point_id, actor, user, source, batch_id, purpose, channel, *notice, note, more, known = row
        version, language = notice
        yield Event(
            Kind(kind),
            code,
            _moment(at) or _EVER,
            pk,
            point_id,
            actor,
            user or "",
            source or "",
            batch_id,
            purpose or "",
            channel,
            f"v{version} {language}" if version else "",
            note or "",
            more or "",
            _moment(known),
        )


def _changes(model: Any, kind: Kind, ids: Sequence[int], *, until: Any, most: int) -> Iterator[Event]:
    fields = changes.fields_of(model)
    width = len(fields)
    for row in _rows(_versions(model, connection.vendor), [bulk.parameter(ids), until, most]):
        pk, of_id, code, at, actor, user, source, batch_id, channel, reason = row[:10]
        now, before, is_first = row[10 : 10 + width], row[10 + width : 10 + 2 * width], row[-1] is None
        old = {} if is_first else _values(fields, before)
        yield Event(
            kind,
            code,
            _moment(at) or _EVER,
            pk,
            of_id if kind is Kind.NUMBER else None,
            actor,
            user or "",
            source or "",
            batch_id,
            channel=channel,
            note=reason or "",
            changes=tuple(changes.differences(model, old, _values(fields, now))),
        )


@lru_cache(maxsize=8)
def _versions(model: Any, vendor: str) -> str:
    """Return the query for the versions of objects, each with the values of the one before it."""
    quote = connection.ops.quote_name
    columns = [quote(each.column) for each in changes.fields_of(model)]
    now = ", ".join(f"h.{name}" for name in columns)
    before = ", ".join(f"lag(h.{name}) OVER w" for name in columns)
    return f"""
        SELECT {_ORIGIN}, {now}, {before}, lag(h.history_id) OVER w
        FROM {quote(model.history.model._meta.db_table)} h
        LEFT JOIN auth_user u ON u.id = h.history_user_id LEFT JOIN crm_source s ON s.id = h.history_source_id
        WHERE {bulk.is_one_of("h.id", text=False)} AND h.history_date <= %s
        WINDOW w AS (PARTITION BY h.id ORDER BY h.history_date, h.history_id)
        ORDER BY h.history_date DESC, h.history_id DESC LIMIT %s"""  # noqa: S608 (names of our own columns)


def _values(fields: "Sequence[models.Field[Any, Any]]", row: Sequence[Any]) -> dict[str, Any]:
    """Return the values of a version as Python has them: SQLite keeps times as text, and a yes as a one."""
    found = {}
    for field, value in zip(fields, row, strict=True):
        if value is not None and isinstance(field, models.DateTimeField):
            value = _moment(value)
        elif value is not None and isinstance(field, models.BooleanField):
            value = bool(value)
        found[field.attname] = value
    return found


def _masked(line_ids: Collection[Any]) -> dict[int, str]:
    """Return the masked numbers of these lines, by id; as many queries as it takes for one."""
    rows = bulk.among(PhoneNumber.objects, "id", line_ids).only("number", "erased_at") if line_ids else ()
    return {row.pk: row.masked for row in rows}


def _rows(query: str, values: Sequence[Any]) -> list[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a moment as the database gave it: SQLite keeps the text of one in UTC, and has no zones."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
