"""How long files are kept, and the record of those purged; nothing is due before the instance has given notice."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_import_runs")]

    operations = [
        migrations.AddField(
            model_name="importrun", name="kept_until", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="importrun", name="purged_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            model_name="importrun",
            index=models.Index(
                condition=Q(purged_at=None), fields=["kept_until"], name="import_file_kept_until"
            ),
        ),
        migrations.AddConstraint(
            model_name="importrun",
            constraint=models.CheckConstraint(
                condition=Q(purged_at=None) | Q(finished_at__isnull=False), name="import_purged_when_over"
            ),
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purge",
                        to="intake.importrun",
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=80)),
                ("at", models.DateTimeField(verbose_name="purged")),
                ("kind", models.CharField(blank=True, max_length=50, verbose_name="kind")),
                ("days", models.PositiveIntegerField(null=True, verbose_name="days kept")),
                ("rows", models.PositiveBigIntegerField(default=0, verbose_name="rejected rows")),
                ("bytes", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                (
                    "found",
                    models.CharField(
                        choices=[
                            ("there", "Removed"),
                            ("shared", "Kept for another import of the same file"),
                            ("gone", "Was not there any more"),
                            ("stray", "Belonged to no import"),
                        ],
                        max_length=10,
                        verbose_name="what became of it",
                    ),
                ),
            ],
            options={"ordering": ["-at", "-id"]},
        ),
        migrations.AddConstraint(
            model_name="purge",
            constraint=models.CheckConstraint(
                condition=Q(found__in=["there", "shared", "gone", "stray"]), name="purge_found_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="purge",
            constraint=models.CheckConstraint(
                condition=Q(found="stray", run=None) | (~Q(found="stray") & Q(run__isnull=False)),
                name="purge_is_of_a_run_or_stray",
            ),
        ),
    ]
