"""Purposes, and the notices in which people are asked or told about them."""

import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.rules.bases import LawfulBasis
from consent.rules.lines import Channel
from crm.models import Privacy, Source
from crm.models.history import History

CHANNELS = [(Channel.SMS.value, _("Text message")), (Channel.CALL.value, _("Phone call"))]
_OURS = "describes our processing, not a contact"


def digest_of_wording(text: str) -> str:
    """Return the hex SHA-256 of a notice's text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def require_channels(value: object) -> None:
    """Refuse a list of channels that is empty, repeats itself or names an unknown one."""
    known = [channel.value for channel in Channel]
    if not isinstance(value, list) or not value or any(item not in known for item in value):
        raise ValidationError(_("Choose at least one of: %(channels)s.") % {"channels": ", ".join(known)})
    if len(set(value)) != len(value):
        raise ValidationError(_("A channel is named twice."))


class Purpose(models.Model):
    """What a number may be used for, on which lawful basis (GDPR 6(1)) and over which channels."""

    privacy = Privacy(
        reference=frozenset({"id", "slug", "created_at"}),
        exempt=dict.fromkeys(
            [
                "name",
                "description",
                "basis",
                "channels",
                "needs_confirmation",
                "lapses_after_months",
                "necessary",
                "security",
                "active",
                "data_subjects",
                "recipients",
                "transfers",
                "safeguards",
            ],
            _OURS,
        ),
    )

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    description = models.TextField(_("description"), blank=True)
    basis = models.CharField(
        _("lawful basis"), max_length=30, choices=[(basis.value, basis.name) for basis in LawfulBasis]
    )
    channels = models.JSONField(_("channels"), default=list, validators=[require_channels])
    needs_confirmation = models.BooleanField(
        _("needs double opt-in"),
        default=False,
        help_text=_("Given is not enough: the person confirms through the number itself."),
    )
    lapses_after_months = models.PositiveSmallIntegerField(
        _("lapses after months"), null=True, blank=True, help_text=_("Counted from the day it was given.")
    )
    necessary = models.BooleanField(
        _("necessary"), default=False, help_text=_("Part of what the person asked for: no quiet hours.")
    )
    security = models.BooleanField(
        _("account security"),
        default=False,
        help_text=_("Codes to sign in and the like: the only use of numbers taken for account security alone."),
    )
    active = models.BooleanField(_("active"), default=True)
    # What the record of processing activities says of it beside what is known anyway (GDPR 30(1)(c)-(g)).
    data_subjects = models.CharField(
        _("whose data"), max_length=200, blank=True, help_text=_("As in: customers, members, people who enquired.")
    )
    recipients = models.TextField(
        _("recipients"), blank=True, help_text=_("Categories of those who get the data, processors included.")
    )
    transfers = models.TextField(
        _("transfers to third countries"),
        blank=True,
        help_text=_("Which country, and on which ground (GDPR 44 to 49). Empty means none."),
    )
    safeguards = models.TextField(
        _("security measures"), blank=True, help_text=_("Beside those that the register names for all purposes.")
    )
    permitted_sources = models.ManyToManyField(
        Source,
        blank=True,
        related_name="permitted_purposes",
        verbose_name=_("permitted sources"),
        help_text=_("Sources whose data may be used for this purpose without consent (GDPR 5(1)(b))."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = History()

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="purpose_basis_is_known", condition=Q(basis__in=[basis.value for basis in LawfulBasis])
            ),
            models.CheckConstraint(
                name="purpose_lapse_is_positive",
                condition=Q(lapses_after_months__isnull=True) | Q(lapses_after_months__gt=0),
            ),
            models.CheckConstraint(
                name="purpose_only_consent_is_confirmed",
                condition=Q(needs_confirmation=False) | Q(basis=LawfulBasis.CONSENT.value),
            ),
            models.CheckConstraint(
                name="purpose_consent_is_never_necessary",
                condition=Q(necessary=False) | ~Q(basis=LawfulBasis.CONSENT.value),
                violation_error_message=_("Consent to what is necessary is not freely given (GDPR 7(4))."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """The wording of a purpose in a language. A published version never changes: a better one is the next version."""

    privacy = Privacy(
        reference=frozenset({"id", "purpose", "language", "version", "published_at", "created_at"}),
        exempt={"text": _OURS, "sender_named": _OURS, "digest": _OURS},
    )

    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="notices", verbose_name=_("purpose"))
    language = models.CharField(_("language"), max_length=10, default="en")
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("wording"))
    sender_named = models.CharField(_("sender named"), max_length=200, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # By which the ledger's seals vouch for the wording too.
    digest = models.CharField(_("digest of the wording"), max_length=64, editable=False)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ("purpose", "language", "-version")
        constraints = [
            models.UniqueConstraint(name="notice_version_once", fields=["purpose", "language", "version"]),
            models.CheckConstraint(name="notice_versions_count_from_one", condition=Q(version__gte=1)),
            models.CheckConstraint(name="notice_says_something", condition=~Q(text="")),
            models.CheckConstraint(name="notice_has_a_digest", condition=~Q(digest="")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose.slug} {self.language} v{self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the notice with the digest of its wording."""
        self.digest = digest_of_wording(self.text)
        super().save(*args, **kwargs)
