"""Text messages in and out, and what hangs on them: challenges, and words that staff have added.

The rows are the truth of the queue: what is to be sent stands here before anybody is asked to send it, and what
came in is kept by its provider's id before anything is done about it.
"""

import uuid

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.collection_point import CollectionPoint
from consent.models.ledger import ConsentEvent
from consent.models.suppression import Suppression
from consent.rules.keywords import Meaning
from crm.models import ContactPoint, PhoneNumber, Privacy

MEANINGS = [
    (Meaning.OPT_OUT.value, _("Opt-out")),
    (Meaning.OPT_IN.value, _("Opt-in")),
    (Meaning.CONFIRM.value, _("Yes")),
    (Meaning.HELP.value, _("Help")),
    (Meaning.NEEDS_REVIEW.value, _("Unclear")),
    (Meaning.OTHER.value, _("Other")),
]


class Keyword(models.Model):
    """A word of a text message that staff have added to those that are shipped (see consent.rules.keywords)."""

    privacy = Privacy(
        reference=frozenset({"id", "meaning", "language", "created_at", "created_by"}),
        exempt={"word": "a word that anybody may send, refused where it holds a number"},
    )

    word = models.CharField(_("word"), max_length=60, unique=True, help_text=_("The whole message, in any case."))
    meaning = models.CharField(
        _("meaning"), max_length=15, choices=[each for each in MEANINGS if each[0] not in ("needs_review", "other")]
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("created by")
    )

    class Meta:
        verbose_name = _("keyword")
        verbose_name_plural = _("keywords")
        ordering = ("word",)
        constraints = [
            models.CheckConstraint(name="keyword_says_something", condition=~Q(word="")),
            models.CheckConstraint(
                name="keyword_meaning_is_known", condition=Q(meaning__in=["opt_out", "opt_in", "confirm", "help"])
            ),
        ]

    def __str__(self) -> str:
        return self.word


