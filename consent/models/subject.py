"""What a person has a right to: a page of their own, an answer to what they ask, and to know who got their data."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models.access_record import AccessRecord
from consent.models.purpose import Purpose
from crm.models import Contact, ContactPoint, PhoneNumber, Privacy


class PreferenceToken(models.Model):
    """The random id of a preference centre's address, kept as a digest.

    Once expired it can still withdraw, never grant. It names the line beside the point: it works after an erasure too.
    """

    privacy = Privacy(
        reference=frozenset({"id", "point", "line", "created_at", "expires_at"}),
        exempt={"digest": "of a random id, not of a person; with it people take consent back (GDPR 7(3))"},
    )

    digest = models.CharField(max_length=64, unique=True, editable=False)
    point = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="preference_tokens", verbose_name=_("contact point")
    )
    line = models.ForeignKey(PhoneNumber, on_delete=models.PROTECT, related_name="+", verbose_name=_("line"))
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))

    class Meta:
        verbose_name = _("preference link")
        verbose_name_plural = _("preference links")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="preference_token_expires", condition=Q(expires_at__gt=F("created_at"))),
        ]

    def __str__(self) -> str:
        return gettext("Preference link %(id)s") % {"id": self.pk}


class SubjectRequest(models.Model):
    """Something that a person asked of us under GDPR 15 to 21. When it is due is counted, not stored."""

    class Kind(models.TextChoices):
        ACCESS = "access", _("A copy of their data (GDPR 15)")
        ERASURE = "erasure", _("Erasure (GDPR 17)")
        OBJECTION = "objection", _("Objection (GDPR 21)")

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")

    privacy = Privacy(
        personal={"answer": ""},
        reference=frozenset({"id", "kind", "contact", "received_at", "came_by", "state", "closed_at", "closed_by"}),
    )

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="subject_requests", verbose_name=_("contact")
    )
    received_at = models.DateTimeField(_("received at"))
    came_by = models.CharField(_("came by"), max_length=30)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("closed by")
    )
    answer = models.TextField(_("what was done"), blank=True)

    class Meta:
        verbose_name = _("request by a person")
        verbose_name_plural = _("requests by people")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="subject_request_kind_is_known", condition=Q(kind__in=["access", "erasure", "objection"])
            ),
            models.CheckConstraint(
                name="subject_request_closed_has_a_time",
                condition=Q(state="open", closed_at__isnull=True)
                | Q(state__in=["done", "refused"], closed_at__isnull=False),
            ),
            # Asked twice it is one request.
            models.UniqueConstraint(
                name="subject_request_one_open", fields=["contact", "kind"], condition=Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return gettext("Request %(id)s") % {"id": self.pk}


class Disclosure(models.Model):
    """Who was given a person's data, and when: the recipients that an access answer names (GDPR 15(1)(c), 19)."""

    privacy = Privacy(
        personal={"note": ""},
        reference=frozenset({"id", "contact", "purpose", "at", "actor_name", "actor_user", "access_record"}),
        exempt={"recipient": "an organisation that received data, not a contact"},
    )

    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="disclosures", verbose_name=_("contact")
    )
    recipient = models.CharField(_("recipient"), max_length=200)
    purpose = models.ForeignKey(
        Purpose, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("purpose")
    )
    at = models.DateTimeField(_("at"))
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    # The export by which it went, if it was one.
    access_record = models.ForeignKey(
        AccessRecord, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("export")
    )

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(name="disclosure_names_a_recipient", condition=~Q(recipient="")),
        ]

    def __str__(self) -> str:
        return gettext("Disclosure %(id)s") % {"id": self.pk}
