"""System checks of the consent app."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, register

from consent.models.triggers import TRIGGERS
from crm.checks import missing_triggers


@register(Tags.database)
def check_triggers(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """The ledger is append-only and published notices stay, or nothing may be served."""
    return missing_triggers(TRIGGERS, databases, id="consent.E010")
