"""Retention policies: which points go, when, and what is left of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consent.models.purpose import Purpose
from consent.rules.retention import Action, Trigger
from crm.models import Privacy, Source, Tag
from crm.models.history import History

TRIGGERS = [
    (Trigger.CONSENT_WITHDRAWN.value, _("Consent withdrawn")),
    (Trigger.CONSENT_LAPSED.value, _("Consent lapsed")),
    (Trigger.LICENCE_ENDED.value, _("Source licence ended")),
    (Trigger.LAST_INTERACTION.value, _("Last interaction")),
    (Trigger.SUPERSEDED.value, _("Number superseded")),
]
ACTIONS = [(Action.ANONYMIZE.value, _("Anonymize")), (Action.PURGE.value, _("Purge"))]


class RetentionPolicy(models.Model):
    """Which points go, how long after which event, and what is left of them. Due is a query, never a column."""

    privacy = Privacy(
        reference=frozenset({"id", "slug", "purpose", "source", "source_kind", "country", "tag", "created_at"}),
        exempt=dict.fromkeys(
            ["name", "trigger", "after_months", "after_days", "action", "erases_profile", "active"],
            "describes our processing, not a contact",
        ),
    )

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    trigger = models.CharField(_("counted from"), max_length=20, choices=TRIGGERS)
    after_months = models.PositiveSmallIntegerField(_("months"), default=0)
    after_days = models.PositiveSmallIntegerField(_("days"), default=0)
    action = models.CharField(_("action"), max_length=10, choices=ACTIONS)
    erases_profile = models.BooleanField(
        _("erases the profile too"),
        default=True,
        help_text=_("When the last number of a contact goes, name, address and the rest go with it."),
    )
    purpose = models.ForeignKey(
        Purpose,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("purpose"),
        help_text=_("Only for consents to this purpose. Empty means any."),
    )
    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("source"),
        help_text=_("Only for points that this source brought. Empty means any."),
    )
    source_kind = models.CharField(
        _("kind of source"),
        max_length=20,
        choices=Source.Kind,
        blank=True,
        help_text=_("Only for points that a source of this kind brought. Empty means any."),
    )
    country = models.CharField(
        _("country"),
        max_length=3,
        blank=True,
        help_text=_("Only for numbers of this region, two letters as in GB. Empty means any."),
    )
    tag = models.ForeignKey(
        Tag,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("tag"),
        help_text=_("Only for contacts with this tag. Empty means any."),
    )
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = History()

    class Meta:
        verbose_name = _("retention policy")
        verbose_name_plural = _("retention policies")
        ordering = ("name",)
        constraints = [
            models.CheckConstraint(
                name="policy_trigger_is_known", condition=Q(trigger__in=[value for value, _name in TRIGGERS])
            ),
            models.CheckConstraint(
                name="policy_action_is_known", condition=Q(action__in=[value for value, _name in ACTIONS])
            ),
            models.CheckConstraint(
                name="policy_source_kind_is_known", condition=Q(source_kind__in=["", *Source.Kind.values])
            ),
            models.CheckConstraint(
                name="policy_purpose_is_of_a_consent",
                condition=Q(purpose__isnull=True) | Q(trigger__in=["consent_withdrawn", "consent_lapsed"]),
                violation_error_message=_("Only policies on consents can be narrowed to a purpose."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
