"""Who stands to whom: one table of relations, day by day, asked both ways."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q
from django.utils import translation

from accounts.models import (
    Department,
    DepartmentHead,
    HRScope,
    Membership,
    ReportingLine,
    Role,
    StandIn,
    Team,
    TeamLead,
    User,
    UserQuerySet,
)
from accounts.organisation import (
    department_head_name,
    hr_limit,
    leave_all,
    manager_name,
    person_also_in,
    person_place,
    team_close,
    team_lead_name,
    team_move,
)
from accounts.relations import Relation, managers_of, related, relations_to
from accounts.stand_ins import stand_in_set
from tests.cast import BEGAN, Cast, person

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 28)
DAY = timedelta(days=1)
R = Relation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def people(found: Q) -> UserQuerySet:
    return User.objects.get_queryset().filter(found)


def held(visitor: User, who: User, day: date = TODAY) -> set[str]:
    """The relations, asked of the one person and of the list, which must say the same."""
    one = relations_to(visitor, who, as_of=day)
    assert one == {r for r in Relation if people(related(visitor, r, as_of=day)).filter(pk=who.pk).exists()}
    assert people(related(visitor, *Relation, as_of=day)).filter(pk=who.pk).exists() == bool(one)
    return {str(relation) for relation in one}


@pytest.fixture
def house(cast: Cast) -> Cast:
    """The director heads both departments, top management is the director's manager."""
    for department in (cast.team.department, cast.other_team.department):
        DepartmentHead.objects.create(department=department, person=cast.director, start=BEGAN)
    ReportingLine.objects.create(person=cast.director, manager=cast.top_management, start=BEGAN)
    return cast


def test_the_table_of_relations(house: Cast) -> None:
    colleagues = {R.TEAMMATE, R.DEPARTMENT}
    expected = {
        house.member: {R.OWN},
        house.manager: {R.MANAGER, R.TEAM_LEAD} | colleagues,
        house.director: {R.SECOND_LEVEL, R.DEPARTMENT_HEAD},
        house.top_management: set(),
        house.hr: {R.HR},
        house.other_manager: set(),
        house.contributor: set(),
        house.analyst: set(),
        house.administrator: set(),
        house.outsider: set(),
    }
    assert {visitor: held(visitor, house.member) for visitor in expected} == expected


def test_who_appraises_the_director_and_a_lead(house: Cast) -> None:
    managers = managers_of(as_of=TODAY)
    assert managers[house.director.pk] == house.top_management.pk
    assert managers[house.manager.pk] == house.director.pk  # the head, for who leads their own team
    assert managers[house.member.pk] == house.manager.pk
    assert R.SECOND_LEVEL in held(house.top_management, house.manager)
    assert house.top_management.pk not in managers


def test_nobody_has_a_relation_to_oneself_but_own(house: Cast) -> None:
    """A lead in their own team, a head in their own department, HR about HR, a stand-in of one's own manager."""
    stand_in_set(
        person=house.manager, stand_in=house.member, start=TODAY, end=TODAY, reason="", by=house.manager, today=TODAY
    )  # fmt: skip
    for someone in (house.manager, house.hr, house.member, house.director):
        assert held(someone, someone) == {R.OWN}


def test_anonymous_closed_and_people_without_access_have_none(house: Cast) -> None:
    from django.contrib.auth.models import AnonymousUser

    assert relations_to(AnonymousUser(), house.member, as_of=TODAY) == frozenset()
    assert not people(related(AnonymousUser(), *Relation, as_of=TODAY)).exists()
    house.manager.is_active = False
    assert held(house.manager, house.member) == set()
    TeamLead.objects.filter(team=house.team).update(person=house.outsider)
    assert held(house.outsider, house.member) == set()
    assert held(house.outsider, house.outsider) == {R.OWN}


def test_a_lead_whose_role_leads_nobody_reads_nobody(house: Cast) -> None:
    """The role takes two people to grant; the place of a lead alone opens nothing."""
    team_lead_name(team=house.team, lead=house.contributor, start=TODAY, by=None)
    assert held(house.contributor, house.member) == set()
    assert held(house.manager, house.member) == {R.TEAMMATE, R.DEPARTMENT}


# Dates


