"""A million people for the benchmark of permission: lines, sources, ledger, consents and suppressions, as they come.

The numbers are +1 NPA 555 xxxx: nobody has one (NANPA took the exchange back), reserved or not, and they stand in a
database that goes afterwards. Rows that no decision reads (histories but the contacts', evidence) are left out.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from consent.models import Purpose
from crm import bulk, phones
from crm.models import PhoneNumber, Source, current_fingerprint
from tests import factories

# Of each hundred people: who took the consent back, and who said nothing more since; the others renewed it.
_WITHDREW, _OLD = 6, 20
# Of each hundred: fingerprints of numbers that we never held, all suppressed; and people who share a line.
_STRANGERS, _SHARED = 10, 2
# About 5 in a hundred were bought, and told; behind 4 stand two sources; 3 are suppressed. By primes, so that these
# fall on all the others alike.
_BOUGHT, _TWICE, _SUPPRESSED = "n %% 97 < 5", "n %% 89 < 4", "id %% 83 < 3"


def numbers() -> Iterator[tuple[str, str, str]]:
    """Yield (E.164, region, line type), each once, all area codes taking turns."""
    areas = []
    for area in range(201, 990):
        try:
            areas.append(phones.parse(f"+1{area}5550100"))
        except phones.NotANumber:
            continue
    areas = [each for each in areas if each.line_type == phones.LineType.FIXED_LINE_OR_MOBILE]
    for last in range(10_000):
        yield from ((f"{each.e164[:-4]}{last:04}", each.region, each.line_type.value) for each in areas)


def build(points: int) -> Purpose:
    """Fill an empty database with so many people, five entries each; return the purpose to ask about."""
    now = timezone.now()
    purpose, survey = factories.purpose("news", lapses_after_months=24), factories.purpose("survey")
    ids: dict[str, Any] = {
        "news": purpose.pk,
        "survey": survey.pk,
        "notice": factories.notice(purpose).pk,
        "asked": factories.notice(survey).pk,
        "web": factories.source().pk,
        "shop": factories.source("shop").pk,
        "lists": factories.source("lists", kind=Source.Kind.THIRD_PARTY, names_us=True).pk,
        "now": now,
        "points": points,
        "lines": points - points * _SHARED // 100,
    }
    with transaction.atomic():
        _lines(ids["lines"], points * _STRANGERS // 100, now)
        with connection.cursor() as cursor:
            # The rows are right by construction: what they refer to need not be looked up ten million times.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in _STATEMENTS:
                cursor.execute(statement, ids)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return purpose


def _lines(held: int, strangers: int, now: datetime) -> None:
    found = numbers()
    bulk.insert(
        PhoneNumber,
        ("id", "number", "region", "line_type", "number_key", "key_id", "created_at"),
        (
            (n, e164, region, line_type, *reversed(current_fingerprint(e164)), now - timedelta(days=900))
            for n, (e164, region, line_type) in enumerate(islice(found, held), start=1)
        ),
    )
    bulk.insert(
        PhoneNumber,
        ("id", "region", "line_type", "number_key", "key_id", "created_at"),
        (
            (held + n, "", "", *reversed(current_fingerprint(e164)), now - timedelta(days=900))
            for n, (e164, _region, _type) in enumerate(islice(found, strangers), start=1)
        ),
    )


def held(size: int, points: int) -> list[str]:
    """Return so many of the numbers that are held."""
    return random.Random(7).sample([e164 for e164, _region, _type in islice(numbers(), points // 2)], size)


def listed(size: int, points: int) -> list[str]:
    """Return a list as it is brought to be screened: seven of ten are held, one of ten is only suppressed."""
    dice = random.Random(11)
    held, strangers = points - points * _SHARED // 100, points * _STRANGERS // 100
    found = [e164 for e164, _region, _type in islice(numbers(), held + strangers + size)]
    wanted = dice.sample(found[:held], min(held, size * 7 // 10))
    wanted += dice.sample(found[held : held + strangers], min(strangers, size // 10))
    wanted += found[held + strangers :][: size - len(wanted)]
    dice.shuffle(wanted)
    return wanted


# In steps of a person's number n: the same population every time, and no two kinds fall together for all.
_N = "generate_series(1, %(points)s) n"
_SINCE = "%(now)s - (n %% 600 + 30) * interval '1 day'"
_HISTORY = "history_date, history_change_reason, history_type, history_actor, history_channel"
_PROFILE = "given_name, family_name, organisation, email, address, country, language, notes"
_PERSON = "'Given' || n, 'Family' || n, '', 'person' || n || '@example.com', '', 'US', 'en', ''"
_ENTRY = "point_id, purpose_id, channel, act, occurred_at, notice_id, source_id"
_SOURCE = f"CASE WHEN {_BOUGHT} THEN %(lists)s ELSE %(web)s END"
_LAST = f"CASE WHEN n %% 100 < {_WITHDREW} THEN 'withdrawn' ELSE 'renewed' END"
_IS_OLD = f"n %% 100 >= {100 - _OLD}"
_STATEMENTS = [
    f"""INSERT INTO crm_contact (id, {_PROFILE}, status, last_interaction_at, created_at)
        SELECT n, {_PERSON}, CASE WHEN n %% 500 = 0 THEN 'restricted' ELSE 'live' END, {_SINCE}, {_SINCE} FROM {_N}""",
    f"""INSERT INTO crm_historicalcontact (id, {_PROFILE}, status, last_interaction_at, created_at, {_HISTORY})
        SELECT n, {_PERSON}, 'live', {_SINCE}, {_SINCE}, {_SINCE}, 'bench', '+', 'bench', '' FROM {_N}""",
    f"""INSERT INTO crm_historicalcontact (id, {_PROFILE}, status, last_interaction_at, created_at, {_HISTORY})
        SELECT n, {_PERSON}, 'restricted', {_SINCE}, {_SINCE}, %(now)s, 'bench', '~', 'bench', ''
        FROM {_N} WHERE n %% 500 = 0""",
    f"""INSERT INTO crm_contactpoint (id, contact_id, line_id, label, extension, is_primary, since, created_at)
        SELECT n, n, (n - 1) %% %(lines)s + 1, '', '', true, {_SINCE}, {_SINCE} FROM {_N}""",
    f"""INSERT INTO crm_provenance (point_id, source_id, obtained_at, notice_exempt, notice_sent_at, external_key)
        SELECT n, {_SOURCE}, {_SINCE}, '', {_SINCE} + interval '20 day', '' FROM {_N}""",
    f"""INSERT INTO crm_provenance (point_id, source_id, obtained_at, notice_exempt, external_key)
        SELECT n, %(shop)s, {_SINCE}, '', '' FROM {_N} WHERE {_TWICE}""",
    # Entry k of person n has the id 5(n - 1) + k.
    f"""INSERT INTO consent_consentevent
            (id, uid, {_ENTRY}, recorded_at, method, actor_name, evidence_digest)
        SELECT 5 * (n - 1) + k, gen_random_uuid(), n,
            CASE WHEN k IN (3, 4) THEN %(survey)s ELSE %(news)s END,
            CASE WHEN k IN (1, 5) AND NOT (k = 5 AND {_IS_OLD}) THEN 'sms' ELSE 'call' END,
            CASE WHEN k = 4 THEN 'confirmed' WHEN k < 5 THEN 'given' ELSE {_LAST} END,
            {_SINCE} + k * interval '2 day', CASE WHEN k IN (3, 4) THEN %(asked)s ELSE %(notice)s END, {_SOURCE},
            {_SINCE} + k * interval '2 day', 'web_form', 'bench', md5(n::text) || md5(k::text)
        FROM {_N}, generate_series(1, 5) k""",
    f"""INSERT INTO consent_consent
            (point_id, purpose_id, channel, status, since, given_at, notice_id, source_id, last_entry_id)
        SELECT n, %(news)s, 'sms', CASE WHEN {_IS_OLD} THEN 'given' ELSE {_LAST} END,
            {_SINCE} + CASE WHEN {_IS_OLD} THEN 1 ELSE 5 END * interval '2 day',
            {_SINCE} + CASE WHEN {_IS_OLD} OR n %% 100 < {_WITHDREW} THEN 1 ELSE 5 END * interval '2 day',
            %(notice)s, {_SOURCE}, 5 * (n - 1) + CASE WHEN {_IS_OLD} THEN 1 ELSE 5 END
        FROM {_N}""",
    f"""INSERT INTO consent_consent
            (point_id, purpose_id, channel, status, since, given_at, notice_id, source_id, last_entry_id)
        SELECT n, %(survey)s, 'call', 'given', {_SINCE} + 3 * interval '2 day', {_SINCE} + 4 * interval '2 day',
            %(asked)s, {_SOURCE}, 5 * (n - 1) + 4
        FROM {_N}""",
    f"""INSERT INTO consent_consent
            (point_id, purpose_id, channel, status, since, given_at, notice_id, source_id, last_entry_id)
        SELECT n, %(news)s, 'call', CASE WHEN {_IS_OLD} THEN 'renewed' ELSE 'given' END,
            {_SINCE} + CASE WHEN {_IS_OLD} THEN 5 ELSE 2 END * interval '2 day',
            {_SINCE} + CASE WHEN {_IS_OLD} THEN 5 ELSE 2 END * interval '2 day',
            %(notice)s, {_SOURCE}, 5 * (n - 1) + CASE WHEN {_IS_OLD} THEN 5 ELSE 2 END
        FROM {_N}""",
    f"""INSERT INTO consent_suppression
            (line_id, extent, channel, reason, since, recorded_at, actor_name, lifted_reason)
        SELECT id, 'contact', '', 'stop', %(now)s - interval '10 day', %(now)s, 'bench', '' FROM crm_phonenumber
        WHERE number IS NULL OR {_SUPPRESSED}""",
]
