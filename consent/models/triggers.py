"""The database rules of consent that constraints cannot say: what only grows, and published wording stays."""

from collections.abc import Sequence

from crm.triggers import Trigger


def _append_only(
    name: str, *, table: str, keys: Sequence[str], refuse: str, deleted_when: str = "1 = 0"
) -> tuple[Trigger, Trigger]:
    """Return the triggers by which rows of a table are added and nothing else.

    keys: its unique columns; those that are unique together are one key, with commas. deleted_when: the one case, as
    SQL over OLD, in which a row may go.
    """
    taken = " OR ".join(" AND ".join(f"{name} = NEW.{name}" for name in key.split(",")) for key in keys)
    return (
        Trigger(
            name=f"{name}_is_append_only",
            table=table,
            refuse=refuse,
            events="BEFORE UPDATE OR DELETE",
            postgres=f"IF TG_OP = 'DELETE' AND ({deleted_when}) THEN RETURN OLD; END IF; {{refuse}};",
            sqlite=(
                f"BEFORE UPDATE ON {table} BEGIN {{refuse}}; END",
                f"BEFORE DELETE ON {table} WHEN NOT ({deleted_when}) BEGIN {{refuse}}; END",
                # INSERT OR REPLACE deletes the row in its way without firing the trigger above.
                f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608
                " BEGIN {refuse}; END",
            ),
        ),
        Trigger(
            name=f"{name}_is_not_truncated",
            table=table,
            refuse=refuse,
            events="BEFORE TRUNCATE",
            level="STATEMENT",
            postgres="{refuse};",
            sqlite=(),  # SQLite has no TRUNCATE: a DELETE without WHERE fires the row trigger above
        ),
    )


# Whoever a hold is on.
_IS_ERASED = (
    "(EXISTS (SELECT 1 FROM crm_contact WHERE id = NEW.contact_id AND (erased_at IS NOT NULL OR status = 'merged'))"
    " OR EXISTS (SELECT 1 FROM crm_contactpoint WHERE id = NEW.point_id AND erased_at IS NOT NULL))"
)

# The entry whose proof ends, and the last use of it that is said.
_SEALED_AND_ERASED = """EXISTS (
    SELECT 1 FROM consent_consentevent e
    JOIN consent_sealedentry s ON s.entry_id = e.id JOIN crm_contactpoint p ON p.id = e.point_id
    WHERE e.id = NEW.entry_id AND p.erased_at <= NEW.last_used_at AND e.occurred_at <= NEW.last_used_at
)"""

TRIGGERS = (
    *_append_only(
        "consent_ledger",
        table="consent_consentevent",
        keys=("id", "uid"),
        refuse="the ledger is append-only",
        # The end of a proof is written down first, and only of a sealed entry whose point is erased.
        deleted_when="EXISTS (SELECT 1 FROM consent_endedproof WHERE entry_id = OLD.id)",
    ),
    *_append_only(
        "consent_ended_proofs",
        table="consent_endedproof",
        keys=("entry_id",),
        refuse="that a proof has ended is never taken back",
    ),
    Trigger(
        name="consent_proof_ends_of_sealed_and_erased",
        table="consent_endedproof",
        refuse="only the proof of a sealed entry ends, after its contact point was erased",
        events="BEFORE INSERT",
        postgres=f"IF NOT {_SEALED_AND_ERASED} THEN {{refuse}}; END IF; RETURN NEW;",
        sqlite=(f"BEFORE INSERT ON consent_endedproof WHEN NOT {_SEALED_AND_ERASED} BEGIN {{refuse}}; END",),
    ),
    *_append_only(
        "consent_journal_marks",
        table="consent_journalmark",
        keys=("seq",),
        refuse="what the journal has done stays done",
    ),
    *_append_only(
        "consent_access",
        table="consent_accessrecord",
        keys=("id",),
        refuse="access records are append-only",
    ),
    *_append_only(
        "consent_seals",
        table="consent_seal",
        keys=("number", "digest", "previous"),
        refuse="seals are append-only",
    ),
    *_append_only(
        "consent_leaves",
        table="consent_sealedentry",
        keys=("entry_id", "seal_id,position"),
        refuse="what was sealed stays sealed",
    ),
    Trigger(
        name="consent_published_notice_stays",
        table="consent_notice",
        refuse="a published notice never changes",
        events="BEFORE UPDATE OR DELETE",
        postgres="""
            IF OLD.published_at IS NOT NULL THEN {refuse}; END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,
        sqlite=(
            # UPDATE OR REPLACE deletes the row in its way without firing the trigger below.
            """BEFORE UPDATE ON consent_notice
               WHEN OLD.published_at IS NOT NULL OR EXISTS (
                 SELECT 1 FROM consent_notice WHERE published_at IS NOT NULL AND id <> OLD.id AND (id = NEW.id
                 OR (purpose_id = NEW.purpose_id AND language = NEW.language AND version = NEW.version)))
               BEGIN {refuse}; END""",
            "BEFORE DELETE ON consent_notice WHEN OLD.published_at IS NOT NULL BEGIN {refuse}; END",
            """BEFORE INSERT ON consent_notice
               WHEN EXISTS (SELECT 1 FROM consent_notice WHERE published_at IS NOT NULL AND (id = NEW.id
                 OR (purpose_id = NEW.purpose_id AND language = NEW.language AND version = NEW.version)))
               BEGIN {refuse}; END""",
        ),
    ),
    Trigger(
        name="consent_published_notices_are_not_truncated",
        table="consent_notice",
        refuse="a published notice never changes",
        events="BEFORE TRUNCATE",
        level="STATEMENT",
        postgres="{refuse};",
        sqlite=(),
    ),
    Trigger(
        name="consent_hold_waits_for_erasures",
        table="consent_legalhold",
        refuse="",  # it refuses nothing: whoever places a hold waits for the chunks that are being erased
        events="BEFORE INSERT OR UPDATE OF contact_id, point_id, source_id, placed_at, ends_at, released_at",
        # The other half is consent.retention.purging.lock_holds, and the key is the table's own number.
        postgres="PERFORM pg_advisory_xact_lock(TG_RELID::bigint); RETURN NEW;",
        sqlite=(),  # SQLite has a single writer
    ),
    # Whoever places one looks first; an erasure may come in between, and nothing would ever blank the reason.
    # PostgreSQL fires triggers in order of name: this one must come after any that waits for erasures to end.
    Trigger(
        name="consent_holds_are_on_nobody_erased",
        table="consent_legalhold",
        refuse="this was erased or merged: there is nothing left to hold",
        events="BEFORE INSERT OR UPDATE OF contact_id, point_id",
        postgres=f"IF {_IS_ERASED} THEN {{refuse}}; END IF; RETURN NEW;",
        sqlite=tuple(
            f"BEFORE {event} ON consent_legalhold WHEN {_IS_ERASED} BEGIN {{refuse}}; END"
            for event in ("INSERT", "UPDATE OF contact_id, point_id")
        ),
    ),
)
