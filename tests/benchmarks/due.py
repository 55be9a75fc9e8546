"""People who have withdrawn, for the benchmark of the purge: whole, with evidence, provenance and history.

Five of six are due; the sixth still agrees, and nothing of theirs may change. Every row that an import and a withdrawal
would have written is there, and the history of each point is as long as is asked for, in the order in which it would
have come: the rows of one point lie far apart.
"""

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from crm import bulk
from crm.models import PhoneNumber, current_fingerprint
from tests import factories
from tests.benchmarks.population import numbers

# Of six people, one stays.
IS_DUE = "{} %% 6 <> 0"


def people_for(due: int) -> int:
    """Return how many people there must be so that so many are due."""
    return due + due // 5


def build(due: int, history: int) -> None:
    """Fill an empty database, with so many rows of history for each contact point; a policy anonymizes at once."""
    now = timezone.now()
    purpose, source = factories.purpose("news"), factories.source()
    people = people_for(due)
    ids: dict[str, Any] = {
        "purpose": purpose.pk,
        "notice": factories.notice(purpose).pk,
        "source": source.pk,
        "batch": factories.batch(source).pk,
        "now": now,
        "people": people,
        "history": history,
    }
    factories.policy(action="anonymize")
    with transaction.atomic():
        columns = ("id", "number", "region", "line_type", "number_key", "key_id", "created_at")
        then = now - timedelta(days=900)
        bulk.insert(
            PhoneNumber,
            columns,
            (
                (n, e164, region, line_type, *reversed(current_fingerprint(e164)), then)
                for n, (e164, region, line_type) in zip(range(1, people + 1), numbers(), strict=False)
            ),
        )
        with connection.cursor() as cursor:
            # The rows are right by construction: what they refer to need not be looked up a million times.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in _STATEMENTS:
                cursor.execute(statement, ids)
    with connection.cursor() as cursor:
        for table in _NUMBERED:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("VACUUM ANALYZE")


_NUMBERED = ("crm_phonenumber", "crm_contact", "crm_contactpoint", "consent_consentevent")
_N = "generate_series(1, %(people)s) n"
_SINCE = "%(now)s - (n %% 600 + 100) * interval '1 day'"
_WITHDREW = "%(now)s - (n %% 90 + 1) * interval '1 day'"
_HISTORY = "history_date, history_change_reason, history_type, history_actor, history_channel"
_ORIGIN = "'import 1, line ' || n"
_PROFILE = "given_name, family_name, organisation, email, address, country, language, notes"
_PERSON = "'Given' || n, 'Family' || n, '', 'person' || n || '@example.com', n || ' High Street', 'US', 'en', ''"
_POINT = "contact_id, line_id, label, extension, is_primary, since, created_at"
_ENTRY = "point_id, purpose_id, channel, act, occurred_at, recorded_at, notice_id, source_id, method, actor_name"
_CONSENT = "point_id, purpose_id, channel, status, since, given_at, notice_id, source_id, last_entry_id"
_STANDING = f"""n, %(purpose)s, 'sms', CASE WHEN {IS_DUE.format("n")} THEN 'withdrawn' ELSE 'given' END,
    CASE WHEN {IS_DUE.format("n")} THEN {_WITHDREW} ELSE {_SINCE} END, {_SINCE}, %(notice)s, %(source)s,
    2 * n - CASE WHEN {IS_DUE.format("n")} THEN 0 ELSE 1 END"""
_STATEMENTS = [
    f"""INSERT INTO crm_contact (id, {_PROFILE}, status, last_interaction_at, created_at)
        SELECT n, {_PERSON}, 'live', {_SINCE}, {_SINCE} FROM {_N}""",
    f"""INSERT INTO crm_historicalcontact (id, {_PROFILE}, status, last_interaction_at, created_at, {_HISTORY})
        SELECT n, {_PERSON}, 'live', {_SINCE}, {_SINCE}, {_SINCE}, {_ORIGIN}, '+', 'bench', 'file' FROM {_N}""",
    f"""INSERT INTO crm_contactpoint (id, {_POINT})
        SELECT n, n, n, 'label ' || %(history)s, '', true, {_SINCE}, {_SINCE} FROM {_N}""",
    f"""INSERT INTO crm_historicalcontactpoint (id, {_POINT}, {_HISTORY})
        SELECT n, n, n, 'label ' || k, '', true, {_SINCE}, {_SINCE}, {_SINCE} + k * interval '1 hour', {_ORIGIN},
            CASE WHEN k = 1 THEN '+' ELSE '~' END, 'bench', 'file'
        FROM generate_series(1, %(history)s) k, {_N} ORDER BY k, n""",
    f"""INSERT INTO crm_provenance (point_id, source_id, batch_id, "row", obtained_at, notice_exempt, external_key)
        SELECT n, %(source)s, %(batch)s, n, {_SINCE}, '', '' FROM {_N}""",
    # The entries of person n have the ids 2n - 1 and, of those who withdrew, 2n.
    f"""INSERT INTO consent_consentevent (id, uid, {_ENTRY}, evidence_digest)
        SELECT 2 * n - 1, gen_random_uuid(), n, %(purpose)s, 'sms', 'given', {_SINCE}, {_SINCE}, %(notice)s, %(source)s,
            'web_form', 'bench', md5(n::text) || md5(n::text)
        FROM {_N}""",
    f"""INSERT INTO consent_consentevent (id, uid, {_ENTRY}, evidence_digest)
        SELECT 2 * n, gen_random_uuid(), n, %(purpose)s, 'sms', 'withdrawn', {_WITHDREW}, {_WITHDREW}, NULL, NULL,
            'sms', 'bench', ''
        FROM {_N} WHERE {IS_DUE.format("n")}""",
    f"""INSERT INTO consent_evidence (entry_id, ip, user_agent, shown, message, salt, created_at)
        SELECT 2 * n - 1, '192.0.2.1', 'Mozilla/5.0', 'May we?', '', md5(n::text) || md5(n::text), {_SINCE}
        FROM {_N}""",
    f"INSERT INTO consent_consent ({_CONSENT}) SELECT {_STANDING} FROM {_N}",
    f"""INSERT INTO consent_historicalconsent (id, {_CONSENT}, {_HISTORY})
        SELECT n, {_STANDING}, {_SINCE}, {_ORIGIN}, '+', 'bench', 'file' FROM {_N}""",
    f"""INSERT INTO consent_historicalconsent (id, {_CONSENT}, {_HISTORY})
        SELECT n, {_STANDING}, {_WITHDREW}, 'STOP', '~', 'bench', 'sms' FROM {_N} WHERE {IS_DUE.format("n")}""",
]
