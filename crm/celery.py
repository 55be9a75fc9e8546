"""The Celery application: configured from Django settings under the CELERY_ prefix."""

import os

from celery import Celery

from crm import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")

broker.install()
app = Celery("ringfence")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
