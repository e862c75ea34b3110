"""Cockpit, indicator and deviation pages over 5 million facts; what is measured of each: ``bench/eight_people.py``."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Role, User
from bench.company import AS_OF, furnish
from bench.databases import fresh_database
from bench.eight_people import measured
from kpis.models import Deviation
from kpis.nightly import run_night


def pages(_folder: Path) -> dict[str, dict[str, Any]]:
    settings.ALLOWED_HOSTS = ["*"]
    with fresh_database():
        facts, client = lived_in()
        return measured(client, _paths(), rows=facts)


def lived_in() -> tuple[int, Client]:
    """Two nights over the facts, a target, and the director signed in: the number of facts, and the director."""
    facts = furnish()
    run_night(as_of=AS_OF - timedelta(days=1))  # what the cockpit compares the last one with
    _lift_the_last_day()
    run_night(as_of=AS_OF)
    target = "--indicator measure_00 --start 2026-01-01 --end 2026-12-31 --value 9000000"
    call_command("set_target", *target.split(), stdout=sys.stderr)
    client = Client()
    client.force_login(User.objects.create_user("bench@example.org", full_name="Bench", role=Role.DIRECTOR))
    return facts, client


def _lift_the_last_day() -> None:
    """So that a night flags something."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE kpis_fact SET value = value * 2 WHERE date = %s
            AND measure_id = (SELECT id FROM kpis_measure WHERE code = 'measure_00')""",
            [AS_OF],
        )


def _paths() -> dict[str, str]:
    indicator = reverse("indicator_detail", args=["measure_00"])
    deviation = Deviation.objects.live().order_by("-id").first()
    found = {
        "page_cockpit": "/",
        "page_indicators": reverse("indicator_list"),
        "page_indicator": indicator,
        "page_indicator_by_segment": f"{indicator}?by=dim_03&grain=month",
        "page_deviations": reverse("deviation_list"),
    }
    if deviation is not None:
        found["page_deviation"] = reverse("deviation_detail", args=[deviation.pk])
    return found
