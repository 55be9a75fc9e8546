"""All that can be handed over about entries of the ledger, as files: to a court, or to the person."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from consent.models import ConsentEvent
from consent.proofs.certificate import certificate_of
from consent.proofs.printing import pdf
from consent.proofs.proving import prove
from consent.proofs.receipt import receipt_of
from consent.proofs.sheet import put_on_record, sheet_of
from crm.models import Actor


def dossier(*, entries: Sequence[ConsentEvent], actor: Actor, at: datetime) -> Iterator[tuple[str, bytes]]:
    """Yield files by name: the proof of all entries, and of each its certificate as HTML and PDF, and its receipt.

    Certificates are made at `at` (aware), now, and on record before the first file is. Raises NotSealed, Broken,
    NaiveTimestamp.
    """
    proof = prove(entries=entries)
    certificates = [certificate_of(entry=entry, at=at) for entry in entries]
    put_on_record(certificates, format="html, pdf", actor=actor)
    yield "proof.json", as_json(proof)
    style = Path(str(finders.find("consent/certificate.css"))).read_text()
    for certificate in certificates:
        entry, sheet = certificate.entry, sheet_of(certificate)
        page = render_to_string("admin/certificate.html", {"sheet": sheet, "entry": entry, "style": style})
        yield f"certificate-{entry.pk}.html", page.encode()
        yield f"certificate-{entry.pk}.pdf", pdf(sheet)
        yield f"receipt-{entry.pk}.json", as_json(receipt_of(entry=entry))


def as_json(content: dict[str, Any]) -> bytes:
    """Return what is handed over as JSON that people can read too."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
