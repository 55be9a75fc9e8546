"""What the database keeps beside its tables."""

from django.db import connection


def flush_residue() -> None:
    """Rewrite what the database keeps beside its tables: SQLite's write-ahead log still holds the old pages."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
