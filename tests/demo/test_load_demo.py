"""The demo company enters by the doors of any company, once, and is prolonged without being changed."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.test import Client
from django.urls import reverse

from accounts.models import Role, TeamLead, User
from base.models import Company
from demo.events import planted
from demo.people import PASSWORD, PEOPLE
from intake.models import ImportRun
from intake.runs import import_file
from kpis.models import Coverage, Deviation, Fact, Gap, Indicator, NightlyRun, Publication, Source, Target

AS_OF, LATER = date(2026, 11, 22), date(2026, 11, 24)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.VIGIE_HOME, settings.MEDIA_ROOT = tmp_path, tmp_path / "uploads"
    return tmp_path


def _load(as_of: date) -> dict[str, Any]:
    out = StringIO()
    call_command("load_demo", as_of=as_of, years=1, json=True, stdout=out)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def test_it_loads_once_is_prolonged_and_taken_out(home: Path) -> None:
    _nothing_to_take_out()
    first = _load(AS_OF)
    assert first["imported"] == ImportRun.objects.live().count() > 9
    assert not ImportRun.objects.filter(rows_rejected__gt=0).exists()
    _is_staffed()
    _shows_the_outage()
    assert not Source.objects.filter(name=F("code")).exists()  # pages show no code to a director
    facts = Fact.objects.count()

    assert _load(AS_OF)["imported"] == 0
    assert (NightlyRun.objects.count(), Fact.objects.count()) == (4, facts)

    assert _load(LATER)["as_of"] == "2026-11-24"
    assert Publication.objects.get().run.as_of == LATER
    assert Fact.objects.filter(date__lte=AS_OF).count() == facts
    truth = json.loads((home / "demo" / "truth.json").read_text())
    assert (truth["anchor"], truth["as_of"], truth["complete"]) == ("2026-11-22", "2026-11-24", "2026-11-24")

    _is_taken_out_and_leaves_ones_own_data(home)


def _nothing_to_take_out() -> None:
    with pytest.raises(CommandError, match="does not hold the demo company"):
        call_command("reset_demo")


def _is_taken_out_and_leaves_ones_own_data(folder: Path) -> None:
    own = folder / "own.csv"
    own.write_text("date,sessions\n" + "".join(f"2026-10-{day:02},{40 + day}\n" for day in range(1, 31)))
    held = list(Coverage.objects.all())
    Coverage.objects.all().delete()  # as when nothing refused a second source of a measure
    run = import_file(own, source="our-own-audience")
    Coverage.objects.bulk_create(held)
    someone = User.objects.create_user("someone@elsewhere.example", "a-password", full_name="Someone")
    out = StringIO()
    call_command("reset_demo", json=True, stdout=out)
    removed = json.loads(out.getvalue())
    assert removed["imports"] > 9
    assert removed["people"] == len(PEOPLE)
    assert list(User.objects.all()) == [someone]
    assert list(ImportRun.objects.all()) == [run]
    assert set(Fact.objects.values_list("cut__source__code", flat=True)) == {"our-own-audience"}
    assert sum(Fact.objects.values_list("value", flat=True)) == sum(40 + day for day in range(1, 31))
    assert Publication.objects.get().run_id == removed["night"]
    assert set(Gap.objects.values_list("indicator__code", flat=True)) == {"sessions"}
    assert not Target.objects.exists()


def _is_staffed() -> None:
    assert Company.current().name == "Maison Martel"
    assert set(User.objects.values_list("role", flat=True)) == set(Role.values)
    assert set(TeamLead.objects.values_list("person__role", flat=True)) == {Role.MANAGER}
    assert not Indicator.objects.filter(owner=None).exists()
    for person in PEOPLE:
        client = Client()
        client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
        assert client.session["_auth_user_id"] == str(User.objects.get(email=person.email).pk)


def _shows_the_outage() -> None:
    """The event of the last days is an open deviation on the morning the director first signs in."""
    event = planted(AS_OF)["payment_outage_mobile"]
    found = Deviation.objects.filter(indicator__code__in=event.indicators, end__gte=event.start)
    assert found.exists()


def test_an_instance_of_another_company_is_left_alone() -> None:
    User.objects.create_user("someone@elsewhere.example", "a-password-of-theirs", full_name="Someone")
    with pytest.raises(CommandError, match="another company"):
        _load(AS_OF)
    assert not ImportRun.objects.exists()
    assert User.objects.count() == 1


def test_a_lost_memory_is_said(home: Path) -> None:
    User.objects.create_user(PEOPLE[0].email, PASSWORD, full_name=PEOPLE[0].name)
    (home / "demo").mkdir()
    (home / "demo" / "truth.json").write_text("{")
    with pytest.raises(CommandError, match="cannot be read"):
        _load(AS_OF)
