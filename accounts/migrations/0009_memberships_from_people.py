"""Make dated rows of where people work, and have worked as far as their history tells, and of who leads a team.

The days are those of the company's time zone. What history kept of a move, its moment and its author, becomes the
history of the dated rows: their triggers are not there yet.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import migrations


def day_of(moment):
    return moment.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def moves(apps):
    """(person, [(department, team, first day, moment, context)…]), oldest first, the present last."""
    events = {}
    for event in apps.get_model("accounts", "UserEvent").objects.order_by("pgh_created_at", "pgh_id"):
        events.setdefault(event.pgh_obj_id, []).append(event)
    for person in apps.get_model("accounts", "User").objects.order_by("pk"):
        found = []
        seen = [(e.department_id, e.team_id, e.pgh_created_at, e.pgh_context_id) for e in events.get(person.pk, [])]
        for department, team, moment, context in [
            *seen, (person.department_id, person.team_id, seen[-1][2] if seen else person.created_at, None),
        ]:  # fmt: skip
            if not found or found[-1][:2] != (department, team):
                found.append((department, team, day_of(moment), moment, context))
        yield person, found


def place_people(apps, schema_editor):
    known = dict(apps.get_model("accounts", "Department").objects.values_list("pk", "pk"))
    teams = dict(apps.get_model("accounts", "Team").objects.values_list("pk", "department_id"))
    for person, places in moves(apps):
        for place, following in zip(places, [*places[1:], None]):
            department, team, start, _moment, _context = place
            end = following[2] - timedelta(days=1) if following else None
            if department not in known or (end is not None and end < start):
                continue  # without a place, in one that is no more, or for less than a day
            team = team if team in teams and (following or teams[team] == department) else None
            keep(apps, schema_editor, person, department, team, place, end, following)


def keep(apps, schema_editor, person, department, team, place, end, following):
    """One row, and in its history that it began, and that it ended, as the person's own history tells it."""
    _department, _team, start, moment, context = place
    row = apps.get_model("accounts", "Membership").objects.create(
        person_id=person.pk, department_id=department, team_id=team, main=True, start=start, end=end
    )
    versions = [("insert", None, moment, context)]
    if following:
        versions.append(("update", end, following[3], following[4]))
    with schema_editor.connection.cursor() as cursor:
        for label, last, at, by in versions:
            cursor.execute(
                "INSERT INTO accounts_membershipevent (pgh_label, pgh_created_at, pgh_context_id, pgh_obj_id,"
                " person_id, department_id, team_id, main, start, \"end\") VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [label, at, by, row.pk, person.pk, department, team, True, start, last],
            )


def name_leads(apps, schema_editor):
    """No history was kept of who leads a team: it is known since the lead came to the company."""
    lead = apps.get_model("accounts", "TeamLead")
    for team in apps.get_model("accounts", "Team").objects.exclude(lead=None).select_related("lead"):
        lead.objects.create(team_id=team.pk, person_id=team.lead_id, start=day_of(team.lead.created_at))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_relations")]

    operations = [
        migrations.RunPython(place_people, migrations.RunPython.noop),
        migrations.RunPython(name_leads, migrations.RunPython.noop),
    ]
