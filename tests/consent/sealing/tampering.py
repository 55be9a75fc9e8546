"""Tampering with the ledger as somebody would who rules the database: by raw SQL, with its triggers out of the way."""

from consent.models.triggers import TRIGGERS
from crm import triggers
from tests.raw import POSTGRES, execute


def past_the_triggers(*statements: str) -> None:
    """Run statements that the triggers would refuse, and put the triggers back."""
    if POSTGRES:
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks that wait cannot be altered
    triggers.remove(TRIGGERS)
    for statement in statements:
        execute(statement)
    triggers.install(TRIGGERS)


def deleting(entry_id: int) -> tuple[str, ...]:
    """Return the statements by which an entry goes, with what points to it."""
    return (
        f"DELETE FROM consent_consent WHERE last_entry_id = {entry_id}",
        f"DELETE FROM consent_evidence WHERE entry_id = {entry_id}",
        f"DELETE FROM consent_consentevent WHERE id = {entry_id}",
    )
