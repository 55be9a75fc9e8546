"""Tags: what staff group contacts by, and what a retention policy can be narrowed to."""

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.contact import Contact
from crm.models.history import History
from crm.models.privacy import Privacy


class Tag(models.Model):
    """A word that contacts are grouped by, such as "volunteer"."""

    privacy = Privacy(
        reference=frozenset({"id", "slug", "created_at"}),
        exempt={"name": "names a group that the office keeps, not a contact"},
    )

    name = models.CharField(_("name"), max_length=60)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class ContactTag(models.Model):
    """A contact is in a group. That somebody is tells of the person: the row, and its history, go with the profile."""

    privacy = Privacy(reference=frozenset({"id", "contact", "tag", "added_at", "added_by"}))

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="tags", verbose_name=_("contact"))
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="contacts", verbose_name=_("tag"))
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    added_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("added by")
    )

    # Read by the timeline and by erasure: in which groups somebody is or was.
    history = History(models.Index(fields=["contact"], name="crm_contacttag_hist_contact"))

    class Meta:
        verbose_name = _("tag of a contact")
        verbose_name_plural = _("tags of a contact")
        ordering = ("contact", "tag")
        constraints = [models.UniqueConstraint(name="contact_tag_once", fields=["contact", "tag"])]

    def __str__(self) -> str:
        return gettext("Tag %(id)s") % {"id": self.pk}
