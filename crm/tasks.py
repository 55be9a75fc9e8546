"""Jobs on the contact data. A task translates its call into one verb; it takes and returns no data of people."""

import logging

from celery import shared_task
from django.utils import timezone

from crm import approvals, finding, residue
from crm.imports import staging
from crm.models import LeaseTaken

log = logging.getLogger(__name__)


@shared_task
def clear_staged_files() -> None:
    """Delete staged files, and what searches for numbers have found, that have waited too long, hourly."""
    staging.clear(at=timezone.now())
    finding.forget(at=timezone.now())


@shared_task
def close_approvals() -> None:
    """Close what has waited for a second person for too long, and forget what was said of it, hourly."""
    approvals.expire(at=timezone.now())


@shared_task
def clean_residue() -> None:
    """Rewrite what erasures have left in the files of the database, after the nightly purge. One at a time."""
    try:
        cleaned = residue.clean(at=timezone.now())
    except LeaseTaken as taken:
        log.info("residue: %s", taken)
    else:
        log.info("residue: %s rewritten, %s left", len(cleaned.done), len(cleaned.left))
