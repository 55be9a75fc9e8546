"""Every field of every model says what it is to the person, and what erasure writes over it is valid there."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from consent import withdrawal
from consent.ledger import Proof
from consent.models import (
    Challenge,
    Disclosure,
    Evidence,
    InboundMessage,
    LegalHold,
    Method,
    SubjectRequest,
    Suppression,
)
from consent.retention import erase, run
from consent.rules.states import Act
from crm.models import LIBRARY_MODELS, Approval, Contact, ContactPoint, PhoneNumber, Privacy, Provenance, attributed_to
from crm.models.history import HistoryRow
from crm.traces.contacts import not_blank
from tests import capturing, factories
from tests.crm.traces.planted import everywhere
from tests.factories import NOON, TESTER

OURS = ("crm", "consent")
ALL_MODELS = apps.get_models(include_auto_created=True, include_swapped=True)
OUR_MODELS = [model for model in ALL_MODELS if model._meta.app_label in OURS]
THEIR_MODELS = [model for model in ALL_MODELS if model._meta.app_label not in OURS]


def declaration(model: type[models.Model]) -> Privacy | None:
    """Return what the model says of itself; a history says what its model says, and more of its own."""
    if issubclass(model, HistoryRow):
        of: Any = model
        held: Privacy = of.instance_type.privacy
        own = HistoryRow.privacy
        return Privacy(
            personal={**held.personal, **own.personal},
            reference=held.reference | own.reference,
            exempt={**held.exempt, **own.exempt},
        )
    return vars(model).get("privacy")


def fields(model: type[models.Model]) -> set[str]:
    return {field.name for field in model._meta.get_fields() if field.concrete and not field.many_to_many}


def faults(model: type[models.Model]) -> Iterable[str]:
    """Yield what is wrong with a model's declaration."""
    privacy = declaration(model)
    if privacy is None:
        yield "says nothing"
        return
    yield from (f"{name} is not declared" for name in sorted(fields(model) - privacy.names()))
    yield from (f"{name} does not exist" for name in sorted(privacy.names() - fields(model)))
    several = [*privacy.personal, *privacy.reference, *privacy.exempt]
    yield from (f"{name} is declared twice" for name in sorted(set(several)) if several.count(name) > 1)
    yield from (f"{name} is exempt without a ground" for name, ground in privacy.exempt.items() if not ground)


def is_link(model: type[models.Model]) -> bool:
    """Whether this is a many-to-many table of Django's own making: a pair of ids."""
    return bool(model._meta.auto_created)


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_every_field_of_our_models_is_declared_once(model: type[models.Model]) -> None:
    if is_link(model):
        kinds = {type(field) for field in model._meta.concrete_fields}
        assert kinds <= {models.BigAutoField, models.ForeignKey}
    else:
        assert list(faults(model)) == []


@pytest.mark.parametrize("model", THEIR_MODELS, ids=lambda model: model._meta.label)
def test_every_model_of_a_library_is_accounted_for(model: type[models.Model]) -> None:
    if not is_link(model):
        assert LIBRARY_MODELS.get(model._meta.label)


def test_no_library_model_is_named_that_is_not_installed() -> None:
    assert set(LIBRARY_MODELS) <= {model._meta.label for model in THEIR_MODELS}


def test_the_walk_has_seen_histories_and_links() -> None:
    assert sum(issubclass(model, HistoryRow) for model in OUR_MODELS) >= 7
    assert any(is_link(model) for model in OUR_MODELS)
    assert len(OUR_MODELS) > 20


@pytest.mark.parametrize(
    ("privacy", "expected"),
    [
        (None, ["says nothing"]),
        (Privacy(reference=frozenset({"id"})), ["words is not declared"]),
        (Privacy(personal={"words": "", "gone": ""}, reference=frozenset({"id"})), ["gone does not exist"]),
        (Privacy(personal={"words": ""}, reference=frozenset({"id", "words"})), ["words is declared twice"]),
        (
            Privacy(reference=frozenset({"id"}), exempt={"words": ""}),
            ["words is exempt without a ground"],
        ),
        (Privacy(personal={"words": ""}, reference=frozenset({"id"})), []),
    ],
)
def test_the_walk_finds_a_declaration_that_is_wrong(privacy: Privacy | None, expected: list[str]) -> None:
    name = f"Walked{abs(hash(str(privacy)))}"
    try:
        model = type(
            name,
            (models.Model,),
            {
                "__module__": __name__,
                "Meta": type("Meta", (), {"app_label": "crm"}),
                "words": models.TextField(),
                **({"privacy": privacy} if privacy else {}),
            },
        )
        assert list(faults(model)) == expected
    finally:
        apps.all_models["crm"].pop(name.lower(), None)
        apps.clear_cache()


def line() -> PhoneNumber:
    found = factories.point().line
    assert found is not None
    return found


def evidence() -> Evidence:
    return factories.entry(factories.point(), evidence=Proof(ip="192.0.2.1", message="YES")).evidence


def hold() -> LegalHold:
    with attributed_to(factories.origin()):
        return LegalHold.objects.create(contact=factories.contact(), reason="claim", placed_at=NOON)


def provenance() -> Provenance:
    return Provenance.objects.get(point=factories.point())


def suppression() -> Suppression:
    return Suppression.objects.create(line=line(), extent="contact", reason="test", since=NOON, actor_name=TESTER.name)


