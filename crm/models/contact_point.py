"""Contact points: a contact reachable at a line. Consent belongs here, to a person at a number."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.contact import Contact
from crm.models.history import History
from crm.models.phone_number import PhoneNumber
from crm.models.privacy import Privacy


class ContactPoint(models.Model):
    """A person at a number, since and until when. Erased, it is a bare id that the ledger still points to."""

    privacy = Privacy(
        personal={"line": None, "label": "", "extension": "", "is_primary": False, "superseded_by": None},
        reference=frozenset({"id", "contact", "since", "until", "created_at", "erased_at"}),
    )

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="points", verbose_name=_("contact"))
    line = models.ForeignKey(
        PhoneNumber, null=True, on_delete=models.PROTECT, related_name="points", verbose_name=_("line")
    )
    label = models.CharField(_("label"), max_length=60, blank=True)
    extension = models.CharField(_("extension"), max_length=20, blank=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="supersedes",
        verbose_name=_("superseded by"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    # Read by erasure: which points a point once succeeded.
    history = History(
        models.Index(
            fields=["superseded_by"], name="crm_point_hist_succeeded", condition=Q(superseded_by__isnull=False)
        )
    )

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
        ordering = ("-is_primary", "id")
        indexes = [
            # Read by the list of contacts: numbers that have ended and are not gone yet.
            models.Index(fields=["until"], name="crm_point_ended", condition=Q(until__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="point_living_is_at_a_line",
                condition=Q(erased_at__isnull=False) | Q(line__isnull=False),
            ),
            models.CheckConstraint(
                name="point_erased_is_blank",
                condition=Q(erased_at__isnull=True)
                | Q(line__isnull=True, label="", extension="", is_primary=False, superseded_by__isnull=True),
            ),
            models.CheckConstraint(
                name="point_ends_after_it_begins", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
            models.CheckConstraint(
                name="point_is_not_its_own_successor",
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("id")),
            ),
            models.CheckConstraint(
                name="point_superseded_has_ended",
                condition=Q(superseded_by__isnull=True) | Q(until__isnull=False),
            ),
            models.UniqueConstraint(
                name="point_once_per_contact_and_line",
                fields=["contact", "line", "extension"],
                condition=Q(erased_at__isnull=True, until__isnull=True),
            ),
            models.UniqueConstraint(
                name="point_one_primary_per_contact",
                fields=["contact"],
                condition=Q(is_primary=True, until__isnull=True, erased_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Contact point %(id)s") % {"id": self.pk}
