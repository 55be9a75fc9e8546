"""Screening: the answer for each number of a list, held or not, as fast as the list can be joined.

Most numbers are like many others: nobody holds them, or they are suppressed, or one person is at them whose consent
stands as it is written. So each chunk is looked up in one query, and what the rules say of one such number they say of
every other in the same case; only the date differs on which a consent lapses. Whatever is not so plain (several people
at a line, a line that was given to somebody else, a time before something we know of) is read and
decided as a single number would be, all of a chunk at once. Either way it is `consent.rules.permission` that decides.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from consent import facts, permission
from consent.models import Purpose
from consent.rules.bases import LawfulBasis
from consent.rules.facts import LineFacts, PointFacts, SourceFacts
from consent.rules.jurisdictions import IMPLIED_CONSENT
from consent.rules.lines import Channel
from consent.rules.permission import Decision, Reason, Verdict, decide
from consent.rules.states import State, Status
from consent.rules.times import add_months
from crm import phones
from crm.models import Contact, Source, fingerprint_keys

T = TypeVar("T")
_Found = Sequence[Any]
CHUNK = 50_000
# Of a line in Argentina or Mexico the number asked about may not be spelled as the one that is held.
_TWO_FORMS = frozenset({"AR", "MX"})
# Dates are counted in microseconds since then: quicker to read, and to compare, than dates.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 24 * 60 * 60 * 1_000_000
_NEVER = 1 << 63
_PERMITTING = frozenset(status.value for status in Status if status.permits)

# The columns from `held` on are the case, which many numbers share.
_CASE = """
    SELECT {n}, c.last_entry_id, {given_at},
           {yes} IN (l.reassigned_at IS NOT NULL, p.until IS NOT NULL, c.since > %(at)s, c.given_at > %(at)s), p.id,
           p.contact_id,
           l.number IS NOT NULL AS held, l.erased_at IS NOT NULL, l.region, l.line_type, s.reason, p.id IS NOT NULL,
           c.status, c.source_id, r.source_id,
           r.notice_exempt <> '' OR (r.notice_sent_at IS NOT NULL AND r.notice_sent_at <= %(at)s)
    FROM """
# What is looked up for each row of what stands before it: the table, and which of its rows.
_BESIDE = {
    "s": (
        "consent_suppression",
        """s.line_id = l.id AND s.extent = 'contact' AND s.since <= %(at)s
           AND (s.lifted_at IS NULL OR s.lifted_at > %(at)s)
           AND (s.purpose_id IS NULL OR s.purpose_id = %(purpose)s) AND s.channel IN ('', %(channel)s)""",
    ),
    "p": ("crm_contactpoint", "p.line_id = l.id AND s.id IS NULL AND p.erased_at IS NULL AND p.since <= %(at)s"),
    "c": ("consent_consent", "c.point_id = p.id AND c.purpose_id = %(purpose)s AND c.channel = %(channel)s"),
    "r": ("crm_provenance", "r.point_id = p.id AND r.obtained_at <= %(at)s"),
}


def _lookup() -> str:
    """Return the query for a chunk.

    LATERAL and OFFSET 0 tell PostgreSQL how to go about it: by the indexes, and, once the lines are found, in the order
    in which they and what hangs on them were written. It knows less of a list than we do, and would read whole tables.
    """
    if connection.vendor == "postgresql":
        begin = """(SELECT a.n, l.* FROM (
                SELECT * FROM unnest(string_to_array(%(keys)s, ',')) WITH ORDINALITY a(key, n)
                ORDER BY key COLLATE "C" OFFSET 0
            ) a JOIN LATERAL (
                SELECT l.id, l.number, l.erased_at, l.region, l.line_type, l.reassigned_at
                FROM crm_phonenumber l WHERE l.number_key = a.key AND l.reopened_at IS NULL OFFSET 0
            ) l ON true ORDER BY l.id OFFSET 0) l"""
        join = "LEFT JOIN LATERAL (SELECT {name}.* FROM {table} {name} WHERE {rows} OFFSET 0) {name} ON true"
        words = {"n": "l.n - 1", "given_at": "(EXTRACT(EPOCH FROM c.given_at) * 1000000)::bigint", "yes": "true"}
    else:
        begin = "json_each(%(keys)s) a JOIN crm_phonenumber l ON l.number_key = a.value AND l.reopened_at IS NULL"
        join = "LEFT JOIN {table} {name} ON {rows}"
        words = {"n": "a.key", "given_at": "c.given_at", "yes": "1"}
    joins = [join.format(name=name, table=table, rows=rows) for name, (table, rows) in _BESIDE.items()]
    return "\n".join([_CASE.format(**words) + begin, *joins])


def screen(numbers: Iterable[str], *, purpose: Purpose, channel: Channel, at: datetime) -> Iterator[Decision]:
    """Yield for each number (E.164), in the order given, the decision of `permission.may_contact` at `at` (aware).

    But for one thing: of the entries behind it only the last is named. Chunk by chunk, so a list may be endless; a
    no that is said meanwhile counts at the latest from the chunk after the next on. Raises NaiveTimestamp, and
    ValueError for a text that is not E.164.
    """
    screening = _Screening(purpose, channel, at)
    for chunk, rows in _ahead(iter(numbers), screening.look_up):
        with _for_many_rows():
            decisions = screening.decide(chunk, rows)
        yield from decisions


def screen_rows(
    rows: Iterable[T], number_of: Callable[[T], str], *, purpose: Purpose, channel: Channel, at: datetime
) -> Iterator[tuple[T, Decision | None]]:
    """Yield each row with the decision on its number (E.164), in the order given; with None where it has none ("")."""
    waiting: deque[tuple[T, str]] = deque()

    def numbers() -> Iterator[str]:
        for row in rows:
            number = number_of(row)
            waiting.append((row, number))
            if number:
                yield number

    for decision in screen(numbers(), purpose=purpose, channel=channel, at=at):
        while not waiting[0][1]:
            yield waiting.popleft()[0], None
        yield waiting.popleft()[0], decision
    yield from ((row, None) for row, _none in waiting)


def _ahead(
    numbers: Iterator[str], look_up: Callable[[list[str]], list[_Found]]
) -> Iterator[tuple[list[str], list[_Found]]]:
    """Yield chunk after chunk with its rows, while those of the next are looked up over a connection of their own.

    One after the other where there is but one chunk, on SQLite, and within a transaction, into which nobody else sees.
    """
    chunk = list(islice(numbers, CHUNK))
    if len(chunk) < CHUNK or connection.vendor != "postgresql" or connection.in_atomic_block:
        while chunk:
            yield chunk, look_up(chunk)
            chunk = list(islice(numbers, CHUNK))
        return
    with ThreadPoolExecutor(1) as thread:
        try:
            coming = thread.submit(look_up, chunk)
            while following := list(islice(numbers, CHUNK)):
                rows, coming = coming.result(), thread.submit(look_up, following)
                yield chunk, rows
                chunk = following
            yield chunk, coming.result()
        finally:
            thread.submit(lambda: connection.close()).result()  # that of the thread


@contextmanager
def _for_many_rows() -> Iterator[None]:
    """Let PostgreSQL not compile queries, sort on disk, or remember what comes once, because of so many rows."""
    if connection.vendor != "postgresql":
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '32MB'; SET LOCAL enable_memoize = off")
        yield


class _Screening:
    """A question that is asked of a whole list, with the cases that have been decided already."""

    def __init__(self, purpose: Purpose, channel: Channel, at: datetime) -> None:
        self.asked = facts.question(purpose, channel, at=at)
        terms = self.asked.purpose
        self.months = (terms.lapses_after_months or 0) if terms.basis is LawfulBasis.CONSENT else 0
        self.without_lapse = replace(terms, lapses_after_months=None)
        # Where a consent is implied, it ends on a day of each person's own.
        implied = terms.basis is not LawfulBasis.CONSENT and not terms.necessary
        self.by_person = _TWO_FORMS | IMPLIED_CONSENT.keys() if implied else _TWO_FORMS
        # The projection may be of other terms than today's, until it is made anew.
        self.projected = purpose.history.values("needs_confirmation").distinct().count() < 2
        permitting = set(purpose.permitted_sources.values_list("pk", flat=True))
        columns = ("pk", "kind", "names_us", "licence_ends_on", "security_only", "relationship")
        self.sources = {
            row[0]: facts.source_facts(*row, permits=row[0] in permitting)
            for row in Source.objects.values_list(*columns)
        }
        self.unknown = self._decide(LineFacts(known=False))
        self.at = _micro(self.asked.at)
        self.restricted: frozenset[int] = frozenset()
        self.cases: dict[Any, tuple[Decision, int]] = {}
        self.lapses: dict[int, int] = {}

    def decide(self, chunk: Sequence[str], rows: Iterable[_Found]) -> Iterable[Decision]:
        """Return the decision on each number of a chunk, of which these rows were looked up."""
        found: list[Any] = [None] * len(chunk)
        rest: list[int] = []
        # Whoever ever was: how things stood at the time asked is for the general path to find out.
        ever = Contact.history.filter(status=Contact.Status.RESTRICTED)
        # Whoever was merged into somebody may have been restricted before.
        survivor = Contact.objects.filter(pk=OuterRef("id")).values("merged_into")
        ids = ever.annotate(survivor=Subquery(survivor)).values_list("id", "survivor")
        self.restricted = frozenset(pk for pair in ids for pk in pair if pk)
        # Several rows for one number: several sources of one person, or several people, suppressions or keys.
        for row in rows:
            at = row[0]
            if found[at] is None:
                found[at] = row
            elif found[at] and row[4] and found[at][4] == row[4]:
                found[at] = (*found[at], *row[-2:])
            elif found[at]:
                found[at] = ()
        decisions: list[Any] = [self.unknown] * len(chunk)
        for at, row in enumerate(found):
            if row is not None or not self.projected:
                decision = decisions[at] = self._plain(chunk[at], row) if row else None
                if decision is None:
                    rest.append(at)
        if rest:
            others = permission.may_contact_all({chunk[at] for at in rest}, self.asked)
            for at in rest:
                decision = others[chunk[at]]
                decisions[at] = replace(decision, entries=decision.entries[-1:])
        return decisions

    def look_up(self, chunk: Sequence[str]) -> list[_Found]:
        """Return the rows there are of a chunk's numbers, whatever key they were made with."""
        if not self.projected:
            return []
        sql = _lookup()
        values = {
            "at": connection.ops.adapt_datetimefield_value(self.asked.at),
            "purpose": self.asked.purpose.id,
            "channel": self.asked.channel.value,
        }
        found: list[_Found] = []
        for key in fingerprint_keys().values():
            keys = [phones.fingerprint(number, key=key) for number in chunk]
            listed = ",".join(keys) if connection.vendor == "postgresql" else json.dumps(keys)
            with _for_many_rows(), connection.cursor() as cursor:
                cursor.execute(sql, values | {"keys": listed})
                found += cursor.fetchall()
        return found

    def _plain(self, number: str, row: Sequence[Any]) -> Decision | None:
        """Return the decision for a number of which there is one row, or None if it is not as plain as that."""
        last_entry, given_at, by_date, case = row[1], row[2], row[3], row[6:]
        held, region, line_type, status = case[0], case[2], case[3], case[6]
        if by_date or region in self.by_person or row[5] in self.restricted:
            return None
        lapses_at = self._lapse(given_at) if self.months and status in _PERMITTING else None
        lapsed = lapses_at is not None and lapses_at <= self.at
        key = (phones.time_zones(number, line_type=line_type) if held else (), lapsed, case)
        found = self.cases.get(key)
        if found is None:
            if not {case[7], *case[8::2]} - {None} <= self.sources.keys():
                return None
            decision = self._decide(_facts(case, key[0], self.sources), lapsed=lapsed)
            found = self.cases[key] = decision, _micro(decision.until) if decision.until else _NEVER
        decision, until = found
        if not decision.entries:
            return decision
        ends = decision.until
        if lapses_at is not None and decision.verdict is Verdict.ALLOW and lapses_at < until:
            ends = _moment(lapses_at)
        elif lapses_at is not None and decision.reason is Reason.QUIET_HOURS and lapses_at <= until:
            ends = None
        return Decision(decision.verdict, decision.reason, decision.basis, ends, (last_entry,))

    def _lapse(self, given_at: Any) -> int:
        """Return when a consent lapses: as long after midnight as it was given, so each day is counted out once."""
        given: int = given_at if isinstance(given_at, int) else _micro(given_at.replace(tzinfo=UTC))
        day = given // _DAY
        if day not in self.lapses:
            self.lapses[day] = _micro(add_months(_moment(day * _DAY), self.months)) - day * _DAY
        return given + self.lapses[day]

    def _decide(self, line: LineFacts, *, lapsed: bool = False) -> Decision:
        terms = self.asked.purpose if lapsed else self.without_lapse
        return decide(line, purpose=terms, channel=self.asked.channel, at=self.asked.at)


def _facts(case: Sequence[Any], zones: tuple[str, ...], sources: Mapping[int, SourceFacts]) -> LineFacts:
    """Return the facts of every line in this case; its entry and its dates stand for any."""
    held, erased, region, line_type, reason, reached, status, granted_by, *behind = case
    point = PointFacts(
        id=0,
        # Given before all time: where the consent has lapsed, any such date will do.
        state=State(Status(status), given_at=_EPOCH, entry_ids=(0,)) if status else State(),
        sources=[_told(sources[pk], told) for pk, told in zip(behind[::2], behind[1::2], strict=True) if pk],
        grant_source=sources[granted_by] if granted_by else None,
    )
    return LineFacts(
        known=bool(held),
        erased=bool(erased),
        region=region,
        line_type=line_type,
        zones=zones,
        suppressions=() if reason is None else [facts.suppression_facts(None, "", reason)],
        points=[point] if reached else (),
    )


def _told(source: SourceFacts, told: Any) -> SourceFacts:
    return replace(source, told=bool(told) or not source.third_party)


def _micro(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micro: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micro)
