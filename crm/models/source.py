"""Sources: where data comes from, on whose contract, with which wording."""

from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.models.history import Actor, History, Origin, attributed_to
from crm.models.privacy import Privacy


def end_of_licence(last_day: date | None) -> datetime | None:
    """Return the first instant (UTC) after a licence's last day, or None where there is none."""
    return datetime.combine(last_day + timedelta(days=1), time(), tzinfo=UTC) if last_day else None


class SourceManager(models.Manager["Source"]):
    def for_staff(self) -> "Source":
        """Return the source that stands for what staff type in themselves, made on first use."""
        with attributed_to(Origin(Actor("system"), timezone.now(), "made on first use")):
            source, _created = self.get_or_create(slug="staff", defaults={"name": "Staff", "kind": Source.Kind.STAFF})
        return source


class Source(models.Model):
    """A place that contact data comes from. GDPR 14(2)(f): we must be able to say which."""

    class Kind(models.TextChoices):
        WEB_FORM = "web_form", _("Web form")
        MOBILE_APP = "mobile_app", _("Mobile app")
        SMS = "sms", _("SMS or chatbot")
        POINT_OF_SALE = "point_of_sale", _("Point of sale")
        THIRD_PARTY = "third_party", _("Third party")
        STAFF = "staff", _("Staff")

    class Basis(models.TextChoices):
        CONSENT = "consent", _("Consent (GDPR 6(1)(a))")
        CONTRACT = "contract", _("Contract (GDPR 6(1)(b))")
        LEGAL_OBLIGATION = "legal_obligation", _("Legal obligation (GDPR 6(1)(c))")
        VITAL_INTERESTS = "vital_interests", _("Vital interests (GDPR 6(1)(d))")
        PUBLIC_TASK = "public_task", _("Public task (GDPR 6(1)(e))")
        LEGITIMATE_INTERESTS = "legitimate_interests", _("Legitimate interests (GDPR 6(1)(f))")

    class Relationship(models.TextChoices):
        NONE = "", _("None, or not known")
        CUSTOMER = "customer", _("Customer: bought, or has a contract")
        INQUIRY = "inquiry", _("Asked us something")

    privacy = Privacy(
        reference=frozenset({"id", "slug", "kind", "created_at", "checked_by", "checked_at", "relationship"}),
        exempt=dict.fromkeys(
            [
                "name",
                "supplier",
                "contract_reference",
                "lawful_basis",
                "wording",
                "sender_named",
                "names_us",
                "licence_ends_on",
                "default_region",
                "security_only",
            ],
            "describes a supplier or a place of collection, not a contact",
        ),
    )

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    supplier = models.CharField(_("supplier"), max_length=120, blank=True)
    contract_reference = models.CharField(_("contract reference"), max_length=120, blank=True)
    lawful_basis = models.CharField(_("lawful basis claimed"), max_length=30, choices=Basis, blank=True)
    wording = models.TextField(_("wording shown at collection"), blank=True)
    sender_named = models.CharField(_("sender named at collection"), max_length=200, blank=True)
    names_us = models.BooleanField(
        _("names this organisation"),
        default=False,
        help_text=_("Consent collected by a third party counts only if this organisation was named."),
    )
    licence_ends_on = models.DateField(
        _("licence ends on"),
        null=True,
        blank=True,
        help_text=_("The last day, in UTC, on which we may hold it."),
    )
    default_region = models.CharField(
        _("default region"),
        max_length=2,
        blank=True,
        help_text=_("For numbers without a country code, as in GB."),
    )
    relationship = models.CharField(
        _("relationship"),
        max_length=10,
        choices=Relationship,
        blank=True,
        help_text=_("What the people had to do with us: in Canada it says how long consent is implied (CASL 10(10))."),
    )
    security_only = models.BooleanField(
        _("for account security only"),
        default=False,
        help_text=_("Numbers taken to sign in or to recover an account serve nothing else (GDPR 5(1)(b))."),
    )
    checked_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("checked by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = History()
    objects = SourceManager()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="source_third_party_is_named",
                condition=~Q(kind="third_party") | (~Q(supplier="") & ~Q(lawful_basis="")),
                violation_error_message=_("A third party needs its supplier and the lawful basis it claims."),
            ),
            models.CheckConstraint(
                name="source_kind_is_known",
                condition=Q(kind__in=["web_form", "mobile_app", "sms", "point_of_sale", "third_party", "staff"]),
            ),
            models.CheckConstraint(
                name="source_relationship_is_known", condition=Q(relationship__in=["", "customer", "inquiry"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_third_party(self) -> bool:
        """Whether the data was not obtained from the person: GDPR 14 applies rather than 13."""
        return self.kind == self.Kind.THIRD_PARTY

    @property
    def licence_ended_at(self) -> datetime | None:
        """The first instant (UTC) after the licence's last day, or None when it has no end."""
        return end_of_licence(self.licence_ends_on)
