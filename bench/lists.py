"""The lists, the search and *My day* of a company that has used Vigie for ten years; what is measured of each page:
``bench/eight_people.py``.

Five million facts, forty files a day for ten years with what each covers, 5,000 people in sixty departments, what the
last night found again in each week of a year, 300 notifications that one has not read.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Department, DepartmentHead, Membership, Role, Team, TeamLead, User
from base.models import Notification
from bench.catalogue import daily_files
from bench.company import AS_OF
from bench.databases import fresh_database
from bench.eight_people import measured
from bench.pages import lived_in
from kpis.models import Deviation, Measure, Source

PEOPLE, DEPARTMENTS, TEAMS = 5_000, 60, 300
YEARS, FILES = 10, 40
WEEKS, UNREAD = 52, 300
BEGAN = date(2020, 1, 1)


def lists(_folder: Path) -> dict[str, dict[str, Any]]:
    """As the director, who heads a department and leads a team."""
    settings.ALLOWED_HOSTS = ["*"]
    with fresh_database():
        facts, client = _furnish()
        return measured(client, _paths(), rows=facts)


def _furnish() -> tuple[int, Client]:
    """The number of facts, and the director signed in."""
    facts, client = lived_in()
    director = User.objects.get(email="bench@example.org")
    _people(director)
    measures = list(Measure.objects.order_by("code"))
    daily_files([Source.objects.get()] * FILES, (measures * FILES)[:FILES], YEARS)
    _deviations()
    _notifications(director)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return facts, client


def _paths() -> dict[str, str]:
    search = reverse("search")
    names = (
        "my_day",
        "deviation_list",
        "indicator_list",
        "target_list",
        "import_list",
        "night_list",
        "people_list",
    )
    found = {f"page_{name}": reverse(name) for name in (*names, "notification_list")}
    found |= {f"page_{name}_last": f"{reverse(name)}?page=2" for name in ("deviation_list", "import_list")}
    found |= {f"search_{word}": f"{search}?q={word}" for word in ("rate", "dupont", "day")}
    return found


def _people(director: User) -> None:
    """One in a hundred is called Dupont; the director is at the head of the first department."""
    people = User.objects.bulk_create(
        User(
            email=f"p{n}@example.org",
            full_name=f"{'Dupont' if n % 100 == 0 else 'Martin'} {n}",
            role=Role.MANAGER if n % 16 == 0 else Role.MEMBER,
            password="!",
        )
        for n in range(PEOPLE)
    )
    departments = Department.objects.bulk_create(
        Department(code=f"d{n}", name=f"Department {n}") for n in range(DEPARTMENTS)
    )
    teams = Team.objects.bulk_create(
        Team(name=f"Team {n}", department=departments[n % DEPARTMENTS]) for n in range(TEAMS)
    )
    leads = [person for person in people if person.role == Role.MANAGER]
    Membership.objects.bulk_create(
        Membership(person=person, start=BEGAN, team=(team := teams[n % TEAMS]), department=team.department)
        for n, person in enumerate(people)
    )
    Membership.objects.create(person=director, start=BEGAN, department=departments[0])
    TeamLead.objects.bulk_create(
        TeamLead(team=team, person=lead, start=BEGAN) for team, lead in zip(teams, leads, strict=False)
    )
    heads = [director, *leads[-DEPARTMENTS + 1 :]]
    DepartmentHead.objects.bulk_create(
        DepartmentHead(department=department, person=head, start=BEGAN)
        for department, head in zip(departments, heads, strict=True)
    )


def _deviations() -> None:
    """Each that the last night opened, again in each week of the year before: closed but for the last eight weeks."""
    found = []
    for deviation in Deviation.objects.live():
        for week in range(1, WEEKS + 1):
            ago = timedelta(weeks=week)
            closed = week > 8
            found.append(
                Deviation(
                    indicator_id=deviation.indicator_id,
                    segment_id=deviation.segment_id,
                    rule=deviation.rule,
                    grain=deviation.grain,
                    start=deviation.start - ago,
                    end=deviation.end - ago,
                    state="closed" if closed else "open",
                    severity=deviation.severity,
                    gap_relative=deviation.gap_relative,
                    money=deviation.money,
                    opened_on=deviation.opened_on - ago,
                    updated_on=deviation.updated_on - ago,
                    closed_on=AS_OF - ago if closed else None,
                )
            )
    Deviation.objects.bulk_create(found, ignore_conflicts=True)


def _notifications(director: User) -> None:
    about = ContentType.objects.get_for_model(Deviation)
    deviations = Deviation.objects.live().order_by("-id")[:UNREAD]
    Notification.objects.bulk_create(
        Notification(
            user=director,
            key=f"bench:{deviation.pk}",
            kind="deviation_opened",
            content_type=about,
            object_id=deviation.pk,
        )
        for deviation in deviations
    )
