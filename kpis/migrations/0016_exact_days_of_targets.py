from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kpis", "0015_jobs"),
    ]

    operations = [
        migrations.AlterField(
            model_name="targetday",
            name="value",
            field=models.DecimalField(decimal_places=6, max_digits=20),
        ),
    ]
