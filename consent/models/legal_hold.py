"""Legal holds: what keeps data whatever the policies say."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Contact, ContactPoint, Privacy, Source
from crm.models.history import History


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
