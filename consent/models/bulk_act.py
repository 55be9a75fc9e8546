"""Bulk acts: one thing that is done to many contacts, one after the other, by a worker."""

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.models import Privacy


class BulkAct(models.Model):
    """What was chosen, and what is done to each. Its rows are the truth: a worker that dies leaves what is to be done.

    params: ids and choices of the act, by the names of its form. counts: how many items have come to which outcome,
    once it is done.
    """

    class Kind(models.TextChoices):
        ADD_TAG = "add_tag", _("Add tag")
        REMOVE_TAG = "remove_tag", _("Remove tag")
        RESTRICT = "restrict", _("Restrict")
        LIFT_RESTRICTION = "lift_restriction", _("Lift restriction")
        WITHDRAW = "withdraw", _("Withdraw consent")
        OPT_OUT = "opt_out", _("Opt-out")
        ERASE = "erase", _("Erase now")

    class State(models.TextChoices):
        DRAFT = "draft", _("Not confirmed")
        RUNNING = "running", _("Under way")
        DONE = "done", _("Done")

    privacy = Privacy(
        reference=frozenset(
            {"id", "kind", "state", "params", "counts", "actor_name", "actor_user"}
            | {"chosen_at", "confirmed_at", "finished_at"}
        ),
        exempt={"reason": "why staff did this to many, refused where it holds a number (GDPR 5(2))"},
    )

    kind = models.CharField(_("act"), max_length=20, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    params = models.JSONField(_("choices"), default=dict, blank=True)
    counts = models.JSONField(_("counts"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor_name = models.CharField(_("acting as"), max_length=60)
    actor_user = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("account")
    )
    chosen_at = models.DateTimeField(_("chosen at"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("bulk act")
        verbose_name_plural = _("bulk acts")
        ordering = ("-id",)
        indexes = [
            # Read by the sweep: what is under way, or was never confirmed.
            models.Index(fields=["state", "chosen_at"], name="bulk_act_left", condition=~Q(state="done")),
        ]
        constraints = [
            models.CheckConstraint(
                name="bulk_act_kind_is_known",
                condition=Q(
                    kind__in=["add_tag", "remove_tag", "restrict", "lift_restriction", "withdraw", "opt_out", "erase"]
                ),
            ),
            models.CheckConstraint(
                name="bulk_act_state_is_dated",
                condition=Q(state="draft", confirmed_at__isnull=True, finished_at__isnull=True)
                | Q(state="running", confirmed_at__isnull=False, finished_at__isnull=True)
                | Q(state="done", confirmed_at__isnull=False, finished_at__isnull=False),
            ),
            models.CheckConstraint(name="bulk_act_has_an_actor", condition=~Q(actor_name="")),
        ]

    def __str__(self) -> str:
        return gettext("Bulk act %(id)s") % {"id": self.pk}


class BulkActItem(models.Model):
    """One contact of a bulk act, and what became of it. The contact is an id: its row may go before this one."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        UNCHANGED = "unchanged", _("Was so already")
        FAILED = "failed", _("Failed")

    privacy = Privacy(reference=frozenset({"id", "act", "contact_ref", "outcome", "code"}))

    act = models.ForeignKey(
        BulkAct, on_delete=models.CASCADE, db_index=False, related_name="items", verbose_name=_("bulk act")
    )
    contact_ref = models.BigIntegerField(_("contact id"))
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.WAITING)
    code = models.CharField(_("why"), max_length=30, blank=True)

    class Meta:
        verbose_name = _("contact of a bulk act")
        verbose_name_plural = _("contacts of a bulk act")
        ordering = ("id",)
        indexes = [
            # Read by the worker, which takes the next that wait, and by the page of what failed.
            models.Index(fields=["act", "outcome", "id"], name="bulk_act_items_by_outcome"),
        ]
        constraints = [
            models.UniqueConstraint(name="bulk_act_item_once", fields=["act", "contact_ref"]),
            models.CheckConstraint(
                name="bulk_act_item_outcome_is_known",
                condition=Q(outcome__in=["waiting", "done", "unchanged", "failed"]),
            ),
            models.CheckConstraint(name="bulk_act_item_failed_says_why", condition=~Q(outcome="failed") | ~Q(code="")),
        ]

    def __str__(self) -> str:
        return gettext("Contact %(id)s of a bulk act") % {"id": self.contact_ref}
