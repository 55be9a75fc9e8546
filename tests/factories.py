"""Small makers of test data. People and numbers come in by `intake.store`, as everywhere."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User
from django.utils import timezone

from consent import ledger
from consent.models import CollectionPoint, ConsentEvent, Method, Notice, Purpose, RetentionPolicy
from consent.rules.lines import Channel
from consent.rules.states import Act
from crm import approvals, intake
from crm.models import (
    Actor,
    Approval,
    Contact,
    ContactPoint,
    ContactTag,
    ImportBatch,
    Origin,
    Source,
    Tag,
    attributed_to,
)

TESTER = Actor("tester")
# A day, not now: what a test says of time does not depend on when it is run.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

_numbers = count()


def number(index: int | None = None) -> str:
    """Return a number from the range reserved for drama and tests: +1 NPA 555-0100 to 0199, a mobile or fixed line."""
    index = next(_numbers) if index is None else index
    areas = ("202", "212", "213", "303", "312", "404", "415", "503", "617", "702", "713", "786")
    return f"+1{areas[(index // 100) % len(areas)]}5550{100 + index % 100}"


def origin(at: datetime = NOON) -> Origin:
    """Return the origin of what a test changes."""
    return Origin(TESTER, at, "test")


def source(slug: str = "web", **values: Any) -> Source:
    """Return the source `slug`, a web form unless `values` say otherwise."""
    values = {"name": slug.title(), "kind": Source.Kind.WEB_FORM} | values
    if values["kind"] == Source.Kind.THIRD_PARTY:
        values = {"supplier": "Lists Ltd", "lawful_basis": "consent"} | values
    with attributed_to(origin()):
        return Source.objects.get_or_create(slug=slug, defaults=values)[0]


def batch(of: Source | None = None, **values: Any) -> ImportBatch:
    """Return a staged batch without a file."""
    values = {"file_name": "people.csv", "digest": "0" * 64, "actor": "tester", "created_at": NOON} | values
    return ImportBatch.objects.create(source=of or source(), **values)


def purpose(slug: str = "news", **values: Any) -> Purpose:
    """Return the purpose `slug`, on consent and for both channels unless `values` say otherwise."""
    values = {"name": slug.title(), "basis": "consent", "channels": ["sms", "call"]} | values
    with attributed_to(origin()):
        return Purpose.objects.get_or_create(slug=slug, defaults=values)[0]


def notice(of: Purpose, *, version: int = 1, language: str = "en") -> Notice:
    """Return a published notice of a purpose."""
    return Notice.objects.get_or_create(
        purpose=of,
        version=version,
        language=language,
        defaults={"text": f"May we contact you about {of.name}?", "published_at": NOON - timedelta(days=400)},
    )[0]


def place(slug: str = "form", *, asks: Sequence[Purpose] = (), **values: Any) -> CollectionPoint:
    """Return a collection point, a web form in English unless `values` say otherwise, that asks for these purposes.

    Each purpose has a published notice in each of its languages.
    """
    kind = values.get("kind", "web_form")
    values = {"name": slug.title(), "kind": kind, "languages": ["en"]} | values
    values.setdefault("source", source(f"source-{kind}".replace("_", "-"), kind=kind, default_region="US"))
    with attributed_to(origin()):
        made = CollectionPoint.objects.get_or_create(slug=slug, defaults=values)[0]
    made.purposes.add(*asks)
    for each in asks:
        for language in made.languages:
            notice(each, language=language)
    return made


def point(
    e164: str | None = None,
    *,
    at: datetime = NOON - timedelta(days=100),
    of: Source | None = None,
    **profile: str,
) -> ContactPoint:
    """Return a new contact's point at a number."""
    profile = profile or {"given_name": f"Person {next(_numbers)}"}
    row = intake.Row(profile=profile, numbers=[intake.Number(e164 or number())])
    stored = intake.store(row, source=of or source(), actor=TESTER, at=at, reason="test")
    return ContactPoint.objects.get(pk=stored.point_ids[0])


def contact(numbers: Sequence[str] = (), *, at: datetime = NOON - timedelta(days=100), **profile: str) -> Contact:
    """Return a new contact with these numbers."""
    profile = profile or {"given_name": f"Person {next(_numbers)}"}
    row = intake.Row(profile=profile, numbers=[intake.Number(text) for text in numbers])
    stored = intake.store(row, source=source(), actor=TESTER, at=at, reason="test")
    return Contact.objects.get(pk=stored.contact_id or 0)


def entry(
    at_point: ContactPoint,
    act: Act = Act.GIVEN,
    *,
    of: Purpose | None = None,
    channel: Channel = Channel.SMS,
    at: datetime = NOON - timedelta(days=90),
    **values: Any,
) -> ConsentEvent:
    """Record an act in the ledger, with the notice it needs."""
    of = of or purpose()
    if act in (Act.GIVEN, Act.REQUESTED, Act.CONFIRMED, Act.RENEWED):
        values.setdefault("notice", notice(of))
    return ledger.record(
        point=at_point,
        purpose=of,
        channel=channel,
        act=act,
        occurred_at=at,
        method=Method.WEB_FORM,
        actor=TESTER,
        **values,
    )


def policy(trigger: str = "consent_withdrawn", *, action: str = "purge", **values: Any) -> RetentionPolicy:
    """Return an active retention policy that acts at once unless `values` say otherwise."""
    slug = values.pop("slug", f"{trigger}-{action}")
    with attributed_to(origin()):
        return RetentionPolicy.objects.create(slug=slug, name=slug, trigger=trigger, action=action, **values)


def tag(slug: str = "volunteer") -> Tag:
    """Return the tag `slug`."""
    return Tag.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]


def tagged(contact: Contact, slug: str = "volunteer") -> ContactTag:
    """Give a contact the tag `slug`."""
    with attributed_to(origin()):
        return ContactTag.objects.create(contact=contact, tag=tag(slug))


def approval(obj: Any = None, *, by: User | None = None, at: datetime | None = None, **values: Any) -> Approval:
    """Return what waits for a second person: the erasure of a contact, unless `values` say otherwise."""
    values = {
        "kind": Approval.Kind.ERASE,
        "act": "consent.admin.contact_acts.Erase",
        "said": {"reason": ["request"]},
    } | values
    obj = obj or contact()
    return approvals.ask(
        model=type(obj),
        object_id=obj.pk,
        by=by or user("asker", role="Compliance officer"),
        at=at or timezone.now(),
        **values,
    )


def user(name: str = "sam", *, role: str = "", **values: Any) -> User:
    """Return a staff account, in the group `role` where one is named."""
    account, _created = User.objects.get_or_create(username=name, defaults={"is_staff": True} | values)
    if role:
        account.groups.add(Group.objects.get(name=role))
    return account
