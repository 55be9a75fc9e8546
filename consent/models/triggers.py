"""The database rules of consent that constraints cannot say: the ledger only grows, published wording stays."""

from crm.triggers import Trigger

TRIGGERS = (
    Trigger(
        name="consent_ledger_is_append_only",
        table="consent_consentevent",
        refuse="the ledger is append-only",
        events="BEFORE UPDATE OR DELETE",
        postgres="{refuse};",
        sqlite=(
            "BEFORE UPDATE ON consent_consentevent BEGIN {refuse}; END",
            "BEFORE DELETE ON consent_consentevent BEGIN {refuse}; END",
            # INSERT OR REPLACE deletes the row in its way without firing the trigger above.
            """BEFORE INSERT ON consent_consentevent
               WHEN EXISTS (SELECT 1 FROM consent_consentevent WHERE id = NEW.id OR uid = NEW.uid)
               BEGIN {refuse}; END""",
        ),
    ),
    Trigger(
        name="consent_ledger_is_not_truncated",
        table="consent_consentevent",
        refuse="the ledger is append-only",
        events="BEFORE TRUNCATE",
        level="STATEMENT",
        postgres="{refuse};",
        sqlite=(),  # SQLite has no TRUNCATE: a DELETE without WHERE fires the row trigger above
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
)
