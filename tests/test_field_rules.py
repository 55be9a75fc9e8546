"""Who may see what is in a field, by whatever way it could reach them. The table below is the rule.

Each field is given a value that stands nowhere else, and everything that a group can ask for is searched for it: every
page of the admin with its lists, forms and history, what fills in as one types, search, exports and the API.
"""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client

from consent.api.app import api
from consent.models import AccessRecord
from crm.exports import FORMATS
from crm.models import Contact
from tests import factories, signing_in
from tests.consent.api.program import ROOT
from tests.proving import pdf_text
from tests.raw import POSTGRES
from tests.test_admin_matrix import COLUMNS, address, objects, table

pytestmark = [
    pytest.mark.django_db,
    # Who may see what is the same on either database.
    pytest.mark.skipif(POSTGRES, reason="tried with SQLite"),
]
__all__ = ["objects"]

# "s": may see it. "-": sees nothing of it, anywhere. Numbers are masked for everybody: what shows them in full asks
# why, is a right of its own and is written down, as tests/consent/admin/test_exporting.py tries.
FIELDS = """
field                           Read  Edit  Import  Officer  Retention  Admin
crm.PhoneNumber.number          -     -     -       -        -          -
crm.Contact.notes               s     s     s       s        s          s
crm.Contact.email               s     s     s       s        s          s
crm.HistoricalContact.notes     s     s     s       s        s          s
crm.Source.contract_reference   s     s     s       s        s          s
consent.Evidence.message        -     -     -       s        s          s
consent.Evidence.shown          -     -     -       s        s          s
consent.Evidence.user_agent     -     -     -       s        s          s
consent.Evidence.salt           -     -     -       -        -          -
consent.InboundMessage.body     -     -     -       s        -          s
consent.Suppression.lifted_reason  -  -     -       s        s          s
consent.LegalHold.reason        -     -     -       s        s          s
consent.SubjectRequest.answer   -     s     -       s        s          s
consent.Disclosure.note         -     -     -       s        s          s
consent.AccessRecord.reason     -     -     -       s        -          s
consent.ApiKey.digest           -     -     -       -        -          -
consent.Challenge.code_digest   -     -     -       -        -          -
auth.User.email                 -     -     -       -        -          s
auth.User.password              -     -     -       -        -          -
mfa.Authenticator.data          -     -     -       -        -          -
"""


def rules() -> dict[str, dict[str, bool]]:
    """Read the table: field -> role -> whether they may see it."""
    rows = [line.split() for line in FIELDS.strip().splitlines()[1:]]
    return {field: dict(zip(COLUMNS, (cell == "s" for cell in cells), strict=True)) for field, *cells in rows}


@pytest.fixture
def planted(objects: dict[str, Any]) -> dict[str, str]:
    """Give every field of the table a value that stands nowhere else, and return them by field."""
    line = objects["crm_phonenumber"]
    values = {"crm.PhoneNumber.number": line.e164[2:]}
    assert signing_in.app_of(objects["auth_user"])
    for index, field in enumerate(rules()):
        label, name = field.rsplit(".", 1)
        if field in values:
            continue
        values[field] = value = f"zq{index:02}wx"
        model = apps.get_model(label)
        rows = model._base_manager.all()
        assert rows.exists(), field
        if model is User:
            rows = rows.filter(pk=objects["auth_user"].pk)
        if model is Contact:
            rows = rows.exclude(status=Contact.Status.ERASED)
        if model is AccessRecord:
            taken = rows.get()
            taken.pk, taken.reason = None, value
            taken.save(force_insert=True)
        elif model is Authenticator:
            rows.update(data={"secret": value})
        else:
            rows.update(**{name: f"{value}@example.com" if name == "email" else value})
    return values


def asked_for(client: Client, objects: dict[str, Any], values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield where, and what, somebody gets to read who asks for everything."""
    for page in table():
        if not page.endswith("_delete"):
            yield page, text_of(client.get(address(page, objects)))
    for model, kept in admin.site._registry.items():
        where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for value in values.values():
            if kept.search_fields:
                yield f"search of {model._meta.label}", text_of(client.get(where, {"q": value}))
        for name in kept.autocomplete_fields:
            asks = {"app_label": model._meta.app_label, "model_name": str(model._meta.model_name), "field_name": name}
            yield f"choices of {model._meta.label}.{name}", text_of(client.get("/admin/autocomplete/", asks))
    for value in values.values():
        for more in ({}, {"extended": "1"}):
            yield "search of the admin", text_of(client.get("/admin/search/", {"s": value, **more}))
    for name in FORMATS:
        said = {"format": name, "shown": "masked", "reason": "to be searched"}
        yield f"export as {name}", text_of(client.post("/admin/crm/contact/export/", said))


def text_of(answer: Any) -> str:
    """Return the text of an answer without what was asked for, which a page of search repeats."""
    if answer.status_code != 200:
        return ""
    content = answer.getvalue() if answer.streaming else answer.content
    if content.startswith(b"%PDF"):
        return pdf_text(content)
    if content.startswith(b"PK"):
        book = zipfile.ZipFile(io.BytesIO(content))
        return "".join(book.read(name).decode() for name in book.namelist())
    text: str = content.decode()
    asked = answer.request["QUERY_STRING"].partition("=")[2].partition("&")[0]
    return text.replace(asked, "") if asked.startswith("zq") and answer.request["QUERY_STRING"][:2] == "q=" else text


@pytest.mark.parametrize("role", COLUMNS)
def test_a_group_sees_of_each_field_what_the_table_says(
    role: str,
    objects: dict[str, Any],
    planted: dict[str, str],
) -> None:
    client = Client()
    client.force_login(factories.user("member", role=role))
    seen: dict[str, set[str]] = {field: set() for field in planted}
    for where, text in asked_for(client, objects, planted):
        for field, value in planted.items():
            if value in text:
                seen[field].add(where)
    wrong = [
        f"{field}: {sorted(places) or 'nowhere'}"
        for field, places in seen.items()
        if bool(places) != rules()[field][role]
    ]
    assert wrong == []


def test_the_api_gives_no_field_of_a_person() -> None:
    """A program is told of consent by a number that it knows; it is never given one, nor who is behind it."""
    document = json.loads(Client().get(f"{ROOT}/openapi.json").content)
    answers = {
        name
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for answer in operation.get("responses", {}).values()
        for name in names_in(answer, document)
    }
    assert answers
    secret = {"notes", "email", "given_name", "family_name", "address", "number", "ip", "user_agent", "shown"}
    assert answers.isdisjoint(secret | {"message", "body", "salt", "digest"}), answers & secret
    assert api.title == "Ringfence"


def names_in(schema: Any, document: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the properties that an answer of the API's document has, however deep."""
    if isinstance(schema, list):
        for each in schema:
            yield from names_in(each, document)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {})
        for key, value in schema.items():
            if key == "$ref":
                named = document
                for step in value.removeprefix("#/").split("/"):
                    named = named[step]
                yield from names_in(named, document)
            elif key not in ("example", "examples"):
                yield from names_in(value, document)
