"""Contacts: the people whom we hold."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.history import History
from crm.models.privacy import Privacy
from crm.rows import LIMITS


class Contact(models.Model):
    """A data subject. Numbers are not here: a contact is reachable through its contact points."""

    class Status(models.TextChoices):
        LIVE = "live", _("Live")
        RESTRICTED = "restricted", _("Restricted")
        ERASED = "erased", _("Erased")

    privacy = Privacy(
        personal={
            "given_name": "",
            "family_name": "",
            "organisation": "",
            "email": "",
            "address": "",
            "country": "",
            "language": "",
            "notes": "",
            "last_interaction_at": None,
        },
        reference=frozenset({"id", "status", "created_at", "erased_at"}),
    )
    # What a person or a supplier may say of someone; the rest of the row is ours to keep.
    PROFILE = tuple(LIMITS)

    given_name = models.CharField(_("given name"), max_length=LIMITS["given_name"], blank=True)
    family_name = models.CharField(_("family name"), max_length=LIMITS["family_name"], blank=True)
    organisation = models.CharField(_("organisation"), max_length=LIMITS["organisation"], blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.TextField(_("address"), blank=True, max_length=LIMITS["address"])
    country = models.CharField(
        _("country"), max_length=LIMITS["country"], blank=True, help_text=_("Two letters, as in GB.")
    )
    language = models.CharField(_("language"), max_length=LIMITS["language"], blank=True)
    notes = models.TextField(_("notes"), blank=True, max_length=LIMITS["notes"])
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.LIVE)
    last_interaction_at = models.DateTimeField(_("last interaction"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)

    # Read by the screening of lists: who was ever restricted, who are few.
    history = History(models.Index(fields=["id"], name="crm_contact_ever_restricted", condition=Q(status="restricted")))

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ("-id",)
        indexes = [
            # Read by intake, which matches a row to a contact by e-mail whatever its case.
            models.Index(Upper("email"), name="crm_contact_email_upper"),
            # Read by the retention sweep for the last-interaction trigger.
            models.Index(fields=["last_interaction_at"], name="crm_contact_interaction"),
            # Read by the list of contacts: who is of a country, and, of all but the living, who is how.
            models.Index(fields=["country"], name="crm_contact_country", condition=~Q(country="")),
            models.Index(fields=["status", "id"], name="crm_contact_not_live", condition=~Q(status="live")),
        ]
        constraints = [
            models.CheckConstraint(
                name="contact_status_is_known", condition=Q(status__in=["live", "restricted", "erased"])
            ),
            models.CheckConstraint(
                name="contact_erased_is_blank",
                condition=~Q(status="erased")
                | Q(
                    erased_at__isnull=False,
                    given_name="",
                    family_name="",
                    organisation="",
                    email="",
                    address="",
                    country="",
                    language="",
                    notes="",
                    last_interaction_at__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="contact_erased_at_means_erased",
                condition=Q(erased_at__isnull=True) | Q(status="erased"),
            ),
        ]

    def __str__(self) -> str:
        name = f"{self.given_name} {self.family_name}".strip() or self.organisation
        return name or gettext("Contact %(id)s") % {"id": self.pk}
