import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0008_numbers_are_revealed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("add_tag", "Add tag"),
                            ("remove_tag", "Remove tag"),
                            ("restrict", "Restrict"),
                            ("lift_restriction", "Lift restriction"),
                            ("withdraw", "Withdraw consent"),
                            ("opt_out", "Opt-out"),
                            ("erase", "Erase now"),
                        ],
                        max_length=20,
                        verbose_name="act",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Not confirmed"), ("running", "Under way"), ("done", "Done")],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("params", models.JSONField(blank=True, default=dict, verbose_name="choices")),
                ("counts", models.JSONField(blank=True, default=dict, verbose_name="counts")),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("actor_name", models.CharField(max_length=60, verbose_name="acting as")),
                ("chosen_at", models.DateTimeField(verbose_name="chosen at")),
                ("confirmed_at", models.DateTimeField(blank=True, null=True, verbose_name="confirmed at")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
                (
                    "actor_user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk act",
                "verbose_name_plural": "bulk acts",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="BulkActItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("contact_ref", models.BigIntegerField(verbose_name="contact id")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("unchanged", "Was so already"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="outcome",
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=30, verbose_name="why")),
                (
                    "act",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="consent.bulkact",
                        verbose_name="bulk act",
                    ),
                ),
            ],
            options={
                "verbose_name": "contact of a bulk act",
                "verbose_name_plural": "contacts of a bulk act",
                "ordering": ("id",),
            },
        ),
        migrations.AddIndex(
            model_name="bulkact",
            index=models.Index(
                condition=models.Q(("state", "done"), _negated=True),
                fields=["state", "chosen_at"],
                name="bulk_act_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        ["add_tag", "remove_tag", "restrict", "lift_restriction", "withdraw", "opt_out", "erase"],
                    )
                ),
                name="bulk_act_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at__isnull", True), ("finished_at__isnull", True), ("state", "draft")),
                    models.Q(("confirmed_at__isnull", False), ("finished_at__isnull", True), ("state", "running")),
                    models.Q(("confirmed_at__isnull", False), ("finished_at__isnull", False), ("state", "done")),
                    _connector="OR",
                ),
                name="bulk_act_state_is_dated",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkact",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor_name", ""), _negated=True), name="bulk_act_has_an_actor"
            ),
        ),
        migrations.AddIndex(
            model_name="bulkactitem",
            index=models.Index(fields=["act", "outcome", "id"], name="bulk_act_items_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="bulkactitem",
            constraint=models.UniqueConstraint(fields=("act", "contact_ref"), name="bulk_act_item_once"),
        ),
        migrations.AddConstraint(
            model_name="bulkactitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["waiting", "done", "unchanged", "failed"])),
                name="bulk_act_item_outcome_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkactitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "failed"), _negated=True),
                    models.Q(("code", ""), _negated=True),
                    _connector="OR",
                ),
                name="bulk_act_item_failed_says_why",
            ),
        ),
    ]
