"""The peer: what one builds from django-import-export and simple-history as they come, on the same models."""

import csv
import time
from pathlib import Path
from typing import Any

import tablib
from django.utils import timezone
from import_export import resources
from phonenumber_field.phonenumber import to_python

from consent.models import Consent, ConsentEvent, Evidence, Notice, Purpose
from crm.models import (
    Contact,
    ContactPoint,
    Origin,
    PhoneNumber,
    Provenance,
    Source,
    attributed_to,
    current_fingerprint,
)
from tests.factories import TESTER

_FIELDS = {"Given name": "given_name", "Family name": "family_name", "E-mail": "email", "Company": "organisation"}


class StockResource(resources.ModelResource):
    """Contacts by e-mail, each with its number and consent saved beside it."""

    class Meta:
        model = Contact
        fields = tuple(_FIELDS.values())
        import_id_fields = ("email",)

    def after_save_instance(self, instance: Contact, row: Any, **kwargs: Any) -> None:
        """Save what belongs to the contact."""
        now, source, purpose = timezone.now(), Source.objects.get(slug="web"), Purpose.objects.get(slug="news")
        notice = Notice.objects.get(purpose=purpose, version=row["Wording version"])
        e164 = to_python(row["Phone"], region="US").as_e164
        key_id, key = current_fingerprint(e164)
        line, _new = PhoneNumber.objects.get_or_create(number_key=key, defaults={"number": e164, "key_id": key_id})
        point = ContactPoint.objects.create(contact=instance, line=line, since=now, is_primary=True)
        Provenance.objects.create(point=point, source=source, obtained_at=now)
        entry = ConsentEvent.objects.create(
            point=point,
            purpose=purpose,
            channel="sms",
            act="given",
            occurred_at=row["Given at"],
            notice=notice,
            source=source,
            method="web_form",
            actor_name="stock",
            evidence_digest="0" * 64,
        )
        Evidence.objects.create(entry=entry, ip=row["Consent IP"], salt="0" * 64)
        Consent.objects.create(
            point=point,
            purpose=purpose,
            channel="sms",
            status="given",
            since=row["Given at"],
            given_at=row["Given at"],
            notice=notice,
            source=source,
            last_entry=entry,
        )


def load(path: Path) -> float:
    """Import the file by the stock resource, as it does by itself; return the seconds, without those of a preview."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader)
        dataset = tablib.Dataset(*reader, headers=[_FIELDS.get(name, name) for name in header])
    began = time.perf_counter()
    with attributed_to(Origin(TESTER, timezone.now(), "stock")):
        result = StockResource().import_data(dataset, raise_errors=True, use_transactions=True)
    assert not result.has_errors()
    return time.perf_counter() - began
