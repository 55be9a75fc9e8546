from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_full_numbers_are_exported_by_right")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="rejected_name",
            field=models.CharField(blank=True, default="", max_length=64, verbose_name="file of rejected rows"),
            preserve_default=False,
        )
    ]
