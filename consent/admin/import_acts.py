"""What staff do about an import that is committed: undo it, fetch what it rejected. And how a worker gets a batch."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError as BrokerDown

from crm.admin.act import Act, ActForm, Refusal
from crm.celery import app as celery_app
from crm.imports.undo import NotUndone, begin
from crm.models import ImportBatch, Provenance


class Undo(Act):
    """Takes back a committed import, in the worker."""

    title = _("Undo this import")
    submit = _("Undo import")
    permission = "crm.import_contacts"
    form_class = ActForm
    danger = True

    def obstacle(self) -> str:
        """Only what was committed can be undone, and once."""
        return "" if self.obj.stage == ImportBatch.Stage.COMMITTED else str(NotUndone(self.obj))

    def effects(self) -> Sequence[str]:
        """Return what goes and what stays."""
        brought = Provenance.objects.filter(batch=self.obj, point__erased_at=None)
        elsewhere = Provenance.objects.filter(point=OuterRef("point")).exclude(pk=OuterRef("pk"))
        return [
            gettext("Numbers that this import brought: %(count)d; of them nobody else has brought %(alone)d.")
            % {"count": brought.count(), "alone": brought.filter(~Exists(elsewhere)).count()},
            gettext("Contacts, numbers and sources that this import alone brought are removed."),
            gettext("Consents that it alone brought end: the ledger says that they were never valid."),
            gettext("What it changed in contacts that were there before is given back."),
            gettext("Whatever somebody has changed since, another source stands behind, or a hold is on, stays."),
            gettext("Every withdrawal and every suppression stays."),
        ]

    def perform(self, form: ActForm) -> str:
        """Release the batch; the worker does the rest."""
        try:
            with transaction.atomic():
                begin(self.obj, actor=self.actor, at=self.now)
                transaction.on_commit(partial(send, self.obj.pk, "undo_import"))
        except NotUndone as error:
            raise Refusal(str(error)) from None
        return gettext("Import %(id)s is being undone.") % {"id": self.obj.pk}


def may_fetch_rejected(request: HttpRequest, batch: ImportBatch) -> bool:
    """Whether somebody may have the rejected rows, in which numbers stand in full.

    Whoever brought the file gets its rows back; anybody else needs the right to full numbers.
    """
    mine = batch.uploaded_by_id is not None and batch.uploaded_by_id == request.user.pk
    return request.user.has_perm("crm.import_contacts") and (mine or request.user.has_perm("crm.export_full_numbers"))


def send(batch_id: int, task: str = "commit_import") -> None:
    """Hand the batch to a worker. While the broker is down the row itself waits: the sweep takes it up."""
    try:
        celery_app.send_task(f"consent.tasks.{task}", [batch_id])
    except BrokerDown:
        return
