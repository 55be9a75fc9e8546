"""The ledger: what was asked, given and taken back. Append-only, and free of personal data.

An entry says that something happened to a contact point's consent; the evidence for it is a row of its own,
to which the entry is committed by a salted hash. So the evidence can be erased and the ledger still verifies.
"""

import uuid

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.purpose import CHANNELS, Notice, Purpose
from consent.rules.states import Act, Status
from crm.models import ContactPoint, ImportBatch, Privacy, Source
from crm.models.history import History

# Acts that permit, or ask for permission, mean nothing without the words that were agreed to (GDPR 7(1)).
NEEDS_NOTICE = [Act.REQUESTED.value, Act.GIVEN.value, Act.CONFIRMED.value, Act.RENEWED.value]


class Method(models.TextChoices):
    """How an act was captured."""

    WEB_FORM = "web_form", _("Web form")
    MOBILE_APP = "mobile_app", _("Mobile app")
    SMS = "sms", _("Text message or chatbot")
    POINT_OF_SALE = "point_of_sale", _("Point of sale")
    THIRD_PARTY = "third_party", _("Third party")
    STAFF = "staff", _("Staff")
    SYSTEM = "system", _("Nightly job")


class ConsentEvent(models.Model):
    """An entry of the ledger. `occurred_at` is when it happened and counts; `recorded_at` is when we learned it."""

    privacy = Privacy(
        reference=frozenset(
            {"id", "uid", "point", "purpose", "channel", "act", "occurred_at", "recorded_at", "notice"}
            | {"source", "batch", "method", "actor_name", "actor_user"}
        ),
        exempt={"evidence_digest": "salted hash; the salt is erased with the evidence, so nothing can be tried"},
    )

    uid = models.UUIDField(_("record id"), default=uuid.uuid4, unique=True, editable=False)
    point = models.ForeignKey(
        ContactPoint,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="entries",
        verbose_name=_("contact point"),
    )
    purpose = models.ForeignKey(Purpose, on_delete=models.PROTECT, related_name="entries", verbose_name=_("purpose"))
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    act = models.CharField(_("act"), max_length=15, choices=[(act.value, act.value) for act in Act])
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    notice = models.ForeignKey(
        Notice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("notice"),
    )
    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    # The import that brought it: undoing that import ends what it brought, and nothing else.
    batch = models.ForeignKey(
        ImportBatch,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("import batch"),
    )
    method = models.CharField(_("captured by"), max_length=20, choices=Method)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("account"),
    )
    evidence_digest = models.CharField(_("evidence digest"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ("-id",)
        indexes = [
            # Read by the fold, which takes all entries of one consent.
            models.Index(fields=["point", "purpose", "channel"], name="ledger_of_a_consent"),
        ]
        constraints = [
            models.CheckConstraint(
                name="ledger_grant_has_a_notice", condition=~Q(act__in=NEEDS_NOTICE) | Q(notice__isnull=False)
            ),
            models.CheckConstraint(name="ledger_act_is_known", condition=Q(act__in=[act.value for act in Act])),
            models.CheckConstraint(
                name="ledger_channel_is_known",
                condition=Q(channel__in=[channel for channel, _name in CHANNELS]),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Entry %(id)s") % {"id": self.pk}


class Evidence(models.Model):
    """What proves an entry: where from, what was shown, what was said. Erased with the person, on its own."""

    privacy = Privacy(
        personal={"ip": None, "user_agent": "", "shown": "", "message": "", "salt": ""},
        reference=frozenset({"id", "entry", "created_at"}),
    )

    entry = models.OneToOneField(
        ConsentEvent, on_delete=models.PROTECT, related_name="evidence", verbose_name=_("ledger entry")
    )
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    user_agent = models.TextField(_("user agent"), blank=True)
    shown = models.TextField(_("form as shown"), blank=True)
    message = models.TextField(_("message"), blank=True)
    salt = models.CharField(_("salt"), max_length=64)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self) -> str:
        return gettext("Evidence %(id)s") % {"id": self.pk}


class Consent(models.Model):
    """The present status per point, purpose and channel: a projection of the ledger, with the history of our view."""

    privacy = Privacy(
        reference=frozenset(
            {
                "id",
                "point",
                "purpose",
                "channel",
                "status",
                "since",
                "given_at",
                "notice",
                "source",
                "last_entry",
            }
        ),
    )

    point = models.ForeignKey(
        ContactPoint,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="consents",
        verbose_name=_("contact point"),
    )
    # The index of "consent_purpose_status" begins with it.
    purpose = models.ForeignKey(
        Purpose, on_delete=models.PROTECT, db_index=False, related_name="consents", verbose_name=_("purpose")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    status = models.CharField(_("status"), max_length=15, choices=[(status.value, status.dpv) for status in Status])
    since = models.DateTimeField(_("since"))
    # Lapses are counted from here; the lapse itself is computed, so a changed purpose takes effect at once.
    given_at = models.DateTimeField(_("given at"), null=True, blank=True)
    notice = models.ForeignKey(
        Notice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("notice"),
    )
    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("source"),
    )
    last_entry = models.ForeignKey(
        ConsentEvent, on_delete=models.PROTECT, db_index=False, related_name="+", verbose_name=_("last entry")
    )

    history = History()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("point", "purpose", "channel")
        indexes = [
            # Read by the retention sweep: who withdrew, or may have lapsed, before a date.
            models.Index(fields=["status", "since"], name="consent_status_since"),
            models.Index(fields=["status", "given_at"], name="consent_status_given"),
            # Read by the list of contacts: who stands how about a purpose.
            models.Index(fields=["purpose", "status", "point"], name="consent_purpose_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                name="consent_once_per_point_purpose_channel", fields=["point", "purpose", "channel"]
            ),
            models.CheckConstraint(
                name="consent_status_is_known", condition=Q(status__in=[status.value for status in Status])
            ),
            models.CheckConstraint(
                name="consent_permitting_was_given",
                condition=~Q(status__in=[status.value for status in Status if status.permits])
                | Q(given_at__isnull=False, notice__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Consent %(id)s") % {"id": self.pk}