# A saved row of each model that holds something personal, and what erasure sets beside the blanks.
SAVED: dict[type[models.Model], tuple[Callable[[], models.Model], dict[str, Any]]] = {
    Contact: (factories.contact, {"status": "erased", "erased_at": NOON}),
    ContactPoint: (factories.point, {"erased_at": NOON}),
    PhoneNumber: (line, {"erased_at": NOON}),
    Provenance: (provenance, {}),
    Evidence: (evidence, {}),
    LegalHold: (hold, {}),
    Suppression: (suppression, {"lifted_at": NOON, "lifted_authority": "person"}),
    Challenge: (capturing.challenge, {"closed_at": NOON, "outcome": "ended"}),
    InboundMessage: (capturing.inbound, {}),
    SubjectRequest: (capturing.subject_request, {}),
    Disclosure: (capturing.disclosure, {}),
    Approval: (factories.approval, {}),
}
PERSONAL = [model for model in OUR_MODELS if (found := declaration(model)) and found.personal]


def test_every_model_that_holds_something_personal_is_tried() -> None:
    assert {model for model in PERSONAL if not issubclass(model, HistoryRow)} == set(SAVED)


@pytest.mark.django_db
@pytest.mark.parametrize("model", SAVED, ids=lambda model: model._meta.label)
def test_the_blanks_of_erasure_are_accepted_by_the_database(model: type[models.Model]) -> None:
    make, beside = SAVED[model]
    row = make()
    privacy = declaration(model)
    assert privacy is not None
    manager = model._default_manager
    assert manager.filter(pk=row.pk).update(**privacy.personal, **beside) == 1
    again = manager.values(*privacy.personal).get(pk=row.pk)
    assert again == dict(privacy.personal)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "model", [model for model in PERSONAL if issubclass(model, HistoryRow)], ids=lambda model: model._meta.label
)
def test_the_blanks_of_erasure_are_accepted_by_the_history(model: type[models.Model]) -> None:
    fill_every_history()
    privacy = declaration(model)
    assert privacy is not None
    manager = model._default_manager
    assert manager.update(**privacy.personal) > 0
    for row in manager.values(*privacy.personal):
        assert row == dict(privacy.personal)


def everything_about(number: str) -> Contact:
    """Return a contact at `number` of whom a row of every model that holds something personal tells."""
    contact = everywhere(number)
    point = contact.points.get()
    assert point.line is not None
    capturing.challenge(point)
    factories.approval(contact)
    with attributed_to(factories.origin()):
        ended = LegalHold.objects.create(contact=contact, reason="claim", placed_at=NOON)
        ended.released_at = NOON
        ended.save()
    Suppression.objects.create(
        line=point.line, extent="contact", reason="test", since=NOON, actor_name=TESTER.name, lifted_at=NOON,
        lifted_reason="rang and said so", lifted_authority="person",
    )  # fmt: skip
    # Their makers bring other people along.
    Contact.objects.exclude(pk=contact.pk)._raw_delete("default")
    Contact.history.exclude(id=contact.pk).delete()
    return contact


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["request", "purge", "anonymize"])
def test_an_erasure_writes_every_blank(action: str) -> None:
    """Every personal field of every row is filled, and after an erasure, of whatever kind, blank or gone."""
    contact = everything_about(number := factories.number())
    rows: list[tuple[type[models.Model], str]] = []
    for model in PERSONAL:
        privacy = declaration(model)
        assert privacy is not None
        if not model._default_manager.exists():
            assert issubclass(model, HistoryRow)
            assert not model.instance_type.privacy.personal  # type: ignore[attr-defined]
            continue
        for name in privacy.personal:
            if filling := FILLINGS.get(type(model._meta.get_field(name))):
                model._default_manager.update(**{name: filling})
                rows.append((model, name))
    assert {model for model, _name in rows} >= set(SAVED) - {PhoneNumber, Challenge}
    if action == "request":
        erase(contact, reason="request", actor=TESTER, at=NOON)
    else:
        factories.policy(action=action)
        withdrawal.withdraw(number, at=NOON, reason="test", method=Method.STAFF, actor=TESTER)
        run(as_of=NOON, actor=TESTER)
    for model, name in rows:
        if issubclass(model, HistoryRow) and not model.instance_type.privacy.personal:  # type: ignore[attr-defined]
            continue  # why a consent changed is a code of the ledger's
        filling = FILLINGS[type(model._meta.get_field(name))]
        assert not model._default_manager.filter(**{name: filling}).exists(), f"{model._meta.label}.{name}"
    contact.refresh_from_db()
    assert list(not_blank(contact)) == []


# What a field of a kind can hold that no blank is; others (a number, an address, a digest) are filled by their makers.
FILLINGS: dict[type, Any] = {models.CharField: "xx", models.TextField: "filled", models.JSONField: {"a": ["filled"]}}


def fill_every_history() -> None:
    point = factories.point(given_name="Ann", notes="rings twice")
    factories.entry(point, Act.GIVEN)
    factories.policy()
    capturing.collection_point()
    factories.tagged(point.contact)
    with attributed_to(factories.origin()):
        LegalHold.objects.create(contact=point.contact, reason="claim", placed_at=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_the_table_has_exactly_the_columns_that_are_declared(model: type[models.Model]) -> None:
    """A column that no field knows would hold what no declaration names."""
    with connection.cursor() as cursor:
        # Not by Django's introspection: on SQLite it stumbles over the checks that an added column brings.
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)} WHERE 1 = 0")
        columns = {column[0] for column in cursor.description}
    assert columns == {field.column for field in model._meta.concrete_fields}
