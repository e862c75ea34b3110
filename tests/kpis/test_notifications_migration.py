"""The migration that gives notifications their kinds: what people were told stays theirs, and opens as before."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User

BEFORE = [("base", "0003_handling"), ("kpis", "0011_names_of_retailers"), ("intake", "0002_retention")]


@pytest.mark.django_db(transaction=True)
def test_what_was_told_finds_its_kind() -> None:
    # Of other apps too: theirs rest on these.
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    apps = executor.loader.project_state(BEFORE).apps
    try:
        user = User.objects.create_user("lea@x.example", full_name="Lea")
        told = [
            ("deviation:7:opened", "Nouvelle alerte d’écart", "/deviations/9/"),
            ("deviation:8:given", "Anne gave you the deviation of “Sales”.", "/deviations/8/"),
            ("deviation:5:given", "Zoé vous a confié l’alerte d’écart sur « CA ».", "/deviations/5/"),
            ("deviation:4:given", "In words nobody knows", "/deviations/4/"),
            ("imports:purge:2026-11-01", "Files go", "/imports/retention/"),
            ("other", "As it was", "/"),
        ]
        for key, text, url in told:
            apps.get_model("base", "Notification").objects.create(
                user_id=user.pk, key=key, text=text, url=url
            )
    finally:
        MigrationExecutor(connection).migrate(latest)
    found = MigrationExecutor(connection).loader.project_state(latest).apps.get_model("base", "Notification")
    columns = ("kind", "object_id", "plain", "values", "mail_at")
    assert {row[0]: row[1:] for row in found.objects.values_list("key", *columns)} == {
        "deviation:7:opened": ("deviation_opened", 9, "", {}, None),
        "deviation:8:given": ("deviation_given", 8, "", {"name": "Anne"}, None),
        "deviation:5:given": ("deviation_given", 5, "", {"name": "Zoé"}, None),
        "deviation:4:given": ("deviation_given", 4, "In words nobody knows", {}, None),
        "imports:purge:2026-11-01": ("files_purged", None, "Files go", {}, None),
        "other": ("", None, "As it was", {}, None),
    }