def test_a_former_manager_loses_the_relation_on_the_day_of_the_move(house: Cast) -> None:
    person_place(person=house.member, department=None, team=house.other_team, start=TODAY, by=None)
    assert R.MANAGER in held(house.manager, house.member, TODAY - DAY)
    assert held(house.manager, house.member) == set()
    assert R.MANAGER not in held(house.other_manager, house.member, TODAY - DAY)
    assert R.MANAGER in held(house.other_manager, house.member)


def test_a_change_of_lead_on_a_day(house: Cast) -> None:
    team_lead_name(team=house.team, lead=house.other_manager, start=TODAY + DAY, by=None)
    assert R.MANAGER in held(house.manager, house.member)
    assert R.MANAGER in held(house.other_manager, house.member, TODAY + DAY)
    assert R.MANAGER not in held(house.manager, house.member, TODAY + DAY)


def test_a_planned_move_outlives_a_change_made_before_it(house: Cast) -> None:
    planned = TODAY + 30 * DAY
    person_place(person=house.member, department=None, team=house.other_team, start=planned, by=None)
    person_place(person=house.member, department=house.team.department, team=None, start=TODAY, by=None)
    rows = (
        Membership.objects.filter(person=house.member).order_by("start").values_list("start", "end", "team")
    )
    assert list(rows) == [
        (BEGAN, TODAY - DAY, house.team.pk),
        (TODAY, planned - DAY, None),
        (planned, None, house.other_team.pk),
    ]


def test_two_moves_on_one_day_leave_the_last(house: Cast) -> None:
    for team in (house.other_team, house.team, house.other_team):
        person_place(person=house.member, department=None, team=team, start=TODAY, by=None)
    assert Membership.objects.filter(person=house.member).count() == 2
    assert (
        house.member.team == house.other_team or User.objects.get(pk=house.member.pk).team == house.other_team
    )


def test_a_stand_in_only_while_the_person_is_away(house: Cast) -> None:
    stand_in_set(
        person=house.manager, stand_in=house.analyst, start=TODAY, end=TODAY + DAY, reason="Leave",
        by=house.manager, today=TODAY,
    )  # fmt: skip
    assert held(house.analyst, house.member, TODAY - DAY) == set()
    assert held(house.analyst, house.member) == {R.STAND_IN}
    assert held(house.analyst, house.manager) == set()  # not the records of who is away
    assert held(house.analyst, house.member, TODAY + 2 * DAY) == set()


def test_a_stand_in_is_second_level_too_and_is_not_passed_on(house: Cast) -> None:
    for away, instead in ((house.director, house.analyst), (house.manager, house.director)):
        StandIn.objects.create(person=away, stand_in=instead, start=TODAY, end=TODAY)
    assert held(house.analyst, house.member) == {R.STAND_IN_SECOND_LEVEL}
    assert held(house.analyst, house.manager) == {R.STAND_IN}
    assert R.STAND_IN in held(house.director, house.member)


def test_the_stand_in_of_human_resources_opens_nothing(house: Cast) -> None:
    StandIn.objects.create(person=house.hr, stand_in=house.analyst, start=TODAY, end=TODAY)
    assert held(house.analyst, house.member) == set()


# Several places, scopes


def test_a_person_works_in_several_departments_and_has_one_manager(house: Cast) -> None:
    person_also_in(
        person=house.member, department=house.other_team.department, team=house.other_team, start=TODAY,
        end=TODAY + DAY, by=None,
    )  # fmt: skip
    assert held(house.other_manager, house.member) == {R.TEAM_LEAD, R.TEAMMATE, R.DEPARTMENT}
    assert managers_of([house.member], as_of=TODAY) == {house.member.pk: house.manager.pk}
    assert held(house.other_manager, house.member, TODAY + 2 * DAY) == set()


def test_a_manager_named_outright_goes_before_the_lead(house: Cast) -> None:
    manager_name(person=house.member, manager=house.other_manager, start=TODAY, by=None)
    assert held(house.other_manager, house.member) == {R.MANAGER}
    assert held(house.manager, house.member) == {R.TEAM_LEAD, R.TEAMMATE, R.DEPARTMENT}
    manager_name(person=house.member, manager=None, start=TODAY + DAY, by=None)
    assert R.MANAGER in held(house.manager, house.member, TODAY + DAY)


