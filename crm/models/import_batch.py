"""Import batches: one file from one source, from its upload to what became of each row."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models.privacy import Privacy
from crm.models.source import Source


class Outcome(models.TextChoices):
    """What became of a row: exactly one of these."""

    CREATED = "created", _("Created")
    UPDATED = "updated", _("Updated")
    UNCHANGED = "unchanged", _("Unchanged")
    REJECTED = "rejected", _("Rejected")
    SUPPRESSED = "suppressed", _("Suppressed")
    FLAGGED = "flagged", _("Waits for a yes")


class ImportBatch(models.Model):
    """A staged file and its fate. The row, not the broker, is the truth about what is still to be done."""

    class Stage(models.TextChoices):
        STAGED = "staged", _("Staged")
        PREVIEWING = "previewing", _("Being previewed")
        PREVIEWED = "previewed", _("Previewed")
        CONFIRMED = "confirmed", _("Confirmed")
        COMMITTED = "committed", _("Committed")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    privacy = Privacy(
        reference=frozenset(
            {"id", "source", "digest", "region", "stage", "rows_total", "rows_done", "created_at", "confirmed_at"}
            | {"committed_at", "uploaded_by", "confirmed_by", "actor", "counts", "error", "staged_name"}
            | {"undone_at", "undone_by", "undone_as", "undone_to", "undone"}
            | {"format", "encoding", "delimiter", "preset", "overwrite", "accept_flagged", "preview", "rejected_name"}
        ),
        exempt={
            "file_name": "names a supplier's file; refused at upload when it holds a number",
            "mapping": "column headers and field names, no cell of the file",
        },
    )

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches", verbose_name=_("source"))
    file_name = models.CharField(_("file name"), max_length=200)
    digest = models.CharField(_("SHA-256 of the file"), max_length=64)
    region = models.CharField(_("default region"), max_length=2, blank=True)
    # What the file was recognised as: its kind, how its text is written, and the program it comes from.
    format = models.CharField(_("format"), max_length=10, blank=True)
    encoding = models.CharField(_("encoding"), max_length=20, blank=True)
    delimiter = models.CharField(_("delimiter"), max_length=1, blank=True)
    preset = models.CharField(_("program"), max_length=60, blank=True)
    mapping = models.JSONField(_("columns"), default=dict, blank=True)
    overwrite = models.BooleanField(
        _("overwrite what is there"),
        default=False,
        help_text=_("Also values that are newer, or that staff have typed in. A no is never overwritten."),
    )
    accept_flagged = models.BooleanField(
        _("import what is flagged"),
        default=False,
        help_text=_("Premium-rate numbers, and numbers that many people share."),
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage, default=Stage.STAGED)
    # A random name in the private staging directory; empty once the file is deleted.
    staged_name = models.CharField(_("staged file"), max_length=64, blank=True)
    # The same for the file of the rows that were rejected, which waits a day to be fetched.
    rejected_name = models.CharField(_("file of rejected rows"), max_length=64, blank=True)
    rows_total = models.PositiveIntegerField(_("rows"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    # What the dry run found beside the counts: ids, codes and names of fields, never a cell.
    preview = models.JSONField(_("preview"), default=dict, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    actor = models.CharField(_("acting as"), max_length=60)
    uploaded_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    confirmed_by = models.ForeignKey(
        User,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("confirmed by"),
    )
    created_at = models.DateTimeField(_("created at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    committed_at = models.DateTimeField(_("committed at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("undone by")
    )
    undone_as = models.CharField(_("undone as"), max_length=60, blank=True)
    # The last contact, by id, at which an undo has been: contacts before it are done with.
    undone_to = models.BigIntegerField(_("undone up to"), default=0)
    undone = models.JSONField(_("what the undo did"), default=dict, blank=True)

    class Meta:
        verbose_name = _("import batch")
        verbose_name_plural = _("import batches")
        ordering = ("-id",)
        permissions = [("import_contacts", _("Can import contacts"))]
        constraints = [
            models.CheckConstraint(
                name="batch_stage_is_known",
                condition=Q(
                    stage__in=["staged", "previewing", "previewed", "confirmed", "committed", "failed", "discarded"]
                )
                | Q(stage__in=["undoing", "undone"]),
            ),
            models.CheckConstraint(
                name="batch_committed_has_no_file",
                condition=~Q(stage__in=["committed", "undoing", "undone"])
                | Q(staged_name="", committed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="batch_undone_says_when_and_by_whom",
                condition=Q(undone_at__isnull=True, undone_as="") & ~Q(stage__in=["undoing", "undone"])
                | Q(undone_at__isnull=False, stage__in=["undoing", "undone"]) & ~Q(undone_as=""),
            ),
            models.CheckConstraint(
                name="batch_commit_follows_confirmation",
                condition=Q(committed_at__isnull=True)
                # SQL takes a comparison with null for passed.
                | Q(confirmed_at__isnull=False, confirmed_at__lte=F("committed_at")),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Import %(id)s") % {"id": self.pk}


class ImportFault(models.Model):
    """Why one row was rejected: its line in the file, the column, and a reason; never the cell itself."""

    privacy = Privacy(reference=frozenset({"id", "batch", "line", "column", "code"}))

    batch = models.ForeignKey(
        ImportBatch, on_delete=models.CASCADE, related_name="faults", verbose_name=_("import batch")
    )
    line = models.PositiveIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=120)
    code = models.CharField(_("reason"), max_length=40)

    class Meta:
        verbose_name = _("import fault")
        verbose_name_plural = _("import faults")
        ordering = ("batch", "line", "id")

    def __str__(self) -> str:
        return gettext("Line %(line)s: %(code)s") % {"line": self.line, "code": self.code}
