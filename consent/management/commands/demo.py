"""`demo`: a made-up company, the nightly job, and the admin to look at it in."""

import secrets
from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from consent import insight, retention, roles
from consent.management.demo import company, places, serving
from consent.models import PurgeRun, RetentionPolicy
from consent.resources import EvidenceResource
from crm import signing_in, traces
from crm.celery import app as celery_app
from crm.imports import run, upload
from crm.management.base import wrong_use
from crm.models import Contact, ImportBatch, Outcome, PhoneNumber, SavedView, Source


class Command(BaseCommand):
    """Running it again does no harm: what is there stays, and the nightly job finds what is due by now."""

    help = "Load a made-up company, run the nightly job through Celery, then serve the admin until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """State the arguments."""
        parser.add_argument("--once", action="store_true", help="do all but the serving")
        parser.add_argument("--port", type=int, default=8000, help="the port to serve on, or the next free one")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, load, import, purge, and serve."""
        self.console = Console(highlight=False, soft_wrap=True)
        call_command("migrate", verbosity=0)
        call_command("check", databases=["default"], stdout=StringIO())
        serving.folders()
        if Contact.objects.exists() and not company.is_loaded():
            raise wrong_use("This database holds contacts that are not the demo's; the demo leaves it alone.")
        if not company.is_loaded():
            self.console.print("Loading a made-up company: Finch & Harbour, garden centres ...")
            company.load(now=timezone.now())
        with serving.worker():
            self._import()
            witness = self._someone_who_goes()
            self._purge()
        self._say_what_is_left(witness)
        insight.count(at=timezone.now())
        insight.carry_out(insight.ask(user=None, at=timezone.now()).pk)
        if not options["once"]:
            port = serving.free_port(options["port"])
            self._say_where(port, self._logins())
            serving.serve(port)

    def _import(self) -> None:
        """Bring in a supplier's file through the importer, once; the worker commits it."""
        if ImportBatch.objects.exists():
            return
        how: Any = {"resource": EvidenceResource, "actor": company.DEMO, "at": timezone.now()}
        batch = upload.stage(
            [company.supplier_file(now=timezone.now())],
            file_name="greenlist-leads.csv",
            source=Source.objects.get(slug="greenlist"),
            **how,
        )
        run.preview(batch, **how)
        run.confirm(batch, actor=company.DEMO, at=timezone.now())
        celery_app.send_task("consent.tasks.commit_import", [batch.pk])
        if not serving.wait_for(lambda: self._is_committed(batch)):
            raise CommandError("The worker did not commit the import in time.")
        counts = ", ".join(f"{batch.counts[outcome]} {outcome}" for outcome in Outcome if batch.counts[outcome])
        self.console.print(f"Imported {batch.file_name} from {batch.source}: {counts}.")

    def _is_committed(self, batch: ImportBatch) -> bool:
        batch.refresh_from_db()
        return batch.stage == ImportBatch.Stage.COMMITTED

    def _someone_who_goes(self) -> str:
        """Return a number that tonight's job will erase, or "": to look for it afterwards."""
        for found in retention.due(as_of=timezone.now()):
            line = PhoneNumber.objects.get(points=found.point_id)
            if line.points.filter(erased_at=None).count() == 1:
                return line.e164
        return ""

    def _purge(self) -> None:
        """Send the nightly job and say what it did."""
        last = PurgeRun.objects.values_list("pk", flat=True).first() or 0
        celery_app.send_task("consent.tasks.purge")
        ended = PurgeRun.objects.filter(pk__gt=last).exclude(state=PurgeRun.State.RUNNING)
        if not serving.wait_for(ended.exists):
            raise CommandError("The nightly job did not end in time.")
        done = ended.latest("pk")
        if done.state == PurgeRun.State.WAITING:
            self._approve(done)
        if not done.receipts.exists():
            self.console.print(f"Nightly job, run {done.pk}: {done.get_state_display()}. Nothing was due.")
            return
        table = Table(title=f"Nightly job, run {done.pk}: {done.get_state_display()}", title_justify="left")
        for heading in ("Policy", "Action", "Contact points erased"):
            table.add_column(heading)
        for policy in RetentionPolicy.objects.filter(receipts__run=done).distinct():
            erased = done.receipts.filter(policy=policy).count()
            table.add_row(policy.name, str(policy.get_action_display()), str(erased))
        self.console.print(table)
        self.console.print(
            f"{done.counts.get('numbers', 0)} numbers and {done.counts.get('profiles', 0)} profiles are gone; "
            f"{done.counts.get('kept', 0)} were kept under the lock. Receipts: {done.receipts.count()}."
        )

    def _approve(self, waiting: PurgeRun) -> None:
        """Have a second person approve a run that waits: the first night after years has much to do."""
        officer = self._account("Compliance officer")
        self.console.print(
            f"Nightly job, run {waiting.pk}: {waiting.due} of {waiting.held} contact points are due. "
            f"{waiting.get_brake_display()}: it waits, until a second person, {officer.username}, approves it."
        )
        retention.approve(waiting, user=officer, at=timezone.now())
        celery_app.send_task("consent.tasks.purge_approved", [waiting.pk])
        if not serving.wait_for(PurgeRun.objects.filter(pk=waiting.pk, finished_at__isnull=False).exists):
            raise CommandError("The approved run did not end in time.")
        waiting.refresh_from_db()

    def _say_what_is_left(self, witness: str) -> None:
        held = PhoneNumber.objects.filter(number__isnull=False).count()
        self.console.print(f"{held} numbers are held; {PhoneNumber.objects.filter(number=None).count()} are gone.")
        if witness:
            found = len(list(traces.find(witness)))
            self.console.print(f"Traces of one of the erased numbers, searched for everywhere: {found or 'none'}.")

    def _logins(self) -> dict[str, tuple[str, str, str]]:
        """Give each role an account with a new password, and return (user name, password, secret of an app) by role."""
        logins = {}
        for role in roles.ROLES:
            user, password = self._account(role), secrets.token_urlsafe(9)
            user.set_password(password)
            user.save()
            logins[role] = (user.username, password, signing_in.secret_of_app(user))
        officer = self._account("Compliance officer")
        for name, filters in (("Gone within a month", {"due": "30"}), ("Restricted", {"status": "restricted"})):
            view = {"filters": filters, "shared": True, "made_at": timezone.now()}
            SavedView.objects.get_or_create(user=officer, name=name, defaults=view)
        return logins

    def _account(self, role: str) -> User:
        """Return the account of a role, which nobody can sign in to until it is given a password."""
        user, _created = User.objects.get_or_create(username=role.casefold().replace(" ", "-"))
        user.is_staff = True
        user.save()
        user.groups.set(Group.objects.filter(name=role))
        return user

    def _say_where(self, port: int, logins: dict[str, tuple[str, str, str]]) -> None:
        table = Table(title=f"http://{serving.HOST}:{port}/admin/", title_justify="left")
        for heading in ("Role", "User name", "Password", "Secret for an authenticator app"):
            table.add_column(heading)
        for role, login in logins.items():
            table.add_row(role, *login)
        self.console.print(table)
        name, _password, secret = logins["Compliance officer"]
        self.console.print(
            f"As an address for an app: otpauth://totp/Ringfence:{name}?secret={secret}&issuer=Ringfence"
        )
        keys = places.new_keys(at=timezone.now())
        for what, where in (
            ("The hosted form", f"/c/{places.FORM}/"),
            ("The till", f"/till/{places.TILL}/   key: {keys[places.TILL]}"),
            ("The API", f"/api/v1/docs   key: {keys[places.APP]}"),
            ("Why permission says what it says", "/reference/reasons/"),
        ):
            self.console.print(f"{what}: http://{serving.HOST}:{port}{where}")
        self.console.print("Text messages are not sent: the worker shows them here, with their codes.")
        self.console.print("Ctrl-C ends it.")
