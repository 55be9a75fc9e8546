"""Arguments that several commands take, and what is said of wrong ones."""

from consent.models import Purpose
from crm import phones
from crm.management.base import wrong_use


def purpose_named(slug: str) -> Purpose:
    """Return the purpose `slug`. Raises CommandError (exit code 2) naming the one that is not there."""
    purpose = Purpose.objects.filter(slug=slug).first()
    if purpose is None:
        raise wrong_use(f"--purpose: there is no purpose {slug!r}.")
    return purpose


def reason_told(text: str, *, region: str) -> str:
    """Return a reason that says something and holds no number. Raises CommandError (exit code 2)."""
    if phones.mentions_number(text, region=region or None):
        raise wrong_use("--reason: there is a phone number in the reason.")
    if not text.strip():
        raise wrong_use("--reason: say how we learned of it.")
    return text
