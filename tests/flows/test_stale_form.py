"""A form that was open in a browser during the night's purge brings nobody back in the morning."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from consent import retention
from consent.models import Method
from consent.withdrawal import withdraw
from crm import traces
from crm.models import NIGHTLY, Contact
from tests import factories

pytestmark = pytest.mark.django_db


def filled_in(page: Any) -> dict[str, str]:
    """Return what the browser would send for a form as it was served."""
    context = page.context_data
    bound = [
        context["adminform"].form,
        *(inline.formset.management_form for inline in context["inline_admin_formsets"]),
    ]
    data: dict[str, str] = {}
    for form in bound:
        for field in form:
            value = field.value()
            data[field.html_name] = "" if value is None else str(value)
    return data


def test_a_form_opened_before_the_purge_and_saved_after_it_brings_nothing_back():
    editor = Client()
    editor.force_login(factories.user("ed", role="Editor"))
    point = factories.point(given_name="Ada", email="ada@example.com")
    number, page = point.line.e164, f"/admin/crm/contact/{point.contact_id}/change/"
    factories.entry(point)
    factories.policy()
    opened = editor.get(page)
    stale = filled_in(opened)
    assert stale["given_name"] == "Ada"

    withdraw(number, at=timezone.now(), reason="stop", method=Method.SMS, actor=factories.TESTER)
    retention.run(as_of=timezone.now(), actor=NIGHTLY)
    saved = editor.post(page, stale | {"points-TOTAL_FORMS": "1", "points-0-number": number, "points-0-label": "home"})

    contact = Contact.objects.get(pk=point.contact_id)
    assert (contact.status, contact.given_name, contact.email) == (Contact.Status.ERASED, "", "")
    assert not contact.points.filter(erased_at=None).exists()
    assert list(traces.find(number)) == []
    assert b"erased" in saved.content if saved.status_code == 200 else saved.status_code in (302, 403)
