"""Numbers planted where a search must find them."""

import json
import secrets
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from consent.ledger import Proof
from crm.models import Contact, PhoneNumber, Provenance, attributed_to
from crm.traces import find
from tests import capturing, factories

GROUPINGS = {
    "as E.164": "{0}",
    "as E.164 in a sentence": "call {0}, please",
    "without its plus": "{1}",
    "international, spaced": "+1 {2} {3} {4}",
    "international, with dashes": "+1-{2}-{3}-{4}",
    "national, in brackets": "({2}) {3}-{4}",
    "national, with dots": "{2}.{3}.{4}",
    "national, bare": "{2}{3}{4}",
    "as people group it": "{2} {3}{4}",
    "with blanks that do not break": "{2}\u00a0{3}\u202f{4}",
    "over a line break": "{2} {3}\r\n{4}",
    "as a link": "tel:+1-{2}-{3}-{4}",
}


def unheard_of() -> str:
    """Return a number that no test before this one has used, and of a country that there is not.

    The files of a database keep what earlier tests have rolled back.
    """
    return f"+999{1 + secrets.randbelow(9)}{secrets.randbelow(10**9):09}"


def spelled(e164: str, grouping: str) -> str:
    return GROUPINGS[grouping].format(e164, e164[1:], e164[2:5], e164[5:8], e164[8:])


def plant(table: str, column: str, value: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, {column}) VALUES (7, %s)", [value])


def places(e164: str) -> set[tuple[str, str, str]]:
    return {(trace.place, trace.table, trace.column) for trace in find(e164)}


def everywhere(number: str) -> Contact:
    """Store a contact at the number and let everything that the office does leave its marks."""
    contact = factories.contact([number], given_name="Ann", family_name="Other", email="ann@example.com")
    [point] = contact.points.all()
    factories.entry(point, evidence=Proof(ip="192.0.2.1", message=f"YES from {number}"))
    with attributed_to(factories.origin()):
        contact.notes = f"rang from {number}"  # past intake, which refuses it
        contact.save()
        point.label = spelled(number, "national, with dots")
        point.save()
    Provenance.objects.filter(point=point).update(notice_exempt=f"told at {number}")
    # Past those who mask it, or refuse it.
    capturing.inbound(point.line, body=f"stop calling {number}")
    capturing.subject_request(contact=contact, state="done", closed_at=factories.NOON, answer=f"told at {number}")
    capturing.disclosure(contact=contact, note=f"for {number}")
    user = User.objects.create_user("staff")
    objects: list[models.Model] = [contact, point, *PhoneNumber.objects.filter(points=point)]
    for each in objects:
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(each),
            object_id=str(each.pk),
            object_repr=number,
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"name": number}}]),
        )
    return contact
