"""Retention: the policies, the holds, the runs and their receipts."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.purpose import Purpose
from consent.models.seal import Seal
from consent.rules.retention import Action, Trigger
from crm.models import Contact, ContactPoint, Privacy, Source, Tag
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


class LegalHold(models.Model):
    """A duty to keep, such as a claim (GDPR 17(3)(e)): while it stands, nothing under it is erased."""

    privacy = Privacy(
        personal={"reason": ""},
        reference=frozenset({"id", "contact", "point", "source", "author", "placed_at", "ends_at", "released_at"}),
    )

    contact = models.ForeignKey(
        Contact,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="holds",
        verbose_name=_("contact"),
    )
    point = models.ForeignKey(
        ContactPoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="holds",
        verbose_name=_("contact point"),
    )
    source = models.ForeignKey(
        Source,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="holds",
        verbose_name=_("source"),
    )
    reason = models.TextField(_("reason"))
    author = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("author")
    )
    placed_at = models.DateTimeField(_("placed at"))
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)

    history = History()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ("-placed_at",)
        constraints = [
            models.CheckConstraint(
                name="hold_is_on_one_thing",
                condition=Q(contact__isnull=False, point__isnull=True, source__isnull=True)
                | Q(contact__isnull=True, point__isnull=False, source__isnull=True)
                | Q(contact__isnull=True, point__isnull=True, source__isnull=False),
                violation_error_message=_("A hold is on a contact, or on a contact point, or on a source."),
            ),
            models.CheckConstraint(
                name="hold_ends_after_it_begins",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gte=F("placed_at")),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Legal hold %(id)s") % {"id": self.pk}


class PurgeRun(models.Model):
    """One run of the nightly job: as of when, how it ended, what it did by policy."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        WAITING = "waiting", _("Waiting for approval")
        REPLACED = "replaced", _("Replaced by a later run")

    class Brake(models.TextChoices):
        """Why a run waits for a second person."""

        SHARE = "share", _("It would erase more than the share that may go unasked")
        CLOCK = "clock", _("The clock has jumped since the last run")

    privacy = Privacy(
        reference=frozenset(
            {
                "id",
                "as_of",
                "state",
                "actor_name",
                "started_at",
                "finished_at",
                "counts",
                "oldest_due_at",
                "error",
                "brake",
                "due",
                "held",
                "actor_user",
                "approved_by",
                "approved_at",
                "seal",
            }
        ),
    )

    as_of = models.DateTimeField(_("as of"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    actor_name = models.CharField(_("acting as"), max_length=60)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    oldest_due_at = models.DateTimeField(_("oldest due"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    brake = models.CharField(_("why it waited"), max_length=10, choices=Brake, blank=True)
    due = models.PositiveIntegerField(_("contact points due"), null=True, blank=True)
    held = models.PositiveIntegerField(_("contact points held"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    seal = models.ForeignKey(
        Seal, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("seal")
    )

    class Meta:
        verbose_name = _("purge run")
        verbose_name_plural = _("purge runs")
        ordering = ("-id",)
        permissions = [
            ("run_purge", _("Can run the purge")),
            ("approve_purge", _("Can approve a purge that waits")),
            ("erase_contact", _("Can erase a contact")),
        ]
        constraints = [
            models.CheckConstraint(
                name="run_state_is_known", condition=Q(state__in=["running", "done", "failed", "waiting", "replaced"])
            ),
            models.CheckConstraint(
                name="run_ended_is_dated",
                condition=Q(state__in=["running", "waiting"]) | Q(finished_at__isnull=False),
            ),
            models.CheckConstraint(name="run_waits_for_a_reason", condition=~Q(state="waiting") | ~Q(brake="")),
            models.CheckConstraint(name="run_brake_is_known", condition=Q(brake__in=["", "share", "clock"])),
            # Whoever began it is not the second person.
            models.CheckConstraint(
                name="run_is_approved_by_another",
                condition=Q(approved_by__isnull=True) | Q(actor_user__isnull=True) | ~Q(approved_by=F("actor_user")),
            ),
            models.CheckConstraint(
                name="run_approval_is_dated_and_signed",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Purge run %(id)s") % {"id": self.pk}

    @property
    def foreseen(self) -> dict[int, int]:
        """How many contact points a run that waits would erase, by policy (id)."""
        found = (key.partition("due by policy ") for key in self.counts)
        return {int(policy_id): self.counts[words + policy_id] for _before, words, policy_id in found if words}

    @property
    def duration(self) -> timedelta | None:
        """How long it worked, or None while it does and where it never began."""
        over = self.finished_at is not None and self.state != self.State.REPLACED
        return self.finished_at - self.started_at if over and self.finished_at else None

    @property
    def overdue(self) -> timedelta | None:
        """How long the oldest of what it erased had been due by its time, or None where it erased nothing."""
        return self.as_of - self.oldest_due_at if self.oldest_due_at else None


class PurgeShare(models.Model):
    """A part of a run that one worker does: the contacts whose id, divided by the run's shares, leaves `number`."""

    privacy = Privacy(
        reference=frozenset({"id", "run", "number", "of", "counts", "oldest_due_at", "started_at", "finished_at"}),
    )

    run = models.ForeignKey(PurgeRun, on_delete=models.PROTECT, related_name="shares", verbose_name=_("purge run"))
    number = models.PositiveSmallIntegerField(_("number"))
    of = models.PositiveSmallIntegerField(_("of"))
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    oldest_due_at = models.DateTimeField(_("oldest due"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("share of a purge run")
        verbose_name_plural = _("shares of a purge run")
        ordering = ("run", "number")
        constraints = [
            models.UniqueConstraint(name="purge_share_once", fields=["run", "number"]),
            models.CheckConstraint(name="purge_share_is_one_of_its_run", condition=Q(number__lt=F("of"))),
        ]

    def __str__(self) -> str:
        return gettext("Share %(number)s of purge run %(run)s") % {"number": self.number, "run": self.run_id}


class Receipt(models.Model):
    """Proof of one erasure: ids, dates, the policy and counts; nothing of the person. One per contact point.

    A contact that had no number left when somebody asked for its erasure has one without a point.
    """

    privacy = Privacy(
        reference=frozenset(
            {"id", "run", "point", "contact_ref", "policy", "trigger", "action", "due_at", "erased_at"}
            | {"actor_name", "actor_user", "counts", "line_erased", "profile_erased", "reason"}
        ),
    )

    run = models.ForeignKey(
        PurgeRun,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
        verbose_name=_("purge run"),
    )
    point = models.OneToOneField(
        ContactPoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipt",
        verbose_name=_("contact point"),
        help_text=_("Empty for a contact that had no number left."),
    )
    # Not a foreign key: a purged contact's row is gone, its receipt stays.
    contact_ref = models.BigIntegerField(_("contact id"), null=True, blank=True)
    policy = models.ForeignKey(
        RetentionPolicy,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="receipts",
        verbose_name=_("policy"),
    )
    trigger = models.CharField(_("counted from"), max_length=20, blank=True)
    action = models.CharField(_("action"), max_length=10, choices=ACTIONS)
    reason = models.CharField(_("reason"), max_length=60)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"))
    line_erased = models.BooleanField(_("number erased"), default=False)
    profile_erased = models.BooleanField(_("profile erased"), default=False)
    counts = models.JSONField(_("counts"), default=dict)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="receipt_is_of_a_run_or_of_a_person",
                condition=Q(run__isnull=False, policy__isnull=False) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="receipt_is_of_a_point_or_of_a_contact",
                condition=Q(point__isnull=False) | Q(contact_ref__isnull=False, profile_erased=True),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Receipt %(id)s") % {"id": self.pk}
