"""PostgreSQL samples real values into pg_statistic, where they outlive their rows: not of this column."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def set_statistics(target: str):  # type: ignore[no-untyped-def]
    def run(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(f"ALTER TABLE crm_phonenumber ALTER COLUMN number SET STATISTICS {target}")

    return run


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_contact_data")]

    operations = [migrations.RunPython(set_statistics("0"), set_statistics("-1"))]
