"""The migration that makes dated rows of where people work: an instance in use keeps its present and its past."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("accounts", "0007_api_tokens")]


def migrate(targets: list[tuple[str, str]]) -> object:
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_people_keep_where_they_work_and_worked_and_teams_their_lead() -> None:
    # Of other apps too: theirs rest on these.
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    apps = migrate(BEFORE)
    try:
        User = apps.get_model("accounts", "User")  # type: ignore[attr-defined]
        commerce = apps.get_model("accounts", "Department").objects.create(code="c", name="Commerce")  # type: ignore[attr-defined]
        teams = apps.get_model("accounts", "Team").objects  # type: ignore[attr-defined]
        web, shops = (teams.create(name=name, department=commerce) for name in ("Web", "Shops"))
        lea = User.objects.create(email="lea@x.example", full_name="Lea", department=commerce, team=web)
        User.objects.filter(pk=lea.pk).update(team=shops)
        lead = User.objects.create(email="lead@x.example", full_name="Lead", department=commerce)
        User.objects.create(email="free@x.example", full_name="Free")
        teams.filter(pk=shops.pk).update(lead=lead)
        with connection.cursor() as cursor:  # the first team was that of 2025
            cursor.execute("ALTER TABLE accounts_userevent DISABLE TRIGGER USER")
            cursor.execute(
                "UPDATE accounts_userevent SET pgh_created_at = %s WHERE pgh_obj_id = %s AND pgh_label = 'insert'",
                [datetime(2025, 3, 1, 23, 30, tzinfo=UTC), lea.pk],  # already the next day in Paris
            )
            cursor.execute("ALTER TABLE accounts_userevent ENABLE TRIGGER USER")
        today = apps.get_model("accounts", "UserEvent").objects.latest("pgh_id").pgh_created_at.date()  # type: ignore[attr-defined]
    finally:
        now = migrate(latest)
    rows = now.get_model("accounts", "Membership").objects.order_by("person", "start")  # type: ignore[attr-defined]
    first, second, of_lead = rows.values_list("person", "team", "start")
    assert first == (lea.pk, web.pk, date(2025, 3, 2))
    assert second[:2] == (lea.pk, shops.pk)
    assert of_lead[:2] == (lead.pk, None)
    ended = rows.get(team=web.pk).end
    assert (second[2] - ended).days == 1
    assert abs((second[2] - today).days) <= 1
    (named,) = now.get_model("accounts", "TeamLead").objects.values_list("team", "person", "end")  # type: ignore[attr-defined]
    assert named == (shops.pk, lead.pk, None)
    events = now.get_model("accounts", "MembershipEvent").objects.filter(person_id=lea.pk).order_by("pgh_id")  # type: ignore[attr-defined]
    assert list(events.values_list("pgh_label", "team_id")) == [
        ("insert", web.pk), ("update", web.pk), ("insert", shops.pk),
    ]  # fmt: skip
