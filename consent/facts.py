"""Reading what the rules need to know of lines: three queries, however many numbers and people there are.

They are written as SQL: an answer is given for each number of a list, and making objects of the rows takes longer
than reading them. What each of them joins has an index.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import connection

from consent.models import Purpose
from consent.rules.bases import LawfulBasis
from consent.rules.facts import OBJECTION, UNCLEAR, LineFacts, PointFacts, PurposeFacts, SourceFacts, SuppressionFacts
from consent.rules.lines import Channel
from consent.rules.permission import refusal_of_line
from consent.rules.states import Act, Entry, fold
from consent.rules.times import require_aware
from crm import bulk, phones
from crm.models import Source, all_fingerprints
from crm.models.source import end_of_licence

_EVER = datetime(9999, 12, 31, tzinfo=UTC)

# Lifted later than we speak of, or than we then knew of, a suppression was in force.
_LINES = """
    SELECT l.number_key, l.id, l.number, l.region, l.line_type, l.reassigned_at, l.erased_at, l.created_at <= %s,
           s.purpose_id, s.channel, s.reason
    FROM crm_phonenumber l
    LEFT JOIN consent_suppression s ON s.line_id = l.id AND s.extent = 'contact' AND s.since <= %s
        AND s.recorded_at <= %s AND (s.lifted_at IS NULL OR s.lifted_at > %s)
    WHERE l.reopened_at IS NULL AND """
# Whose the point was at that time: of a contact into which nobody was merged, its points always were.
_WHOSE = """COALESCE(
                (SELECT w.contact_id FROM crm_historicalcontactpoint w
                 WHERE w.id = p.id AND w.history_date <= %s
                   AND EXISTS (SELECT 1 FROM crm_contact m WHERE m.merged_into_id = p.contact_id)
                 ORDER BY w.history_date DESC, w.history_id DESC LIMIT 1), p.contact_id)"""
# Whether the contact was restricted at that time; of several history rows of one instant the last counts.
_POINTS = """
    SELECT p.id, p.line_id, p.since, p.until,
           (SELECT h.status = 'restricted' FROM crm_historicalcontact h
            WHERE h.id = {whose} AND h.history_date <= %s
            ORDER BY h.history_date DESC, h.history_id DESC LIMIT 1), c.last_interaction_at,
           e.id, e.act, e.occurred_at, s.id, s.kind, s.names_us, s.licence_ends_on
    FROM crm_contactpoint p
    JOIN crm_contact c ON c.id = p.contact_id
    LEFT JOIN consent_consentevent e ON e.point_id = p.id AND e.purpose_id = %s AND e.channel = %s
        AND e.occurred_at <= %s AND e.recorded_at <= %s
    LEFT JOIN crm_source s ON s.id = e.source_id
    WHERE {one_of} AND p.erased_at IS NULL AND p.since <= %s AND p.created_at <= %s
    ORDER BY p.id"""
_SOURCES = """
    SELECT r.point_id, s.id, s.kind, s.names_us, s.licence_ends_on, s.security_only, s.relationship,
           EXISTS (SELECT 1 FROM consent_purpose_permitted_sources m WHERE m.purpose_id = %s AND m.source_id = s.id),
           r.notice_exempt <> '' OR (r.notice_sent_at IS NOT NULL AND r.notice_sent_at <= %s),
           COALESCE(r.collected_at, r.obtained_at)
    FROM crm_provenance r JOIN crm_source s ON s.id = r.source_id
    WHERE {one_of} AND r.obtained_at <= %s"""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of lines: may they be contacted for the purpose over the channel at `at`, as known at `known_at`.

    Both times are in UTC. Without known_at: by all that we know.
    """

    purpose: PurposeFacts
    needs_confirmation: bool
    channel: Channel
    at: datetime
    known_at: datetime | None = None

    @property
    def learned_by(self) -> datetime:
        """The time after which nothing is known."""
        return self.known_at or _EVER

    @property
    def obtained_by(self) -> datetime:
        """The time after which nothing has happened yet, or is known."""
        return min(self.at, self.learned_by)


