"""`import_contacts FILE --source SLUG`: import a list of people with its provenance and consents; or undo it."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from consent import undoing
from consent.management.base import GuardedCommand
from consent.resources import EvidenceResource
from crm.faults import message
from crm.imports import presets, rejected, run, staging, upload
from crm.imports.reading import UnreadableFile
from crm.imports.undo import KEPT, REVERSED, NotUndone
from crm.logs import mask_text
from crm.management.base import Answer, wrong_use
from crm.models import Actor, ImportBatch, ImportFault, Outcome, Source

# What is not imported for now, and waits for --accept-flagged.
FLAGS = ("premium_rate", "shared_line")
ACTOR = Actor.command("import_contacts")


class Command(GuardedCommand):
    """Exit code 1 when a row was rejected; the others were imported all the same."""

    help = (
        "Import contacts from a file with a header row: CSV or another text in columns, XLSX, XLS or ODS; or of vCards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, nargs="?", metavar="FILE")
        parser.add_argument("--source", metavar="SLUG", help="the source that the data comes from; needed with FILE")
        parser.add_argument("--region", default="", help="for numbers without a country code, such as GB")
        parser.add_argument(
            "--mapping", type=Path, metavar="FILE.json", help='what the columns mean: {"header": "field", ...}'
        )
        names = ", ".join(preset.name for preset in presets.PRESETS)
        parser.add_argument("--preset", metavar="NAME", help=f"the program that wrote the file: {names}")
        parser.add_argument("--overwrite", action="store_true", help="overwrite what is there, but never a no")
        parser.add_argument(
            "--accept-flagged", action="store_true", help="import premium-rate numbers and numbers that many share"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument(
            "--rejected", type=Path, metavar="OUT.csv", help="write the rejected rows there, with the reason"
        )
        parser.add_argument(
            "--undo", type=int, metavar="BATCH", help="take back what this import brought, instead of importing"
        )

    def answer(self, **options: Any) -> Answer:
        """Import the file and return the counts and the faults; or undo an import."""
        if options["undo"] is not None:
            return self._undo(options)
        missing = [name for name, value in (("FILE", options["file"]), ("--source", options["source"])) if not value]
        if missing:
            raise wrong_use(f"the following arguments are required: {', '.join(missing)}")
        source = Source.objects.filter(slug=options["source"]).first()
        if source is None:
            raise wrong_use(f"--source: there is no source {options['source']!r}.")
        options["columns"] = _mapping_in(options["mapping"])
        if options["columns"] is not None and options["preset"]:
            raise wrong_use("--preset: the mapping says already what the columns mean; give one of the two.")
        if options["preset"] and presets.by_name(options["preset"]) is None:
            names = ", ".join(preset.name for preset in presets.PRESETS)
            raise wrong_use(f"--preset: there is no preset {options['preset']!r}; there are: {names}.")
        path: Path = options["file"]
        # What is said of a file ends in mails and logs, and its name may hold a number.
        name = mask_text(path.name)
        try:
            with path.open("rb") as file, _rejected_rows(options["rejected"], of=path) as out:
                chunks = iter(lambda: file.read(1 << 20), b"")
                batch, faults = self._import(chunks, path.name, source, options)
                if out:
                    rejected.write(out, of=path, faults=faults)
        except OSError as error:
            raise wrong_use(f"FILE: {name}: {error.strerror}.") from None
        except UnreadableFile as error:
            raise wrong_use(f"FILE: {name}: {error}") from None
        before = upload.imported_before(batch)
        # The database gives JSON back in an order of its own.
        counts = {outcome.value: batch.counts[outcome] for outcome in Outcome}
        data = {
            "batch": None if options["dry_run"] else batch.pk,
            "dry_run": options["dry_run"],
            "source": source.slug,
            "rows": sum(counts.values()),
            "counts": counts,
            "columns": batch.mapping,
            "already_imported": before.pk if before else None,
            "faults": [{"line": f.line, "column": f.column, "code": f.code, "reason": message(f.code)} for f in faults],
        }
        return Answer(data, fault=counts[Outcome.REJECTED] > 0)

    def render(self, data: dict[str, Any]) -> None:
        """Print the counts, then a line for each rejected row."""
        if "undone" in data:
            self.stdout.write(f"Import {data['undone']} is undone.")
            for does, words in (("reversed", REVERSED), ("kept", KEPT)):
                # In the order of the words: the database gives JSON back in an order of its own.
                for name in (name for name in words if name in data[does]):
                    self.stdout.write(f"  {does}: {data[does][name]} {words[name]}")
            return
        head = "Dry run, nothing was written" if data["dry_run"] else f"Import {data['batch']}"
        counts = ", ".join(f"{number} {outcome}" for outcome, number in data["counts"].items())
        self.stdout.write(f"{head}: {data['rows']} rows from {data['source']}: {counts}.")
        if data["already_imported"]:
            self.stdout.write(f"  this very file was imported before, as import {data['already_imported']}")
        for fault in data["faults"]:
            does = "waits" if fault["code"] in FLAGS else "rejected"
            where = f"line {fault['line']}" + (f", {fault['column']}" if fault["column"] else "")
            self.stdout.write(f"  {does} {where}: {fault['reason']}")

    def _undo(self, options: dict[str, Any]) -> Answer:
        alone = {"file", "source", "region", "dry_run", "rejected", "mapping", "preset", "overwrite", "accept_flagged"}
        if any(options[name] for name in alone):
            raise wrong_use("--undo: an import is undone as a whole; give its number and nothing else.")
        batch = ImportBatch.objects.filter(pk=options["undo"]).first()
        if batch is None:
            raise wrong_use("--undo: there is no import of this number.")
        try:
            done = undoing.undo(batch, actor=ACTOR, at=timezone.now())
        except NotUndone as error:
            raise wrong_use(f"--undo: {error}") from None
        return Answer({"undone": batch.pk, "reversed": dict(done.reversed), "kept": dict(done.kept)})

    def _import(
        self, chunks: Any, name: str, source: Source, options: dict[str, Any]
    ) -> tuple[ImportBatch, list[ImportFault]]:
        now = timezone.now()
        how: Any = {"resource": EvidenceResource, "actor": ACTOR, "at": now}
        staged: Any = {"file_name": name, "source": source, "region": options["region"]}
        staged |= {name: options[name] for name in ("overwrite", "accept_flagged")}
        staged |= {"columns": options["columns"], "preset": options["preset"] or ""}
        if options["dry_run"]:
            with transaction.atomic():
                batch = upload.stage(chunks, **staged, **how)
                try:
                    faults = run.dry_run(batch, **how)
                finally:
                    staging.drop(batch.staged_name)
                transaction.set_rollback(True)
            return batch, faults
        batch = upload.stage(chunks, **staged, **how)
        run.confirm(batch, actor=ACTOR, at=now)
        run.commit(batch, resource=EvidenceResource, at=now)
        return batch, list(batch.faults.all())


def _mapping_in(path: Path | None) -> dict[str, Any] | None:
    """Return the mapping that a file holds, to be checked against the columns. Raises CommandError."""
    if path is None:
        return None
    name = mask_text(path.name)
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise wrong_use(f"--mapping: {name}: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise wrong_use(f"--mapping: {name}: this is no JSON.") from None
    if not isinstance(found, dict):
        raise wrong_use(f'--mapping: {name}: it should be an object: {{"header": "field", ...}}.')
    return found


@contextmanager
def _rejected_rows(path: Path | None, *, of: Path) -> Iterator[IO[str] | None]:
    """Open the file for rejected rows before anything is imported; it goes again when nothing comes of it."""
    if path is None:
        yield None
        return
    if path.exists() and path.samefile(of):
        raise wrong_use("--rejected: this is the file that is to be imported.")
    try:
        out = rejected.create(path)
    except OSError as error:
        raise wrong_use(f"--rejected: {path.name}: {error.strerror}.") from None
    with out:
        try:
            yield out
        except BaseException:
            path.unlink(missing_ok=True)
            raise
