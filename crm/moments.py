"""Moments as staff read them, in their own time zone."""

from datetime import datetime

from django.utils import formats, timezone


def moment(at: datetime | None) -> str:
    """Return a moment (aware) as staff read it, in the current time zone; a dash for none."""
    return formats.date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "—"