def question(purpose: Purpose, channel: Channel, *, at: datetime, known_at: datetime | None = None) -> Question:
    """Return the question for a purpose as it stands today; at, known_at: aware. Raises NaiveTimestamp."""
    terms = PurposeFacts(
        id=purpose.pk,
        basis=LawfulBasis(purpose.basis),
        channels=tuple(purpose.channels),
        lapses_after_months=purpose.lapses_after_months,
        necessary=purpose.necessary,
        active=purpose.active,
        security=purpose.security,
    )
    known_at = require_aware(known_at, name="known_at") if known_at else None
    return Question(terms, purpose.needs_confirmation, channel, require_aware(at, name="at"), known_at)


def suppression_facts(purpose_id: int | None, channel: str, reason: str) -> SuppressionFacts:
    """Return what the rules need to know of a suppression: its scope, and the reason where that matters."""
    return SuppressionFacts(purpose_id, channel, reason == OBJECTION, reason == UNCLEAR)


def of_numbers(numbers: Collection[str], asked: Question) -> dict[str, LineFacts]:
    """Return the facts of each number (E.164), held or not, whatever key its rows were made with.

    Of a line that is refused whoever is reachable there, who that is was not asked.
    """
    keys: dict[str, list[str]] = defaultdict(list)
    for number in numbers:
        for key in all_fingerprints(number):
            keys[key].append(number)
    found: dict[str, list[_Line]] = {number: [] for number in numbers}
    for line in _lines(list(keys), asked):
        for number in keys[line.key]:
            found[number].append(line)
    facts = {number: _line_facts(lines) for number, lines in found.items()}
    open_ids = {
        line.id: line.reassigned_at if line.reassigned_at and line.reassigned_at <= asked.at else None
        for number, lines in found.items()
        if refusal_of_line(facts[number], purpose=asked.purpose, channel=asked.channel) is None
        for line in lines
    }
    points = _points(open_ids, asked) if open_ids else {}
    return {
        number: _with_points(facts[number], [point for line in lines for point in points.get(line.id, ())])
        for number, lines in found.items()
    }


class _Line(NamedTuple):
    key: str
    id: int
    number: str | None
    region: str
    line_type: str
    reassigned_at: datetime | None
    erased: bool
    known: bool
    suppressions: list[SuppressionFacts]


def _lines(keys: Sequence[str], asked: Question) -> Iterable[_Line]:
    values = _times(asked.learned_by, asked.at, asked.learned_by, asked.obtained_by)
    lines: dict[int, _Line] = {}
    for row in _rows(_LINES + bulk.is_one_of("l.number_key", text=True), [*values, bulk.parameter(keys)]):
        key, pk, number, region, line_type, reassigned_at, erased_at, known, purpose_id, channel, reason = row
        line = lines.get(pk)
        if line is None:
            known = bool(known and number is not None)
            reassigned_at = _moment(reassigned_at)
            line = _Line(key, pk, number, region, line_type, reassigned_at, erased_at is not None, known, [])
            lines[pk] = line
        if channel is not None:
            line.suppressions.append(suppression_facts(purpose_id, channel, reason))
    return lines.values()


def _line_facts(lines: Sequence[_Line]) -> LineFacts:
    if not lines:
        return LineFacts(known=False)
    held = next((line for line in lines if line.number is not None), lines[0])
    return LineFacts(
        known=held.known,
        erased=any(line.erased for line in lines),
        region=held.region,
        line_type=held.line_type,
        zones=phones.time_zones(held.number, line_type=held.line_type) if held.number else (),
        suppressions=[each for line in lines for each in line.suppressions],
    )


def _with_points(facts: LineFacts, points: Sequence[PointFacts]) -> LineFacts:
    if not points:
        return facts
    return LineFacts(facts.known, facts.erased, facts.region, facts.line_type, facts.zones, facts.suppressions, points)