def test_a_team_without_a_lead_is_managed_by_the_head(house: Cast) -> None:
    team_lead_name(team=house.team, lead=None, start=TODAY, by=None)
    assert R.MANAGER in held(house.director, house.member)
    assert R.SECOND_LEVEL in held(house.top_management, house.member)


def test_hr_of_a_department_and_of_nothing_once_it_ended(house: Cast) -> None:
    hr_limit(person=house.hr, departments=[house.other_team.department], start=TODAY, by=house.administrator)
    assert held(house.hr, house.member) == set()
    assert held(house.hr, house.other_manager) == {R.HR}
    with pytest.raises(ValidationError, match="whom you look after"):
        hr_limit(person=house.hr, departments=[], start=TODAY, by=house.hr)
    HRScope.objects.update(end=TODAY)
    assert held(house.hr, house.other_manager, TODAY + DAY) == set()


def test_a_leaver_answers_for_nobody_and_nobody_stands_in(house: Cast) -> None:
    StandIn.objects.create(person=house.manager, stand_in=house.analyst, start=TODAY, end=TODAY + 30 * DAY)
    leave_all(person=house.manager, last=TODAY, by=None)
    assert R.MANAGER in held(house.manager, house.member)
    assert held(house.manager, house.member, TODAY + DAY) == set()
    assert held(house.analyst, house.member, TODAY + DAY) == set()
    assert held(house.hr, house.manager, TODAY + DAY) == {R.HR}  # the legal register stays readable


# Circles and gains


def test_a_circle_of_managers_is_refused_whenever_it_would_begin(house: Cast) -> None:
    with pytest.raises(ValidationError, match="manager of the other"):
        manager_name(person=house.top_management, manager=house.manager, start=TODAY + 9 * DAY, by=None)
    with pytest.raises(ValidationError, match="manager of the other"):
        manager_name(person=house.manager, manager=house.member, start=TODAY, by=None)
    with pytest.raises(ValidationError, match="own manager"):
        manager_name(person=house.manager, manager=house.manager, start=TODAY, by=None)
    assert ReportingLine.objects.count() == 1


def test_a_circle_that_begins_when_a_planned_row_ends_is_refused(house: Cast) -> None:
    ReportingLine.objects.create(
        person=house.member, manager=house.top_management, start=TODAY, end=TODAY + 5 * DAY
    )
    with pytest.raises(ValidationError, match="manager of the other"):  # later the team's lead manages again
        manager_name(person=house.manager, manager=house.member, start=TODAY, by=None)


def test_a_circle_written_beside_the_rules_still_opens_nobody_to_themselves(house: Cast) -> None:
    ReportingLine.objects.create(person=house.manager, manager=house.member, start=TODAY)
    house.member.role = Role.MANAGER
    assert held(house.member, house.member) == {R.OWN}
    assert held(house.manager, house.manager) == {R.OWN}


@pytest.mark.parametrize("change", ["lead", "head", "manager", "also", "move", "later"])
def test_nobody_opens_records_to_themselves(house: Cast, change: str) -> None:
    """Whatever their role is today: a role may follow, and who grants it sees only the role."""
    by = house.administrator
    attempts = {
        "lead": lambda: team_lead_name(team=house.team, lead=by, start=TODAY, by=by),
        "later": lambda: team_lead_name(team=house.team, lead=by, start=TODAY + 99 * DAY, by=by),
        "head": lambda: department_head_name(department=house.team.department, head=by, start=TODAY, by=by),
        "manager": lambda: manager_name(person=house.director, manager=by, start=TODAY, by=by),
        "also": lambda: _joins_what_by_heads(house, by),
        "move": lambda: _moves_into_the_team_of(house, by),
    }
    with pytest.raises(ValidationError, match="Somebody else has to make this change"):
        attempts[change]()


def _moves_into_the_team_of(house: Cast, by: User) -> None:
    empty = Team.objects.create(name="Empty", department=house.team.department)
    TeamLead.objects.create(team=empty, person=by, start=BEGAN)
    person_place(person=house.member, department=None, team=empty, start=TODAY, by=by)


