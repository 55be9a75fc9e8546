"""Jobs on the contact data. A task translates its call into one verb; it takes and returns no data of people."""

from celery import shared_task
from django.utils import timezone

from crm.imports import staging


@shared_task
def clear_staged_files() -> None:
    """Delete staged files that have waited too long, hourly."""
    staging.clear(at=timezone.now())
