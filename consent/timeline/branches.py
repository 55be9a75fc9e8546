"""Where the events of a contact stand: a query for each kind, of which all that are wanted become one.

Each gives the same columns: kind, code, at, pk, point_id, actor, user_id, source_id, batch_id, purpose_id, channel,
notice_id, note, more, known_at. `p` are the contact's points. A message to a line, or from it, belongs to the contact
only while it was reachable there.
"""

from collections.abc import Sequence

from consent.timeline.events import Kind

_HEAD = """
    WITH p AS (SELECT id, line_id, since, until FROM crm_contactpoint WHERE contact_id IN ({contacts}))
    SELECT u.kind, u.code, u.at, u.pk, u.point_id, u.actor, usr.username, src.name, u.batch_id, pur.name, u.channel,
           n.version, n.language, u.note, u.more, u.known_at
    FROM (SELECT * FROM (
"""
_TAIL = """
    ) every WHERE at <= %s ORDER BY at DESC, kind, pk DESC LIMIT %s) u
    LEFT JOIN auth_user usr ON usr.id = u.user_id
    LEFT JOIN crm_source src ON src.id = u.source_id
    LEFT JOIN consent_purpose pur ON pur.id = u.purpose_id
    LEFT JOIN consent_notice n ON n.id = u.notice_id
    ORDER BY u.at DESC, u.kind, u.pk DESC
"""
# Says of which types the columns are: what follows may be null throughout.
_TYPES = """
    SELECT CAST('' AS text) AS kind, CAST('' AS text) AS code, since AS at, id AS pk, id AS point_id,
           CAST('' AS text) AS actor, CAST(NULL AS integer) AS user_id, id AS source_id, id AS batch_id,
           id AS purpose_id, CAST('' AS text) AS channel, id AS notice_id, CAST('' AS text) AS note,
           CAST('' AS text) AS more, since AS known_at
    FROM p WHERE 1 = 0
"""

