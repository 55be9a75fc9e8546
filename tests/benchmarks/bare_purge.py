"""The limit: one statement for each table that a purge writes to, over all rows at once, and nothing else.

Nothing is read again, locked, decided, counted by point or kept short for others. The columns are the same, as they
are those that the models name; what a receipt counts by table is known beforehand.
"""

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from consent.models import Evidence
from crm.models import Contact, ContactPoint, PhoneNumber, Provenance
from crm.models.history import HistoryRow

COUNTS = {"history": 1, "provenance": 1, "admin_log": 0, "profile_history": 1, "profile_log": 0, "evidence": 1}
_GOING = """CREATE TEMPORARY TABLE going AS
    SELECT p.id, p.line_id, p.contact_id, s.since, e.id AS entry_id
    FROM crm_contactpoint p JOIN consent_consent s ON s.point_id = p.id
    JOIN consent_consentevent e ON e.point_id = p.id AND e.act = 'given'
    WHERE s.status = 'withdrawn' AND p.erased_at IS NULL"""
_COUNT = """INSERT INTO crm_anonymouscount (region, line_type, month, source_kind, count)
    SELECT l.region, l.line_type, {month}, s.kind, count(*) FROM going
    JOIN crm_phonenumber l ON l.id = going.line_id
    JOIN crm_provenance v ON v.point_id = going.id JOIN crm_source s ON s.id = v.source_id
    GROUP BY 1, 2, 3, 4"""
_SUPPRESS = """INSERT INTO consent_suppression
        (line_id, extent, channel, reason, since, recorded_at, actor_name, lifted_reason)
    SELECT line_id, 'hold', '', 'erased', %s, %s, 'bare', '' FROM going"""
_RECEIPT = """INSERT INTO consent_receipt
        (point_id, contact_ref, policy_id, "trigger", action, reason, due_at, erased_at, line_erased, profile_erased,
        counts, actor_name)
    SELECT g.id, g.contact_id, p.id, p."trigger", p.action, p."trigger", g.since, %s, true, true, %s, 'bare'
    FROM going g, consent_retentionpolicy p"""


def anonymize(at: datetime) -> float:
    """Anonymize everyone who has withdrawn, at `at` (aware); return the seconds that the statements took."""
    month = "date_trunc('month', v.obtained_at)" if _is_postgres() else "date(v.obtained_at, 'start of month')"
    _execute(_GOING)
    if _is_postgres():
        _execute("ANALYZE going")
    of_points, of_contacts = _chosen("id"), _chosen("contact_id")
    said = {"erased_at": at}
    statements: list[Callable[[], Any]] = [
        partial(_execute, _COUNT.format(month=month)),
        partial(Evidence.objects.filter(entry__in=_chosen("entry_id"))._raw_delete, "default"),
        partial(_blank, ContactPoint.history.filter(id__in=of_points), ContactPoint, HistoryRow.privacy.personal),
        partial(_blank, ContactPoint.objects.filter(pk__in=of_points), ContactPoint, said),
        partial(_blank, Provenance.objects.filter(point__in=of_points), Provenance, {}),
        partial(_blank, PhoneNumber.objects.filter(pk__in=_chosen("line_id")), PhoneNumber, said),
        partial(_blank, Contact.history.filter(id__in=of_contacts), Contact, HistoryRow.privacy.personal),
        partial(_blank, Contact.objects.filter(pk__in=of_contacts), Contact, said | {"status": "erased"}),
        partial(_execute, _SUPPRESS, at, at),
        partial(_execute, _RECEIPT, at, json.dumps(COUNTS)),
    ]
    began = time.perf_counter()
    for statement in statements:
        statement()
    seconds = time.perf_counter() - began
    _execute("DROP TABLE going")
    return seconds


def _is_postgres() -> bool:
    return connection.vendor == "postgresql"


def _chosen(column: str) -> RawSQL:
    return RawSQL(f"SELECT {column} FROM going", [])


def _blank(rows: Any, model: Any, more: Mapping[str, Any]) -> None:
    rows.order_by().update(**model.privacy.personal, **more)


def _execute(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
