from django.db import migrations, models

STATES = [
    ("pending", "Waiting for a second person"),
    ("granted", "Granted"),
    ("refused", "Refused"),
    ("withdrawn", "Withdrawn"),
    ("address_changed", "Void: the address changed"),
    ("access_closed", "Void: an access was closed"),
    ("gone", "Void: what it was about is gone"),
]
NAMED = {
    "person": "User",
    "manager": "User",
    "lead": "User",
    "head": "User",
    "team": "Team",
    "department": "Department",
    "departments": "Department",
    "membership": "Membership",
}


def keep_names(apps, schema_editor):
    """What the rows of each request are called, as far as they are there still."""
    for asked in apps.get_model("accounts", "OrganisationRequest").objects.all():
        for argument, value in asked.arguments.items():
            if argument not in NAMED or value is None:
                continue
            rows = apps.get_model("accounts", NAMED[argument])._base_manager.filter(
                pk__in=value if isinstance(value, list) else [value]
            )
            if rows:
                asked.names[argument] = ", ".join(map(name_of, rows))
        asked.save(update_fields=["names"])


def name_of(row):
    if hasattr(row, "full_name"):
        return row.full_name or row.email
    if hasattr(row, "main"):  # a membership
        return f"{row.department.name} · {row.team.name}" if row.team else row.department.name
    return row.name


def states(model, constraint):
    return [
        migrations.RemoveConstraint(model_name=model, name=constraint),
        migrations.AlterField(
            model_name=model,
            name="state",
            field=models.CharField(choices=STATES, default="pending", max_length=16, verbose_name="state"),
        ),
        migrations.AddConstraint(
            model_name=model,
            constraint=models.CheckConstraint(
                condition=models.Q(state__in=[state for state, _label in STATES]), name=constraint
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_director_too")]

    operations = [
        *states("organisationrequest", "organisation_request_state_is_known"),
        *states("rolerequest", "role_request_state_is_known"),
        migrations.AddField(
            model_name="organisationrequest", name="names", field=models.JSONField(default=dict)
        ),
        migrations.RunPython(keep_names, migrations.RunPython.noop),
    ]
