"""Arguments that several commands take, and what is said of wrong ones."""

from consent.models import Purpose
from crm.management.base import wrong_use


def purpose_named(slug: str) -> Purpose:
    """Return the purpose `slug`. Raises CommandError (exit code 2) naming the one that is not there."""
    purpose = Purpose.objects.filter(slug=slug).first()
    if purpose is None:
        raise wrong_use(f"--purpose: there is no purpose {slug!r}.")
    return purpose
