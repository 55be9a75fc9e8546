"""Whom do we hold, and where from: contacts, their numbers, sources, imports. Also the project shell."""

from crm.celery import app as celery_app

__all__ = ["celery_app"]
