"""Seals: the ledger's entries, chained in order into Merkle roots, so that no change of them goes unnoticed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class Seal(models.Model):
    """One night's new entries under one root (RFC 6962), chained to the seal before it; also written outside."""

    privacy = Privacy(
        reference=frozenset({"number", "entries", "sealed_at"}),
        exempt=dict.fromkeys(["root", "previous", "digest"], "a hash over hashes of entries, which name nobody"),
    )

    # Counted from 1 without a gap.
    number = models.PositiveIntegerField(_("number"), primary_key=True)
    entries = models.PositiveIntegerField(_("entries"))
    root = models.CharField(_("root"), max_length=64)
    previous = models.CharField(_("digest of the previous seal"), max_length=64)
    # Over number, entries, root, previous and sealed_at.
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    sealed_at = models.DateTimeField(_("sealed at"))

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")
        ordering = ("-number",)
        constraints = [
            models.CheckConstraint(name="seal_numbers_count_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(name="seal_is_of_entries", condition=Q(entries__gte=1)),
            # A chain has no forks: no two seals follow the same one.
            models.UniqueConstraint(name="seal_previous_once", fields=["previous"]),
        ]

    def __str__(self) -> str:
        return gettext("Seal %(number)s") % {"number": self.number}


class SealedEntry(models.Model):
    """Where an entry stands under which seal, and its leaf: what is left of it when its proof period is over."""

    privacy = Privacy(
        reference=frozenset({"entry_id", "seal", "position"}),
        exempt={"leaf": "a hash of an entry, which names nobody; the entry's random record id cannot be guessed"},
    )

    # Not a foreign key: the entry goes when its proof period is over, the leaf stays.
    entry_id = models.BigIntegerField(_("entry id"), primary_key=True)
    seal = models.ForeignKey(
        Seal, on_delete=models.PROTECT, db_index=False, related_name="sealed", verbose_name=_("seal")
    )
    position = models.PositiveIntegerField(_("position"))
    leaf = models.CharField(_("leaf"), max_length=64)

    class Meta:
        verbose_name = _("sealed entry")
        verbose_name_plural = _("sealed entries")
        ordering = ("seal", "position")
        constraints = [models.UniqueConstraint(name="sealed_position_once", fields=["seal", "position"])]

    def __str__(self) -> str:
        return gettext("Sealed entry %(id)s") % {"id": self.pk}


class EndedProof(models.Model):
    """The leave to delete one sealed entry, because its proof period is over: without it the ledger refuses."""

    privacy = Privacy(reference=frozenset({"entry_id", "last_used_at", "ended_at", "actor_name"}))

    entry_id = models.BigIntegerField(_("entry id"), primary_key=True)
    last_used_at = models.DateTimeField(_("last used at"))
    ended_at = models.DateTimeField(_("ended at"))
    actor_name = models.CharField(_("acting as"), max_length=60)

    class Meta:
        verbose_name = _("ended proof")
        verbose_name_plural = _("ended proofs")
        ordering = ("-entry_id",)
        constraints = [
            models.CheckConstraint(
                name="proof_ends_after_its_last_use", condition=Q(ended_at__gt=models.F("last_used_at"))
            ),
        ]

    def __str__(self) -> str:
        return gettext("Ended proof of entry %(id)s") % {"id": self.pk}
