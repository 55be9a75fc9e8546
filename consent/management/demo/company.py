"""A small company: Finch & Harbour, garden centres. Its sources, purposes, wordings, policies and people."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from consent import ledger, withdrawal
from consent.management.demo import people, places, story, waiting
from consent.models import LegalHold, Method, Notice, Purpose, RetentionPolicy
from consent.rules.lines import Channel
from consent.rules.states import Act
from consent.rules.times import add_months
from crm import intake
from crm.models import Actor, ContactPoint, Origin, Provenance, Source, attributed_to

DEMO = Actor("demo")
PEOPLE = 420
US = "Finch & Harbour"


@dataclass(frozen=True, slots=True)
class Company:
    """What the people are made with."""

    sources: Mapping[str, Source]
    purposes: Mapping[str, Purpose]
    now: datetime


def is_loaded() -> bool:
    """Whether the company is there already."""
    return Purpose.objects.filter(slug="news").exists()


def load(*, now: datetime) -> None:
    """Load the company and its people as of `now` (aware), wholly or not at all."""
    dice = random.Random(5)  # noqa: S311  the same company every time
    with transaction.atomic(), attributed_to(Origin(DEMO, add_months(now, -40), "set up")):
        company = Company(_sources(now), _purposes(now), now)
        places.make(company.sources, company.purposes)
        _policies()
    with transaction.atomic():
        points = _people(company, dice)
        _consents(company, points, dice)
        _incidents(company, points)


def supplier_file(*, now: datetime) -> bytes:
    """Return the CSV that a supplier delivers: good rows, and some that are not."""
    dice = random.Random(7)  # noqa: S311
    names = people.profiles(dice)
    given = (now - timedelta(days=20)).isoformat(timespec="seconds")
    lines = ["First name,Last name,E-mail,Mobile phone,Country,Language,Purpose,Given at,Wording version,IP"]
    for index in range(70):
        person = next(names)
        number = f"+1 808 555 {100 + index:04}"
        lines.append(
            f"{person['given_name']},{person['family_name']},{person['email']},{number},US,en,news,{given},2,"
            f"192.0.2.{index + 1}"
        )
    lines += [
        f"Noah,Fault,noah.fault@example.com,not known,US,en,news,{given},2,",
        f"Olive,Fault,olive.fault@example.com,4.47912E+11,GB,en,news,{given},2,",
        "Pia,Fault,pia.fault@example.com,+1 808 555 0190,US,en,news,2026-01-05 10:00,2,",
        f"Quinn,Fault,quinn.fault@example.com,+1 808 555 0191,US,en,lottery,{given},1,",
        "Rhea,Silent,rhea.silent@example.com,+1 808 555 0192,US,en,,,,",
    ]
    return "\n".join(lines).encode()


def _sources(now: datetime) -> dict[str, Source]:
    bought = {
        "kind": Source.Kind.THIRD_PARTY,
        "lawful_basis": Source.Basis.CONSENT,
        "wording": f"I agree that {US} may contact me by text or phone about garden offers.",
        "sender_named": US,
        "names_us": True,
        "default_region": "US",
        "checked_at": add_months(now, -14),
    }
    made = {
        "shop": Source(name="Web shop sign-up", kind=Source.Kind.WEB_FORM, default_region="GB"),
        "app": Source(name="Loyalty app", kind=Source.Kind.MOBILE_APP, default_region="GB"),
        "text-club": Source(name="Text club (short code)", kind=Source.Kind.SMS, default_region="US"),
        "till": Source(name="Till, Harbour Street branch", kind=Source.Kind.POINT_OF_SALE, default_region="GB"),
        "greenlist": Source(name="Greenlist leads", supplier="Greenlist Data", contract_reference="GL-118", **bought),
        "homeowners": Source(
            name="Homeowner file",
            supplier="Doorstep Lists",
            contract_reference="DL-7",
            licence_ends_on=(now - timedelta(days=3)).date(),
            **bought,
        ),
    }
    for slug, source in made.items():
        source.slug = slug
        source.save()
    return made


def _purposes(now: datetime) -> dict[str, Purpose]:
    news = Purpose.objects.create(
        slug="news",
        name="Offers and news",
        description="Seasonal offers by text or phone.",
        data_subjects="Customers, and people who asked for the newsletter",
        recipients="The mailing house that sends the texts (processor)",
        basis="consent",
        channels=["sms", "call"],
        lapses_after_months=24,
    )
    survey = Purpose.objects.create(
        slug="survey",
        name="Customer survey",
        description="One call a year.",
        data_subjects="Customers",
        recipients="A call centre in Leeds (processor)",
        basis="consent",
        channels=["call"],
        needs_confirmation=True,
        lapses_after_months=12,
    )
    orders = Purpose.objects.create(
        slug="orders",
        name="Order updates",
        description="Delivery times and changes.",
        data_subjects="Customers with an open order",
        recipients="Carriers who deliver the order",
        basis="contract",
        channels=["sms", "call"],
        necessary=True,
    )
    orders.permitted_sources.set(Source.objects.filter(slug__in=["shop", "till"]))
    wordings = {
        (news, "en", 1): f"Yes, {US} may text me offers.",
        (news, "en", 2): f"Yes, {US} may text or call me with offers. I can stop at any time by replying STOP.",
        (news, "de", 2): f"Ja, {US} darf mir Angebote per SMS oder Anruf senden. Widerruf jederzeit mit STOPP.",
        (news, "fr", 2): f"Oui, {US} peut m'envoyer des offres par SMS ou m'appeler. J'arrête quand je veux avec STOP.",
        (news, "es", 2): f"Sí, {US} puede enviarme ofertas por SMS o llamarme. Lo dejo cuando quiera con STOP.",
        (survey, "en", 1): f"Yes, {US} may call me once a year with questions about my visits.",
        (orders, "en", 1): "We text or call you about your order. It is part of the sale.",
    }
    for (purpose, language, version), text in wordings.items():
        Notice.objects.create(
            purpose=purpose,
            language=language,
            version=version,
            text=text,
            sender_named=US,
            published_at=add_months(now, -40),
        )
    return {"news": news, "survey": survey, "orders": orders}


def _policies() -> None:
    for slug, name, trigger, months, days, action in (
        ("withdrawn", "Withdrawn: gone the next night", "consent_withdrawn", 0, 0, "purge"),
        ("lapsed", "Lapsed: a month's grace", "consent_lapsed", 1, 0, "anonymize"),
        ("licence", "Licence ended", "licence_ended", 0, 0, "purge"),
        ("inactive", "Nothing heard for three years", "last_interaction", 36, 0, "anonymize"),
        ("superseded", "Old number of a contact", "superseded", 0, 30, "purge"),
    ):
        RetentionPolicy.objects.create(
            slug=slug, name=name, trigger=trigger, after_months=months, after_days=days, action=action
        )


def _people(company: Company, dice: random.Random) -> list[ContactPoint]:
    """Store the people, over the last 38 months, and return their points."""
    names, lines = people.profiles(dice), people.numbers(dice)
    slugs = dice.choices(list(company.sources), weights=[30, 20, 15, 20, 8, 7], k=PEOPLE)
    point_ids: list[int] = []
    for slug in slugs:
        at = company.now - timedelta(days=dice.randrange(2, 38 * 30), minutes=dice.randrange(1440))
        country, number = next(lines)
        wanted = [intake.Number(number, label="mobile" if country in ("US", "SE") else "home")]
        if dice.random() < 0.12:
            wanted.append(intake.Number(next(lines)[1], label="work"))
        row = intake.Row(profile={**next(names), "country": country}, numbers=wanted)
        stored = intake.store(row, source=company.sources[slug], actor=DEMO, at=at, reason=f"came by {slug}")
        point_ids += stored.point_ids
    # Suppliers' people were told where we had their number from, but for the latest (GDPR 14).
    told_by = company.now - timedelta(days=25)
    for provenance in Provenance.objects.filter(source__kind="third_party", obtained_at__lt=told_by):
        provenance.notice_sent_at = provenance.obtained_at + timedelta(days=10)
        provenance.save(update_fields=["notice_sent_at"])
    return list(ContactPoint.objects.filter(pk__in=point_ids).select_related("line", "contact").order_by("pk"))


def _consents(company: Company, points: list[ContactPoint], dice: random.Random) -> None:
    """Record what became of each point's consents: some of every status."""
    news, survey = company.purposes["news"], company.purposes["survey"]
    stories: list[tuple[Act, ...]] = [
        (Act.GIVEN,),
        (Act.GIVEN, Act.RENEWED),
        (Act.GIVEN, Act.REVOKED),
        (Act.GIVEN, Act.INVALIDATED),
        (Act.GIVEN, Act.WITHDRAWN),
        (Act.REFUSED,),
        (Act.REQUESTED,),
        (Act.DEFERRED,),
        (),
    ]
    for point in points:
        story = dice.choices(stories, weights=[60, 8, 2, 2, 4, 4, 4, 2, 14])[0]
        for step, act in enumerate(story):
            at = min(point.since + timedelta(days=90 * step, minutes=5), company.now - timedelta(hours=2 - step))
            _record(company, point, news, Channel.SMS, act, at, dice)
        if story[:1] == (Act.GIVEN,) and dice.random() < 0.3:
            _record(company, point, survey, Channel.CALL, Act.GIVEN, point.since + timedelta(minutes=6), dice)
            if dice.random() < 0.7:
                at = point.since + timedelta(minutes=12)
                _record(company, point, survey, Channel.CALL, Act.CONFIRMED, at, dice)


