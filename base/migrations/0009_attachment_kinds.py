"""The type of a file beside an object is one of those that are kept."""

from django.db import migrations, models

KINDS = ["pdf", "png", "jpg", "docx", "xlsx", "pptx", "odt", "ods", "txt", "csv"]


class Migration(migrations.Migration):
    dependencies = [("base", "0008_attachments")]

    operations = [
        migrations.AddConstraint(
            "attachment",
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="attachment_kind_is_known"),
        ),
    ]
