"""`verify_proof FILE [--seals SEALS]`: does a proof file prove what it says? It asks no database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from consent.rules import proof
from consent.sealing import publishing
from crm.management.base import Answer, JsonCommand, wrong_use

# A proof of a contact point with a hundred thousand entries is not that long.
MOST_BYTES = 256 * 1024 * 1024


class Command(JsonCommand):
    """Exit code 1 when anything is wrong with the file; each fault says what."""

    help = "Check a proof file, without a database; with --seals, also against the published seals."
    # Whoever checks a proof need not have the rest of an installation.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, metavar="FILE", help="a file made by prove")
        parser.add_argument("--seals", type=Path, metavar="SEALS", help="the published file of seals (SEALS_PATH)")

    def answer(self, **options: Any) -> Answer:
        """Return the entries, their seals, and what is wrong."""
        published, wrong = None, []
        try:
            if options["seals"]:
                outside = publishing.read(options["seals"])
                if not outside.exists:
                    raise wrong_use(f"--seals: there is no file {options['seals']}")
                published = {number: seal.digest for number, seal in outside.seals.items()}
                wrong += [f"the file of seals: {detail}" for _number, detail in outside.wrong]
                wrong += [f"the file of seals has seal {number} twice" for number in outside.forks]
            with options["file"].open("rb") as file:
                content = file.read(MOST_BYTES)
        except OSError as error:
            raise wrong_use(f"{error.filename}: {error.strerror}") from None
        checked = proof.check(content, published=published)
        wrong += checked.wrong
        data = {
            "valid": not wrong,
            "entries": list(checked.entries),
            "seals": [{"number": seal.number, "digest": seal.digest} for seal in checked.seals],
            "checked_against_published_seals": published is not None,
            "wrong": wrong,
        }
        return Answer(data, fault=bool(wrong))

    def render(self, data: dict[str, Any]) -> None:
        """Print what was shown, and each fault as a line."""
        self.stdout.write("The proof is valid." if data["valid"] else "The proof is NOT valid.")
        self.stdout.write(f"entries: {', '.join(map(str, data['entries'])) or '-'}")
        for seal in data["seals"]:
            self.stdout.write(f"seal {seal['number']}: {seal['digest']}")
        if data["valid"] and not data["checked_against_published_seals"]:
            self.stdout.write("Compare the digests with the published ones, or name the file with --seals.")
        for line in data["wrong"]:
            self.stdout.write(f"wrong: {line}")
