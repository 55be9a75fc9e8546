"""The database rules of the contact data that constraints cannot say."""

from crm.triggers import Trigger

# By the database's own clock, whatever settings say: CNIL, fingerprints of who must not be contacted, three years.
_KEPT_LONG_ENOUGH = {
    "postgres": "COALESCE(OLD.erased_at <= now() - interval '3 years', false)",
    "sqlite": "COALESCE(OLD.erased_at <= datetime('now', '-3 years'), 0)",
}

TRIGGERS = (
    Trigger(
        name="crm_number_never_changes",
        table="crm_phonenumber",
        refuse="a number never changes but to null; an erased line keeps its fingerprint",
        events="BEFORE UPDATE OR DELETE",
        postgres=f"""
            IF TG_OP = 'DELETE' THEN
                IF OLD.number IS NULL AND NOT {_KEPT_LONG_ENOUGH["postgres"]} THEN {{refuse}}; END IF;
                RETURN OLD;
            END IF;
            IF (NEW.number IS NOT NULL AND NEW.number IS DISTINCT FROM OLD.number)
               OR NEW.id <> OLD.id
               OR (OLD.number IS NULL AND (NEW.number_key <> OLD.number_key OR NEW.key_id <> OLD.key_id))
               OR (OLD.number IS NULL AND NEW.erased_at IS DISTINCT FROM OLD.erased_at)
               OR (NEW.reopened_at IS NOT NULL AND OLD.number IS NOT NULL)
               OR (OLD.reopened_at IS NOT NULL AND NEW.reopened_at IS DISTINCT FROM OLD.reopened_at)
               OR (OLD.reopened_at IS NOT NULL AND NEW.reopened_as_id IS DISTINCT FROM OLD.reopened_as_id)
            THEN {{refuse}}; END IF;
            RETURN NEW;
        """,
        sqlite=(
            """BEFORE UPDATE ON crm_phonenumber
               WHEN (NEW.number IS NOT NULL AND NEW.number IS NOT OLD.number)
                 OR NEW.id <> OLD.id
                 OR (OLD.number IS NULL AND (NEW.number_key <> OLD.number_key OR NEW.key_id <> OLD.key_id))
                 OR (OLD.number IS NULL AND NEW.erased_at IS NOT OLD.erased_at)
                 OR (NEW.reopened_at IS NOT NULL AND OLD.number IS NOT NULL)
                 OR (OLD.reopened_at IS NOT NULL AND NEW.reopened_at IS NOT OLD.reopened_at)
                 OR (OLD.reopened_at IS NOT NULL AND NEW.reopened_as_id IS NOT OLD.reopened_as_id)
                 -- UPDATE OR REPLACE deletes the row in its way without firing any trigger of its own.
                 OR (NEW.reopened_at IS NULL AND EXISTS (
                   SELECT 1 FROM crm_phonenumber
                   WHERE number_key = NEW.number_key AND reopened_at IS NULL AND id <> OLD.id))
               BEGIN {refuse}; END""",
            # INSERT OR REPLACE deletes the row in its way without firing any trigger of its own.
            """BEFORE INSERT ON crm_phonenumber
               WHEN EXISTS (
                 SELECT 1 FROM crm_phonenumber
                 WHERE id = NEW.id OR (number_key = NEW.number_key AND reopened_at IS NULL))
               BEGIN {refuse}; END""",
            # Without its tombstone an erased number could come back.
            f"""BEFORE DELETE ON crm_phonenumber
                WHEN OLD.number IS NULL AND NOT {_KEPT_LONG_ENOUGH["sqlite"]} BEGIN {{refuse}}; END""",
        ),
    ),
)
