"""Searching the sessions of staff: what they hold is signed, packed and in base64."""

import base64
import zlib
from collections.abc import Iterator

from django.apps import apps
from django.db import DatabaseError, connections, router
from django.db.models.expressions import RawSQL

from crm.traces.needle import Trace
from crm.traces.searching import Search, row_position, savepoint
from crm.traces.unpacking import holds


def sessions(search: Search) -> Iterator[Trace]:
    """Yield the sessions whose decoded content holds the number, expired ones and foreign keys' too."""
    if not apps.is_installed("django.contrib.sessions"):
        return
    model = apps.get_model("sessions", "Session")
    connection = connections[router.db_for_read(model)]
    table = model._meta.db_table
    found = []
    try:
        with savepoint(connection):
            rows = model._default_manager.using(connection.alias).annotate(
                place=RawSQL(row_position(connection), [])  # noqa: S611
            )
            for place, data in rows.values_list("place", "session_data").iterator(chunk_size=1000):
                try:
                    content = decode_session(data)
                except ValueError:
                    search.unread.append(f"{table} {place}")
                    content = data.encode()
                if holds(content, search.needle):
                    found.append(Trace("session", table, "session_data", place))
    except DatabaseError:
        search.unread.append(table)
    yield from found


def decode_session(data: str) -> bytes:
    """Return what a session holds, whatever key signed it. Raises ValueError for what is no session."""
    content, colon, _signature = data.partition(":")
    packed = content.startswith(".")
    try:
        raw = base64.urlsafe_b64decode(content.lstrip(".") + "=" * (-len(content.lstrip(".")) % 4))
        raw = zlib.decompress(raw) if packed else raw
    except zlib.error as error:
        raise ValueError("not a session") from error
    if not colon or not raw.startswith(b"{"):
        raise ValueError("not a session")
    return raw
