"""Counters of tries and links to sign in. The tables of django-axes, which did the first before, go."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OLD_TABLES = ("accessattemptexpiration", "accessattempt", "accessfailurelog", "accesslog")
DROP = "".join(f"DROP TABLE IF EXISTS axes_{name};" for name in OLD_TABLES)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_granting_takes_two_data")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="TryCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("limit", models.CharField(max_length=40)),
                ("tries", models.PositiveIntegerField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("since"))),
                        name="try_count_ends_after_it_began",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("nonce_hash", models.CharField(max_length=64, unique=True)),
                ("sent_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sign_in_links",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("sent_at"))),
                        name="sign_in_link_expires_after_sending",
                    )
                ],
            },
        ),
    ]