_BRANCHES: dict[Kind, tuple[str, ...]] = {
    Kind.TAG: (
        """SELECT 'tag', h.history_type, h.history_date, h.history_id, NULL, h.history_actor, h.history_user_id,
                  h.history_source_id, h.history_batch_id, NULL, h.history_channel, NULL, t.name,
                  h.history_change_reason, NULL
           FROM crm_historicalcontacttag h LEFT JOIN crm_tag t ON t.id = h.tag_id WHERE h.contact_id IN ({contacts})""",
    ),
    Kind.IMPORT: (
        """SELECT 'import', s.kind, r.obtained_at, r.id, p.id, COALESCE(b.actor, ''), b.uploaded_by_id, s.id,
                  r.batch_id, NULL, '', NULL, COALESCE(CAST(r.row AS text), ''), r.notice_exempt, r.collected_at
           FROM p JOIN crm_provenance r ON r.point_id = p.id JOIN crm_source s ON s.id = r.source_id
           LEFT JOIN crm_importbatch b ON b.id = r.batch_id""",
    ),
    Kind.NOTICE: (
        """SELECT 'notice', 'told', r.notice_sent_at, r.id, p.id, '', NULL, r.source_id, r.batch_id, NULL, '', NULL,
                  '', '', NULL
           FROM p JOIN crm_provenance r ON r.point_id = p.id WHERE r.notice_sent_at IS NOT NULL""",
    ),
    Kind.ENTRY: (
        """SELECT 'entry', e.act, e.occurred_at, e.id, p.id, e.actor_name, e.actor_user_id, e.source_id, e.batch_id,
                  e.purpose_id, e.channel, e.notice_id, e.method, '', e.recorded_at
           FROM p JOIN consent_consentevent e ON e.point_id = p.id""",
    ),
    Kind.SUPPRESSION: (
        """SELECT 'suppression', s.extent, s.since, s.id, p.id, s.actor_name, s.actor_user_id, NULL, NULL,
                  s.purpose_id, s.channel, NULL, s.reason, '', s.recorded_at
           FROM p JOIN consent_suppression s ON s.line_id = p.line_id""",
        """SELECT 'suppression', 'lifted', s.lifted_at, s.id, p.id, '', NULL, NULL, NULL, s.purpose_id, s.channel,
                  NULL, s.lifted_reason, '', NULL
           FROM p JOIN consent_suppression s ON s.line_id = p.line_id WHERE s.lifted_at IS NOT NULL""",
    ),
    Kind.CHALLENGE: (
        """SELECT 'challenge', 'asked', c.created_at, c.id, p.id, '', NULL, NULL, NULL, NULL, '', NULL, '', '', NULL
           FROM p JOIN consent_challenge c ON c.point_id = p.id""",
        """SELECT 'challenge', c.outcome, c.closed_at, c.id, p.id, '', NULL, NULL, NULL, NULL, '', NULL, '', '', NULL
           FROM p JOIN consent_challenge c ON c.point_id = p.id WHERE c.closed_at IS NOT NULL""",
    ),
    Kind.SENT: (
        """SELECT 'sent', m.kind, COALESCE(m.sent_at, m.created_at), m.id, p.id, '', NULL, NULL, NULL, NULL, 'sms',
                  NULL, m.state, '', NULL
           FROM p JOIN consent_outgoingmessage m ON m.line_id = p.line_id
           WHERE m.created_at >= p.since AND (p.until IS NULL OR m.created_at <= p.until)""",
    ),
    Kind.RECEIVED: (
        """SELECT 'received', m.meaning, m.occurred_at, m.id, p.id, '', NULL, NULL, NULL, NULL, 'sms', NULL, m.state,
                  m.finding, m.received_at
           FROM p JOIN consent_inboundmessage m ON m.line_id = p.line_id
           WHERE m.received_at >= p.since AND (p.until IS NULL OR m.received_at <= p.until)""",
    ),
    Kind.REQUEST: (
        """SELECT 'request', 'received', r.received_at, r.id, NULL, 'person', NULL, NULL, NULL, NULL, '', NULL, r.kind,
                  r.came_by, NULL
           FROM consent_subjectrequest r WHERE r.contact_id IN ({contacts})""",
        """SELECT 'request', r.state, r.closed_at, r.id, NULL, '', r.closed_by_id, NULL, NULL, NULL, '', NULL, r.kind,
                  r.answer, NULL
           FROM consent_subjectrequest r WHERE r.contact_id IN ({contacts}) AND r.closed_at IS NOT NULL""",
    ),
    Kind.DISCLOSURE: (
        """SELECT 'disclosure', 'given', d.at, d.id, NULL, d.actor_name, d.actor_user_id, NULL, NULL, d.purpose_id, '',
                  NULL, d.recipient, d.note, NULL
           FROM consent_disclosure d WHERE d.contact_id IN ({contacts})""",
    ),
    Kind.LOOK: (
        """SELECT 'look', a.kind, a.at, a.id, NULL, a.actor_name, a.actor_user_id, NULL, NULL, NULL, '', NULL,
                  a.reason, a.format, NULL
           FROM consent_accessrecord a WHERE {in_scope}""",
    ),
    Kind.HOLD: (
        """SELECT 'hold', 'placed', h.placed_at, h.id, h.point_id, '', h.author_id, h.source_id, NULL, NULL, '', NULL,
                  h.reason, '', h.ends_at
           FROM consent_legalhold h WHERE {held}""",
        """SELECT 'hold', 'released', h.released_at, h.id, h.point_id, '', NULL, h.source_id, NULL, NULL, '', NULL, '',
                  '', NULL
           FROM consent_legalhold h WHERE h.released_at IS NOT NULL AND ({held})""",
    ),
    Kind.RECEIPT: (
        """SELECT 'receipt', r.action, r.erased_at, r.id, p.id, r.actor_name, r.actor_user_id, NULL, NULL, NULL,
                  '', NULL, COALESCE(NULLIF(r.reason, ''), r.trigger), COALESCE(o.name, ''), r.due_at
           FROM p JOIN consent_receipt r ON r.point_id = p.id
           LEFT JOIN consent_retentionpolicy o ON o.id = r.policy_id""",
        """SELECT 'receipt', r.action, r.erased_at, r.id, NULL, r.actor_name, r.actor_user_id, NULL, NULL, NULL,
                  '', NULL, r.reason, '', r.due_at
           FROM consent_receipt r WHERE r.point_id IS NULL AND r.contact_ref IN ({contacts})""",
    ),
}
_HELD = """h.contact_id IN ({contacts}) OR h.point_id IN (SELECT id FROM p) OR h.source_id IN (
    SELECT r.source_id FROM p JOIN crm_provenance r ON r.point_id = p.id)"""
# By the index on what was looked at, where the database can look into JSON by an index.
_IN_SCOPE = {
    "postgresql": """a.scope @> CAST('{{"contacts": [{contact}]}}' AS jsonb)""",
    "sqlite": "EXISTS (SELECT 1 FROM json_each(a.scope, '$.contacts') WHERE value = {contact})",
}


def listed(ids: Sequence[int]) -> str:
    """Return ids as SQL lists them."""
    return ", ".join(str(int(pk)) for pk in ids)


def sql(kinds: frozenset[Kind], *, contact_ids: Sequence[int], vendor: str) -> str:
    """Return the one query for the events of these kinds, or "" where none of them stands in it.

    Its parameters are the time until which, and how many are wanted. contact_ids: of the rows of one person.
    """
    branches = [branch for kind, some in _BRANCHES.items() if kind in kinds for branch in some]
    if not branches:
        return ""
    contacts = listed(contact_ids)
    in_scope = " OR ".join(_IN_SCOPE[vendor].format(contact=int(pk)) for pk in contact_ids)
    named = {"contacts": contacts, "held": _HELD.format(contacts=contacts), "in_scope": in_scope}
    return _HEAD.format(contacts=contacts) + " UNION ALL ".join([_TYPES, *branches]).format(**named) + _TAIL