def _points(lines: Mapping[int, datetime | None], asked: Question) -> dict[int, list[PointFacts]]:
    """Return the facts of the points at these lines, by line; lines: when each was given to somebody else, by id."""
    sql = _POINTS.format(one_of=bulk.is_one_of("p.line_id", text=False), whose=_WHOSE)
    until, at, learned = _times(asked.obtained_by, asked.at, asked.learned_by)
    values = [until, until, asked.purpose.id, asked.channel.value, at, learned, bulk.parameter(lines), at, learned]
    rows: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for row in _rows(sql, values):
        rows[row[0]].append(row)
    sources = _sources(rows, asked) if rows else {}
    points: dict[int, list[PointFacts]] = defaultdict(list)
    for pk, found in rows.items():
        points[found[0][1]].append(_point_facts(found, lines[found[0][1]], sources.get(pk, ()), asked))
    return points


def _point_facts(
    rows: Sequence[Sequence[Any]], reassigned_at: datetime | None, sources: Sequence["_Behind"], asked: Question
) -> PointFacts:
    """Return the facts of a point from its rows, one for each entry."""
    pk, _line, since, until, is_restricted, heard_at = rows[0][:6]
    entries, grants = [], {}
    for row in rows:
        entry_id, act, occurred_at, source_id = row[6:10]
        if entry_id is None:
            continue
        entry = Entry(entry_id, Act(act), _moment(occurred_at) or asked.at, source_id=source_id)
        # What was agreed to, or refused, before that is another person's.
        if reassigned_at is None or entry.occurred_at >= reassigned_at:
            entries.append(entry)
            grants[source_id] = row
    state = fold(entries, needs_confirmation=asked.needs_confirmation)
    grant, until = grants.get(state.source_id), _moment(until)
    heard_at = _moment(heard_at)
    return PointFacts(
        id=pk,
        state=state,
        restricted=bool(is_restricted),
        # An end that we did not know of yet would have held nobody back.
        until=until if until and until <= asked.learned_by else None,
        sources=[each.facts(heard_at, asked.at) for each in sources],
        grant_source=source_facts(*grant[9:13]) if grant and grant[9] else None,
        reassigned=bool(reassigned_at and (_moment(since) or asked.at) < reassigned_at),
    )


class _Behind(NamedTuple):
    """A source as it stands behind a point."""

    columns: Sequence[Any]
    permits: bool
    told: bool
    collected_at: datetime

    def facts(self, heard_at: datetime | None, at: datetime) -> SourceFacts:
        heard = heard_at if heard_at and heard_at <= at else self.collected_at
        return source_facts(*self.columns, permits=self.permits, told=self.told, dealt_at=max(self.collected_at, heard))


def _sources(points: Collection[int], asked: Question) -> dict[int, list[_Behind]]:
    sql = _SOURCES.format(one_of=bulk.is_one_of("r.point_id", text=False))
    at, until = _times(asked.at, asked.obtained_by)
    behind: dict[int, list[_Behind]] = defaultdict(list)
    for point_id, *columns, permits, told, collected_at in _rows(
        sql, [asked.purpose.id, at, bulk.parameter(points), until]
    ):
        behind[point_id].append(_Behind(columns, bool(permits), bool(told), _moment(collected_at) or asked.at))
    return behind


def source_facts(
    pk: int,
    kind: str,
    names_us: bool,
    licence_ends_on: date | str | None,
    security_only: bool = False,
    relationship: str = "",
    *,
    permits: bool = False,
    told: bool = True,
    dealt_at: datetime | None = None,
) -> SourceFacts:
    """Return what the rules need to know of a source, from its columns."""
    third_party = kind == Source.Kind.THIRD_PARTY
    ends_on = date.fromisoformat(licence_ends_on) if isinstance(licence_ends_on, str) else licence_ends_on
    return SourceFacts(
        id=pk,
        third_party=third_party,
        names_us=bool(names_us),
        permits=permits,
        licence_ended_at=end_of_licence(ends_on),
        told=told or not third_party,
        security_only=bool(security_only),
        customer=relationship == Source.Relationship.CUSTOMER,
        dealt_at=dealt_at,
    )


def _rows(sql: str, values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()


def _times(*moments: datetime) -> list[Any]:
    """Return moments as the database compares them."""
    return [connection.ops.adapt_datetimefield_value(moment) for moment in moments]


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a moment as the database gave it: SQLite keeps the text of one in UTC, and has no zones."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value
