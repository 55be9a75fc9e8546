"""`import_contacts FILE --source SLUG`: import a list of people with its provenance and consents."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from consent.resources import EvidenceResource
from crm.faults import message
from crm.imports import run, staging
from crm.imports.reading import UnreadableFile
from crm.logs import mask_text
from crm.management.base import Answer, JsonCommand, wrong_use
from crm.models import Actor, ImportBatch, ImportFault, Outcome, Source

ACTOR = Actor.command("import_contacts")


class Command(JsonCommand):
    """Exit code 1 when a row was rejected; the others were imported all the same."""

    help = (
        "Import contacts from a file with a header row: CSV or another text in columns, XLSX, XLS or ODS; or of vCards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--source", required=True, metavar="SLUG", help="the source that the data comes from")
        parser.add_argument("--region", default="", help="for numbers without a country code, such as GB")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")

    def answer(self, **options: Any) -> Answer:
        """Import the file and return the counts and the faults."""
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise wrong_use(f"--source: there is no source {options['source']!r}.")
        path: Path = options["file"]
        # What is said of a file ends in mails and logs, and its name may hold a number.
        name = mask_text(path.name)
        try:
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(1 << 20), b"")
                batch, faults = self._import(chunks, path.name, source, options)
        except OSError as error:
            raise wrong_use(f"FILE: {name}: {error.strerror}.") from None
        except UnreadableFile as error:
            raise wrong_use(f"FILE: {name}: {error}") from None
        # The database gives JSON back in an order of its own.
        counts = {outcome.value: batch.counts[outcome] for outcome in Outcome}
        data = {
            "batch": None if options["dry_run"] else batch.pk,
            "dry_run": options["dry_run"],
            "source": source.slug,
            "rows": sum(counts.values()),
            "counts": counts,
            "columns": batch.mapping,
            "faults": [{"line": f.line, "column": f.column, "code": f.code, "reason": message(f.code)} for f in faults],
        }
        return Answer(data, fault=counts[Outcome.REJECTED] > 0)

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, then a line for each rejected row."""
        head = "Dry run, nothing was written" if data["dry_run"] else f"Import {data['batch']}"
        counts = ", ".join(f"{number} {outcome}" for outcome, number in data["counts"].items())
        self.stdout.write(f"{head}: {data['rows']} rows from {data['source']}: {counts}.")
        for fault in data["faults"]:
            where = f"line {fault['line']}" + (f", {fault['column']}" if fault["column"] else "")
            self.stdout.write(f"  rejected {where}: {fault['reason']}")

    def _import(
        self, chunks: Any, name: str, source: Source, options: dict[str, Any]
    ) -> tuple[ImportBatch, list[ImportFault]]:
        now = timezone.now()
        how: Any = {"resource": EvidenceResource, "actor": ACTOR, "at": now}
        staged = {"file_name": name, "source": source, "region": options["region"]}
        if options["dry_run"]:
            with transaction.atomic():
                batch = run.stage(chunks, **staged, **how)
                try:
                    faults = run.dry_run(batch, **how)
                finally:
                    staging.drop(batch.staged_name)
                transaction.set_rollback(True)
            return batch, faults
        batch = run.stage(chunks, **staged, **how)
        run.confirm(batch, actor=ACTOR, at=now)
        run.commit(batch, resource=EvidenceResource, at=now)
        return batch, list(batch.faults.all())