class Challenge(models.Model):
    """A question to a person whether it was they who agreed, answered through the number itself.

    The code is derived from the row's random id with the service's secret, and only a keyed digest of it stands here.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        REPLACED = "replaced", _("replaced by a newer one")
        EXPIRED = "expired", _("expired")
        EXHAUSTED = "exhausted", _("too many wrong codes")
        ENDED = "ended", _("ended by a withdrawal or an erasure")

    privacy = Privacy(
        personal={"code_digest": "", "token_digest": None},
        reference=frozenset({"id", "uid", "point", "collection_point", "language", "created_at", "expires_at"})
        | {"tries_left", "closed_at", "outcome"},
    )

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="challenges", verbose_name=_("contact point")
    )
    collection_point = models.ForeignKey(
        CollectionPoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("collection point"),
    )
    # What it asks about: entries that wait for a yes.
    entries = models.ManyToManyField(ConsentEvent, related_name="challenges", verbose_name=_("entries"))
    language = models.CharField(_("language"), max_length=10, default="en")
    code_digest = models.CharField(_("digest of the code"), max_length=64, blank=True, editable=False)
    # Of the random id by which a page finds it; none where only a reply answers it.
    token_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    tries_left = models.PositiveSmallIntegerField(_("tries left"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, blank=True)

    class Meta:
        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                name="challenge_one_live_a_point", fields=["point"], condition=Q(closed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="challenge_closed_has_an_outcome",
                condition=Q(closed_at__isnull=True, outcome="") | Q(closed_at__isnull=False) & ~Q(outcome=""),
            ),
            models.CheckConstraint(name="challenge_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return gettext("Challenge %(id)s") % {"id": self.pk}


class InboundMessage(models.Model):
    """A text message as a provider delivered it: once, however often it is delivered."""

    class State(models.TextChoices):
        DONE = "done", _("done")
        REVIEW = "review", _("waits for a person")
        REVIEWED = "reviewed", _("reviewed")

    class Finding(models.TextChoices):
        OPT_OUT = "opt_out", _("It is an opt-out")
        NOT_AN_OPT_OUT = "not_an_opt_out", _("It is none")

    privacy = Privacy(
        personal={"body": ""},
        reference=frozenset({"id", "provider", "provider_message_id", "line", "received_at", "occurred_at", "meaning"})
        | {"state", "suppression", "finding", "reviewed_at", "reviewed_by"},
    )

    provider = models.CharField(_("provider"), max_length=30)
    provider_message_id = models.CharField(_("provider's id"), max_length=200)
    # None where the sender is nobody of ours and asked for nothing that we must remember.
    line = models.ForeignKey(
        PhoneNumber, null=True, on_delete=models.PROTECT, related_name="inbound", verbose_name=_("line")
    )
    received_at = models.DateTimeField(_("received at"))
    # As the provider says, never after it was received.
    occurred_at = models.DateTimeField(_("sent at"))
    # Numbers in it are masked before it is stored.
    body = models.TextField(_("message"), blank=True)
    meaning = models.CharField(_("taken for"), max_length=15, choices=MEANINGS)
    state = models.CharField(_("state"), max_length=10, choices=State)
    # What an unclear message placed at once, and its review keeps or lifts.
    suppression = models.ForeignKey(
        Suppression, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("suppression")
    )
    finding = models.CharField(_("finding"), max_length=15, choices=Finding, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("reviewed by")
    )

    class Meta:
        verbose_name = _("inbound message")
        verbose_name_plural = _("inbound messages")
        ordering = ("-id",)
        indexes = [
            # Read by the review queue.
            models.Index(fields=["state"], name="inbound_waiting", condition=Q(state="review")),
        ]
        constraints = [
            models.UniqueConstraint(name="inbound_once_per_provider", fields=["provider", "provider_message_id"]),
            models.CheckConstraint(
                name="inbound_meaning_is_known", condition=Q(meaning__in=[value for value, _name in MEANINGS])
            ),
            models.CheckConstraint(
                name="inbound_reviewed_has_a_finding",
                condition=~Q(state="reviewed") | ~Q(finding="") & Q(reviewed_at__isnull=False),
            ),
            models.CheckConstraint(name="inbound_sent_before_received", condition=Q(occurred_at__lte=F("received_at"))),
        ]

    def __str__(self) -> str:
        return gettext("Inbound message %(id)s") % {"id": self.pk}


class OutgoingMessage(models.Model):
    """A text message that is to be sent, once. What it says is made of its kind when it is sent, and not kept."""

    class Kind(models.TextChoices):
        CODE = "code", _("asks for a code or a yes")
        VERIFY = "verify", _("asks whether it is their number")
        WORDING = "wording", _("wording that is to be agreed to")
        CONFIRMED = "confirmed", _("says what was agreed to")
        OPTED_OUT = "opted_out", _("confirms an opt-out")
        OPTED_IN = "opted_in", _("confirms an opt-in")
        HELP = "help", _("answers HELP")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused by the provider")
        REFUSED = "refused", _("not allowed")
        EXPIRED = "expired", _("too late to be sent")
        UNKNOWN = "unknown", _("perhaps sent: never tried again")

    privacy = Privacy(
        reference=frozenset({"id", "line", "kind", "language", "collection_point", "challenge", "in_reply_to"})
        | {"created_at", "not_after", "state", "reason", "claimed_at", "sent_at", "gateway", "provider_id"},
    )

    line = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="outgoing", verbose_name=_("line"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    language = models.CharField(_("language"), max_length=10, default="en")
    collection_point = models.ForeignKey(
        CollectionPoint,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("collection point"),
    )
    challenge = models.ForeignKey(
        Challenge,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
        verbose_name=_("challenge"),
    )
    in_reply_to = models.ForeignKey(
        InboundMessage,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replies",
        verbose_name=_("in reply to"),
    )
    created_at = models.DateTimeField(_("created at"))
    not_after = models.DateTimeField(_("not after"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    # A stable code: why it was refused, or what the provider said.
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    claimed_at = models.DateTimeField(_("taken up at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    gateway = models.CharField(_("gateway"), max_length=30, blank=True)
    provider_id = models.CharField(_("provider's id"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        ordering = ("-id",)
        indexes = [
            # Read by the sweep that takes up what was left.
            models.Index(fields=["created_at"], name="outgoing_left", condition=Q(state__in=["pending", "sending"])),
            # Read when the opt-in texts of an hour are counted.
            models.Index(fields=["line", "kind", "created_at"], name="outgoing_of_a_line"),
        ]
        constraints = [
            models.CheckConstraint(
                name="outgoing_state_is_known",
                condition=Q(
                    state__in=["pending", "sending", "sent", "failed", "refused", "expired", "unknown"],
                ),
            ),
            models.CheckConstraint(
                name="outgoing_sent_has_a_time", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
            # 47 CFR 64.1200(a)(12): one confirmation, however often the opt-out is delivered to us.
            models.UniqueConstraint(
                name="outgoing_one_reply", fields=["in_reply_to"], condition=Q(in_reply_to__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return gettext("Outgoing message %(id)s") % {"id": self.pk}
