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
from psycopg.types.datetime import TimestamptzLoader

from consent.rules.times import require_aware
from consent.timeline.branches import listed, sql
from consent.timeline.events import Event, Kind, Timeline
from crm import bulk, changes
from crm.models import Contact, ContactPoint, PhoneNumber

ALL = frozenset(Kind)
LIMIT = 200
_EVER = datetime(9999, 12, 31, tzinfo=UTC)
_POINTS = "SELECT id, line_id FROM crm_contactpoint WHERE contact_id IN ({contacts}) ORDER BY id"
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
    contact_ids = _kept_as(contact)
    lines: dict[int, int | None] = dict(_rows(_POINTS.format(contacts=listed(contact_ids)), []))
    events = list(_events(contact_ids, wanted, until=until, most=most))
    if Kind.PROFILE in wanted:
        events += _changes(Contact, Kind.PROFILE, contact_ids, until=until, most=most)
    if Kind.NUMBER in wanted and lines:
        events += _changes(ContactPoint, Kind.NUMBER, list(lines), until=until, most=most)
    events.sort(key=lambda event: (event.at, event.kind, event.pk), reverse=True)
    shown = events[skip : skip + limit]
    named = [reference for each in shown for reference in changes.references(each.changes)]
    masked = _masked({*lines.values(), *(pk for model, pk in named if model is PhoneNumber)} - {None})
    points = {pk: masked.get(line_id or 0, gettext("erased")) for pk, line_id in lines.items()}
    names: dict[tuple[type[models.Model], int], str] = {(PhoneNumber, pk): text for pk, text in masked.items()}
    names |= {(ContactPoint, pk): text for pk, text in points.items()}
    names |= {(Contact, pk): str(Contact(pk=pk)) for model, pk in named if model is Contact and pk}
    return Timeline(shown, points, names, len(events) > skip + limit)


def _kept_as(contact: Contact) -> list[int]:
    """Return the ids of the rows in which the person is, or was, kept: what was merged into a contact is its past."""
    return [contact.pk, *contact.merged_from.values_list("pk", flat=True)]


def _events(contact_ids: Sequence[int], kinds: frozenset[Kind], *, until: Any, most: int) -> Iterator[Event]:
    query = sql(kinds, contact_ids=contact_ids, vendor=connection.vendor)
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
    columns = _columns(model)
    width = len(columns)
    for row in _rows(_versions(model, connection.vendor), [bulk.parameter(ids), until, most]):
        pk, of_id, code, at, actor, user, source, batch_id, channel, reason = row[:10]
        now, before, is_first = row[10 : 10 + width], row[10 + width : 10 + 2 * width], row[-1] is None
        values = _values(columns, now)
        # Whose a new number is goes without saying.
        old = {"contact_id": values.get("contact_id")} if is_first else _values(columns, before)
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
            version_of=of_id,
            changes=tuple(changes.differences(model, old, values)),
        )


@lru_cache(maxsize=8)
def _versions(model: Any, vendor: str) -> str:
    """Return the query for the versions of objects, each with the values of the one before it."""
    quote = connection.ops.quote_name
    columns = [quote(str(each.column)) for each in changes.fields_of(model)]
    now = ", ".join(f"h.{name}" for name in columns)
    before = ", ".join(f"lag(h.{name}) OVER w" for name in columns)
    return f"""
        SELECT {_ORIGIN}, {now}, {before}, lag(h.history_id) OVER w
        FROM {quote(model.history.model._meta.db_table)} h
        LEFT JOIN auth_user u ON u.id = h.history_user_id LEFT JOIN crm_source s ON s.id = h.history_source_id
        WHERE {bulk.is_one_of("h.id", text=False)} AND h.history_date <= %s
        WINDOW w AS (PARTITION BY h.id ORDER BY h.history_date, h.history_id)
        ORDER BY h.history_date DESC, h.history_id DESC LIMIT %s"""  # noqa: S608 (names of our own columns)


def _values(columns: Sequence[tuple[str, Any]], row: Sequence[Any]) -> dict[str, Any]:
    """Return the values of a version as Python has them: SQLite keeps times as text, and a yes as a one."""
    return {
        name: value if read is None or value is None else read(value)
        for (name, read), value in zip(columns, row, strict=True)
    }


def _columns(model: Any) -> list[tuple[str, Any]]:
    """Return the attribute of each column of a version, and what reads its value, where anything must."""
    reads = ((models.DateTimeField, _moment), (models.BooleanField, bool))
    return [
        (each.attname, next((read for kind, read in reads if isinstance(each, kind)), None))
        for each in changes.fields_of(model)
    ]


def _masked(line_ids: Collection[Any]) -> dict[int, str]:
    """Return the masked numbers of these lines, by id; as many queries as it takes for one."""
    rows = bulk.among(PhoneNumber.objects, "id", line_ids).only("number", "erased_at") if line_ids else ()
    return {row.pk: row.masked for row in rows}


def _rows(query: str, values: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # psycopg's own reader of times; Django's, which is written in Python, takes ten times as long.
            cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
        cursor.execute(query, values)
        rows: list[Any] = cursor.fetchall()
    return rows


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a moment as the database gave it: SQLite keeps the text of one in UTC, and has no zones."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
