import django.contrib.postgres.fields
from django.db import migrations, models

SCOPES = [
    ("figures:read", "Read figures: indicators, values, gaps, deviations and targets"),
    ("targets:write", "Set targets, or propose them where your role may do no more"),
    ("facts:write", "Send figures by day, as imports you can look at and undo"),
]


class Migration(migrations.Migration):
    """Tokens may also set targets and send figures; those there are keep what they had."""

    dependencies = [
        ("accounts", "0016_search"),
    ]

    operations = [
        migrations.RemoveConstraint("apitoken", name="api_token_scopes_are_known"),
        migrations.AlterField(
            "apitoken",
            "scopes",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=SCOPES, max_length=40), size=None, verbose_name="may"
            ),
        ),
        migrations.AddConstraint(
            "apitoken",
            models.CheckConstraint(
                condition=models.Q(scopes__len__gt=0)
                & models.Q(scopes__contained_by=["figures:read", "targets:write", "facts:write"]),
                name="api_token_scopes_are_known",
            ),
        ),
    ]
