"""`prove ENTRY | --point ID [--out FILE]`: the proof file that shows entries of the ledger to be sealed."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from consent import proofs
from consent.models import ConsentEvent
from crm.management.base import Answer, JsonCommand, new_file, wrong_use


class Command(JsonCommand):
    """Without --out the file is printed. Exit code 1 when an entry is not sealed yet, or is not what was sealed."""

    help = "Give the proof of one entry, or of all entries of a contact point, as a file that verify_proof checks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("entry", nargs="?", type=int, metavar="ENTRY", help="the id of an entry")
        parser.add_argument("--point", type=int, metavar="ID", help="all entries of this contact point")
        parser.add_argument("--out", type=Path, metavar="FILE", help="the file to make; one that is there stays")

    def answer(self, **options: Any) -> Answer:
        """Return the proof, or what is in the file that was made."""
        if (options["entry"] is None) == (options["point"] is None):
            raise wrong_use("Name an entry, or a contact point with --point.")
        wanted = {"pk": options["entry"]} if options["point"] is None else {"point": options["point"]}
        entries = list(ConsentEvent.objects.select_related("notice").filter(**wanted))
        if not entries:
            raise wrong_use("The ledger has no such entry.")
        try:
            proof = proofs.prove(entries=entries)
        except proofs.NotSealed as error:
            return Answer({"not_sealed": error.entries}, fault=True)
        except proofs.Broken as error:
            return Answer({"not_what_was_sealed": [error.entry]}, fault=True)
        if options["out"] is None:
            return Answer(proof)
        try:
            with new_file(options["out"]) as out:
                out.write(json.dumps(proof, ensure_ascii=False, indent=1).encode() + b"\n")
        except OSError as error:
            raise wrong_use(f"--out: {error.strerror}: {options['out']}") from None
        seals = [seal["number"] for seal in proof["seals"]]
        return Answer({"file": str(options["out"]), "entries": [entry.pk for entry in entries], "seals": seals})

    def render(self, data: dict[str, Any]) -> None:
        """Print the proof as it stands in a file; or what is in the one that was made."""
        if "format" in data:
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))
        else:
            super().render(data)
