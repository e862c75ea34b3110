"""Measures and indicators say the right it takes to read them; all those there are stay open to every reader."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("kpis", "0006_exact_and_told")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="right",
                field=models.CharField(default="view_figures", db_default="view_figures", max_length=40),
            )
            for model in ("measure", "indicator")
        ),
        *(
            migrations.AddConstraint(
                model_name=model,
                constraint=models.CheckConstraint(condition=~Q(right=""), name=f"{model}_says_its_right"),
            )
            for model in ("measure", "indicator")
        ),
        migrations.AddField(
            model_name="nightlyrun",
            name="by_indicator",
            field=models.JSONField(default=dict),
        ),
    ]
