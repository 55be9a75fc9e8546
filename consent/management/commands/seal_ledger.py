"""`seal_ledger`: seal what the ledger has grown by, as the nightly and the hourly job do."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from consent import sealing
from crm.management.base import Answer, JsonCommand, wrong_use
from crm.models import Actor, LeaseTaken

ACTOR = Actor.command("seal_ledger")


class Command(JsonCommand):
    """Exit code 1 when the file of seals and the database tell different stories: see verify_ledger."""

    help = "Seal every entry of the ledger that is under no seal yet, and write the seals out."

    def answer(self, **options: Any) -> Answer:
        """Seal, and return the last seal that was made."""
        try:
            made = sealing.seal(actor=ACTOR, at=timezone.now())
        except LeaseTaken as taken:
            raise wrong_use(f"{taken}.") from None
        except sealing.SealsDisagree as error:
            return Answer({"seal": None, "entries": 0, "digest": None, "refused": str(error)}, fault=True)
        except OSError as error:
            raise wrong_use(f"SEALS_PATH: {error.strerror}: {settings.SEALS_PATH}") from None
        said = (made.number, made.entries, made.digest) if made else (None, 0, None)
        return Answer({**dict(zip(("seal", "entries", "digest"), said, strict=True)), "refused": None})
