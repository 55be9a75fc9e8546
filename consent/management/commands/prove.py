"""`prove ENTRY | --point ID [--out FILE | --folder DIR]`: what shows that entries of the ledger are sealed."""

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone

from consent import proofs
from consent.models import ConsentEvent
from crm.management.base import Answer, JsonCommand, new_file, wrong_use
from crm.models import Actor

ACTOR = Actor.command("prove")


class Command(JsonCommand):
    """Without --out the file is printed. Exit code 1 when an entry is not sealed yet, or is not what was sealed."""

    help = (
        "Give the proof of one entry, or of all entries of a contact point, as a file that verify_proof checks; with "
        "--folder, also the consent certificate of each entry to print (HTML and PDF), and its receipt (JSON)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("entry", nargs="?", type=int, metavar="ENTRY", help="the id of an entry")
        parser.add_argument("--point", type=int, metavar="ID", help="all entries of this contact point")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--out", type=Path, metavar="FILE", help="the file to make; one that is there stays")
        where.add_argument(
            "--folder",
            type=Path,
            metavar="DIR",
            help="the folder to make, with proof, certificates and receipts; certificates name the person",
        )

    def answer(self, **options: Any) -> Answer:
        """Return the proof, or what is in the file that was made."""
        if (options["entry"] is None) == (options["point"] is None):
            raise wrong_use("Name an entry, or a contact point with --point.")
        wanted = {"pk": options["entry"]} if options["point"] is None else {"point": options["point"]}
        related = ("notice", "purpose", "source", "point__contact", "point__line")
        entries = list(ConsentEvent.objects.select_related(*related).filter(**wanted).order_by("pk"))
        if not entries:
            raise wrong_use("The ledger has no such entry.")
        try:
            if options["folder"]:
                return self._folder(options["folder"], entries)
            proof = proofs.prove(entries=entries)
        except proofs.NotSealed as error:
            return Answer({"not_sealed": error.entries}, fault=True)
        except proofs.Broken as error:
            return Answer({"not_what_was_sealed": [error.entry]}, fault=True)
        if options["out"] is None:
            return Answer(proof)
        try:
            with new_file(options["out"]) as out:
                out.write(proofs.as_json(proof))
        except OSError as error:
            raise wrong_use(f"--out: {error.strerror}: {options['out']}") from None
        seals = [seal["number"] for seal in proof["seals"]]
        return Answer({"file": str(options["out"]), "entries": [entry.pk for entry in entries], "seals": seals})

    def _folder(self, folder: Path, entries: Sequence[ConsentEvent]) -> Answer:
        names: list[str] = []
        try:
            for name, content in proofs.dossier(entries=entries, actor=ACTOR, at=timezone.now()):
                if not names:
                    folder.mkdir(mode=0o700)
                with new_file(folder / name) as out:
                    out.write(content)
                names.append(name)
        except OSError as error:
            raise wrong_use(f"--folder: {error.strerror}: {folder}") from None
        return Answer({"folder": str(folder), "entries": [entry.pk for entry in entries], "files": names})

    def render(self, data: dict[str, Any]) -> None:
        """Print the proof as it stands in a file; or what is in the one that was made."""
        if "format" in data:
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
        else:
            super().render(data)
