import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0009_lines_reopen_and_contacts_have_tags"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DistinctPeople",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("decided_at", models.DateTimeField(verbose_name="decided at")),
            ],
            options={
                "verbose_name": "distinct people",
                "verbose_name_plural": "distinct people",
            },
        ),
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ("-id",),
                "permissions": [("merge_contacts", "Can merge contacts that are one person")],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.RemoveConstraint(
            model_name="contact",
            name="contact_status_is_known",
        ),
        migrations.RemoveConstraint(
            model_name="contact",
            name="contact_erased_is_blank",
        ),
        migrations.AddField(
            model_name="contact",
            name="email_key",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="fingerprint of the e-mail",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_from",
                to="crm.contact",
                verbose_name="merged into",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="email_key",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=64,
                verbose_name="fingerprint of the e-mail",
            ),
        ),
        migrations.AddField(
            model_name="historicalcontact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="crm.contact",
                verbose_name="merged into",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="status",
            field=models.CharField(
                choices=[("live", "Live"), ("restricted", "Restricted"), ("erased", "Erased"), ("merged", "Merged")],
                default="live",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="historicalcontact",
            name="status",
            field=models.CharField(
                choices=[("live", "Live"), ("restricted", "Restricted"), ("erased", "Erased"), ("merged", "Merged")],
                default="live",
                max_length=10,
                verbose_name="status",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="crm_contact_merged"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("email_key", ""), _negated=True), fields=["email_key"], name="crm_contact_email_key"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                django.db.models.functions.text.Upper("family_name"),
                django.db.models.functions.text.Upper(django.db.models.functions.text.Left("given_name", 1)),
                models.F("id"),
                name="crm_contact_by_family_name",
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                django.db.models.functions.text.Upper("given_name"),
                django.db.models.functions.text.Upper(django.db.models.functions.text.Left("family_name", 2)),
                models.F("id"),
                name="crm_contact_by_given_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["live", "restricted", "erased", "merged"])),
                name="contact_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "erased"), _negated=True),
                    models.Q(
                        models.Q(
                            ("address", ""),
                            ("country", ""),
                            ("email", ""),
                            ("family_name", ""),
                            ("given_name", ""),
                            ("language", ""),
                            ("last_interaction_at__isnull", True),
                            ("notes", ""),
                            ("organisation", ""),
                        ),
                        ("email_key", ""),
                        ("erased_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="contact_erased_is_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "merged"), _negated=True),
                    models.Q(
                        ("address", ""),
                        ("country", ""),
                        ("email", ""),
                        ("family_name", ""),
                        ("given_name", ""),
                        ("language", ""),
                        ("last_interaction_at__isnull", True),
                        ("notes", ""),
                        ("organisation", ""),
                    ),
                    _connector="OR",
                ),
                name="contact_merged_is_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        models.Q(("status", "merged"), _negated=True), ("merged_into__isnull", False), _connector="OR"
                    ),
                    models.Q(("merged_into__isnull", True), ("status__in", ["merged", "erased"]), _connector="OR"),
                ),
                name="contact_merged_names_the_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="contact_is_not_merged_into_itself",
            ),
        ),
        migrations.AddField(
            model_name="distinctpeople",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="distinctpeople",
            name="first",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.contact"
            ),
        ),
        migrations.AddField(
            model_name="distinctpeople",
            name="second",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.contact"),
        ),
        migrations.AddConstraint(
            model_name="distinctpeople",
            constraint=models.UniqueConstraint(fields=("first", "second"), name="distinct_people_once"),
        ),
        migrations.AddConstraint(
            model_name="distinctpeople",
            constraint=models.CheckConstraint(
                condition=models.Q(("first__lt", models.F("second"))), name="distinct_people_in_order"
            ),
        ),
    ]
