"""The peer: what a first version looks like. The number stands on the person, and simple-history copies it."""

import time
from datetime import datetime
from hashlib import sha256

from django.db import connection, models, transaction
from django.utils import timezone
from phonenumber_field.modelfields import PhoneNumberField
from simple_history.models import HistoricalRecords


class WithHistory(models.Model):
    """Has a history as it comes. The records are inherited, as their own class must be of an installed app."""

    history = HistoricalRecords(inherit=True, app="benchmarks")

    class Meta:
        abstract = True


class Person(WithHistory):
    """A person with a number and what they agreed to, in one row."""

    given_name = models.CharField(max_length=100, blank=True)
    family_name = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    address = models.TextField(blank=True)
    phone = PhoneNumberField(null=True, unique=True)
    label = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=60, blank=True)
    ip = models.GenericIPAddressField(null=True)
    consented_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True, db_index=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return f"Person {self.pk}"


class Refused(models.Model):
    """A number that must not come back, by its digest."""

    digest = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField()

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return f"Refused {self.pk}"


class Erasure(models.Model):
    """That a person was erased."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    reason = models.CharField(max_length=60)
    erased_at = models.DateTimeField()

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return f"Erasure {self.pk}"


MODELS = (Person, Person.history.model, Refused, Erasure)


def create_tables() -> None:
    """Make the tables of these models, which no migration knows."""
    with connection.schema_editor() as editor:
        for model in MODELS:
            editor.create_model(model)


def copy_people(people: int, history: int) -> None:
    """Copy the first people of the benchmark, who are due, with so many rows of history each. The tables are there."""
    own = ", ".join(f'"{field.column}"' for field in Person._meta.concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO benchmarks_person ({own})
                SELECT p.id, c.given_name, c.family_name, c.email, c.address, l.number, p.label, 'web', '192.0.2.1',
                    s.given_at, s.since, NULL
                FROM crm_contactpoint p JOIN crm_contact c ON c.id = p.contact_id
                JOIN crm_phonenumber l ON l.id = p.line_id
                JOIN consent_consent s ON s.point_id = p.id
                WHERE s.status = 'withdrawn' ORDER BY p.id LIMIT %s""",
            [people],
        )
        cursor.execute(
            f"""INSERT INTO benchmarks_historicalperson ({own}, history_date, history_type)
                SELECT {own}, consented_at + k * interval '1 hour', CASE WHEN k = 1 THEN '+' ELSE '~' END
                FROM generate_series(1, %s) k, benchmarks_person ORDER BY k, id""",
            [history],
        )
        cursor.execute("ANALYZE")


def anonymize(as_of: datetime) -> float:
    """Erase everyone who had withdrawn by then, one after the other; return the seconds that it took."""
    began = time.perf_counter()
    for person in Person._default_manager.filter(withdrawn_at__lte=as_of, erased_at=None).iterator():
        with transaction.atomic():
            digest = sha256(str(person.phone).encode()).hexdigest()
            _blank(person)
            person.erased_at = timezone.now()
            person.save()
            for row in person.history.all():
                _blank(row)
                row.save()
            Refused._default_manager.create(digest=digest, since=person.erased_at)
            Erasure._default_manager.create(person=person, reason="withdrawn", erased_at=person.erased_at)
    return time.perf_counter() - began


def _blank(row: models.Model) -> None:
    for name in ("given_name", "family_name", "email", "address", "label"):
        setattr(row, name, "")
    row.phone = row.ip = None  # type: ignore[attr-defined]