def _record(
    company: Company,
    point: ContactPoint,
    purpose: Purpose,
    channel: Channel,
    act: Act,
    at: datetime,
    dice: random.Random,
) -> None:
    provenance = point.provenances.select_related("source").first()
    source = provenance.source if provenance else Source.objects.for_staff()
    newest = Notice.objects.filter(purpose=purpose, language="en").order_by("-version").first()
    ledger.record(
        point=point,
        purpose=purpose,
        channel=channel,
        act=act,
        occurred_at=at,
        method=Method(source.kind),
        actor=DEMO,
        notice=newest if act in (Act.GIVEN, Act.CONFIRMED, Act.RENEWED, Act.REQUESTED) else None,
        source=source,
        evidence=ledger.Proof(
            ip=f"198.51.100.{dice.randrange(1, 255)}",
            user_agent="Mozilla/5.0 (demo)",
            shown=newest.text if newest else "",
        ),
    )


def _incidents(company: Company, points: list[ContactPoint]) -> None:
    """People who take consent back, a legal hold, a restriction, a replaced number, a shared line."""
    permitting = [point for point in points if point.consents.filter(status="given").exists()]
    for number, point in enumerate(permitting[:26]):
        withdrawal.withdraw(
            point.line.e164 if point.line else "",
            at=company.now - timedelta(days=1, hours=number % 12),
            reason="replied STOP" if number % 2 else "asked at the till",
            method=Method.SMS if number % 2 else Method.STAFF,
            actor=DEMO,
            evidence=ledger.Proof(message="STOP" if number % 2 else "Asked at the till not to be contacted."),
        )
    waiting.make(permitting[50:53], now=company.now, actor=DEMO)
    held = permitting[0].contact
    with attributed_to(Origin(DEMO, company.now, "claim received")):
        LegalHold.objects.create(contact=held, reason="Claim over a delivery", placed_at=company.now)
    intake.restrict(permitting[1].contact, on=True, actor=DEMO, at=company.now, reason="disputes a date (GDPR 18)")
    intake.replace(
        permitting[40],
        intake.Number("+1 808 555 0199", label="mobile"),
        actor=DEMO,
        at=company.now - timedelta(days=45),
        reason="moved to another number",
    )
    shared = permitting[2]
    if shared.line:
        family = intake.Row(
            profile={"given_name": "Robin", "family_name": str(shared.contact.family_name)},
            numbers=[intake.Number(shared.line.e164, label="home")],
        )
        shop = company.sources["shop"]
        intake.store(family, source=shop, actor=DEMO, at=company.now - timedelta(days=10), reason="came by shop")
    story.tell(permitting[50], news=company.purposes["news"], shop=company.sources["shop"], actor=DEMO, now=company.now)