def _joins_what_by_heads(house: Cast, by: User) -> None:
    lab = Department.objects.create(code="lab", name="Lab")
    DepartmentHead.objects.create(department=lab, person=by, start=BEGAN)
    person_also_in(person=house.member, department=lab, team=None, start=TODAY, end=None, by=by)


def test_who_names_a_stand_in(house: Cast) -> None:
    def name(by: User, stand_in: User, **days: date) -> StandIn:
        days = {"start": TODAY, "end": TODAY + DAY, **days}
        return stand_in_set(person=house.manager, stand_in=stand_in, reason="", by=by, today=TODAY, **days)

    for by in (house.administrator, house.hr, house.other_manager, house.member, house.top_management):
        with pytest.raises(ValidationError, match="Only the person who is away"):
            name(by, house.analyst)
    for by, stand_in in ((house.director, house.director), (house.manager, house.manager)):
        with pytest.raises(ValidationError):
            name(by, stand_in)
    with pytest.raises(ValidationError, match="no access yet"):
        name(house.manager, house.outsider)
    with pytest.raises(ValidationError, match="before the first"):
        name(house.manager, house.analyst, end=TODAY - DAY)
    assert name(house.director, house.analyst).set_by == house.director
    with pytest.raises(ValidationError, match="already stands in"):
        name(house.manager, house.contributor, start=TODAY + DAY, end=TODAY + 9 * DAY)


# Teams that move or close


def test_a_team_moves_with_its_people_and_the_past_stays(house: Cast) -> None:
    service = house.other_team.department
    team_move(team=house.team, department=service, start=TODAY, by=None)
    places = (
        Membership.objects.filter(person=house.member).order_by("start").values_list("department", "start")
    )
    assert list(places) == [(house.team.department_id, BEGAN), (service.pk, TODAY)]
    assert R.MANAGER in held(house.manager, house.member)


def test_a_closed_team_leaves_people_in_the_department(house: Cast) -> None:
    team_close(team=house.team, today=TODAY, by=None)
    house.team.refresh_from_db()
    assert house.team.closed_on == TODAY
    assert R.MANAGER in held(house.director, house.member)
    assert R.MANAGER in held(house.manager, house.member, TODAY - DAY)


# The schema


def test_the_database_refuses_what_one_only_may_hold_twice(house: Cast) -> None:
    team, department, service = house.team, house.team.department, house.other_team.department
    rows = [
        TeamLead(team=team, person=house.other_manager, start=TODAY),
        DepartmentHead(department=department, person=house.manager, start=TODAY),
        ReportingLine(person=house.director, manager=house.manager, start=TODAY),
        ReportingLine(person=house.manager, manager=house.manager, start=TODAY),
        Membership(person=house.member, department=service, start=TODAY),
        Membership(person=house.member, department=department, team=team, main=False, start=TODAY),
        Membership(person=house.contributor, department=service, team=team, start=TODAY),
        Membership(person=house.contributor, department=service, start=TODAY, end=TODAY - DAY),
        StandIn(person=house.manager, stand_in=house.manager, start=TODAY, end=TODAY),
        StandIn(person=house.manager, stand_in=house.member, start=TODAY),
    ]
    for row in rows:
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_every_version_of_a_dated_row_is_kept(house: Cast) -> None:
    from django.apps import apps

    Membership.objects.filter(person=house.member).update(end=TODAY)
    Membership.objects.filter(person=house.member).delete()
    events = apps.get_model("accounts", "MembershipEvent").objects.filter(person_id=house.member.pk)
    assert list(events.order_by("pgh_id").values_list("pgh_label", flat=True)) == [
        "insert",
        "update",
        "delete",
    ]
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        events.update(start=TODAY)


def test_one_question_whatever_the_number_of_relations(
    house: Cast, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        relations_to(house.manager, house.member, as_of=TODAY)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        list(people(related(house.manager, *Relation, as_of=TODAY)))


def test_a_person_of_the_company_need_not_sign_in(house: Cast) -> None:
    quiet = person("Never There", Role.NONE, house.team)
    User.objects.filter(pk=quiet.pk).update(is_active=False, password="!")
    assert R.MANAGER in held(house.manager, quiet)
    assert R.HR in held(house.hr, quiet)
