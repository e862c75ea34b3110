"""Changing where people belong and who answers for whom, from a given day on.

What held before is ended, not rewritten; what was planned for later stays planned. A broken rule raises
``ValidationError`` with one sentence, and nothing is changed then.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import (
    Department,
    DepartmentHead,
    HRScope,
    Membership,
    ReportingLine,
    Team,
    TeamLead,
    User,
)
from accounts.models.dated import DatedQuerySet
from accounts.readers import Granted, Maker, Pair, checked

_DAY = timedelta(days=1)


def person_place(
    *,
    person: User,
    department: Department | None,
    team: Team | None,
    start: date,
    by: Maker,
    joins: bool = False,
) -> None:
    """From ``start`` on, the person mainly works there; nowhere, without a department and a team.

    Of who ``joins`` nothing is written yet: one person places them.
    """
    department = team.department if team else department
    now = person.memberships.in_force(start).filter(main=True).first()
    if (now and (now.department, now.team)) == ((department, team) if department else None):
        return
    with checked(by, start, free=_of(person, joins)):
        end = _make_room(person.memberships.filter(main=True), start)
        if department is not None:
            besides = person.memberships.filter(main=False, department=department, team=team)
            for row in besides.in_force_or_planned(start):
                end_row(row, start - _DAY)
            Membership.objects.create(person=person, department=department, team=team, start=start, end=end)
    person.__dict__.pop("place", None)  # what was read of it before


def person_also_in(
    *, person: User, department: Department, team: Team | None, start: date, end: date | None, by: Maker
) -> Membership:
    """The person works there too, in the same role, besides where they mainly work."""
    department = team.department if team else department
    same = person.memberships.filter(department=department, team=team).in_force_or_planned(start)
    if same.filter(start__lte=end or date.max).exists():
        raise ValidationError(_("The person already works there in this time."))
    with checked(by, start):
        return Membership.objects.create(
            person=person, department=department, team=team, main=False, start=start, end=end
        )


def membership_end(*, membership: Membership, last: date, by: Maker) -> None:
    """``last`` is its last day; what had not begun by then is dropped."""
    with checked(by, last + _DAY):
        end_row(membership, last)


def manager_name(*, person: User, manager: User | None, start: date, by: Maker, joins: bool = False) -> None:
    """From ``start`` on, ``manager`` is the person's; the lead of their team again, with None."""
    if manager == person:
        raise ValidationError({"reports_to": _("Nobody is their own manager.")})
    now = person.reporting_lines.in_force(start).first()
    if (now.manager if now else None) == manager:
        return
    with checked(by, start, free=_of(person, joins)):
        end = _make_room(person.reporting_lines.all(), start)
        if manager is not None:
            ReportingLine.objects.create(person=person, manager=manager, start=start, end=end)
    person.__dict__.pop("reports_to", None)


def team_lead_name(*, team: Team, lead: User | None, start: date, by: Maker) -> None:
    """From ``start`` on, ``lead`` leads the team; nobody, with None."""
    now = team.leads.in_force(start).first()
    if (now.person if now else None) == lead:
        return
    with checked(by, start):
        end = _make_room(team.leads.all(), start)
        if lead is not None:
            TeamLead.objects.create(team=team, person=lead, start=start, end=end)


def department_head_name(*, department: Department, head: User | None, start: date, by: Maker) -> None:
    """From ``start`` on, ``head`` heads the department; nobody, with None."""
    now = department.heads.in_force(start).first()
    if (now.person if now else None) == head:
        return
    with checked(by, start):
        end = _make_room(department.heads.all(), start)
        if head is not None:
            DepartmentHead.objects.create(department=department, person=head, start=start, end=end)


def team_name_is_free(*, name: str, department: Department, but: int | None) -> None:
    """Refuse a name that another open team of the department has. ``but``: the id of the team that is named."""
    if Team.objects.open().filter(department=department, name=name).exclude(pk=but).exists():
        raise ValidationError({"name": _("This department has a team of this name already.")})


def team_move(*, team: Team, department: Department, start: date, by: Maker) -> None:
    """The team and those who work in it go over to another department; where they worked before stays written."""
    with checked(by, start):
        team_name_is_free(name=team.name, department=department, but=team.pk)
        Team.objects.filter(pk=team.pk).update(department=department)
        for row in team.memberships.in_force_or_planned(start).exclude(department=department):
            begins = max(row.start, start)
            end = row.end
            end_row(row, begins - _DAY)
            Membership.objects.create(
                person=row.person, department=department, team=team, main=row.main, start=begins, end=end
            )


def team_close(*, team: Team, today: date, by: Maker) -> None:
    """From today on the team is no more; those who work in it stay in its department, and where they worked stays
    written. One that nobody ever worked in is removed.
    """
    with checked(by, today):
        for row in team.memberships.in_force_or_planned(today):
            begins, end, others = max(row.start, today), row.end, row.person.memberships
            end_row(row, begins - _DAY)
            if not others.in_force(begins).filter(department=row.department, team=None).exists():
                Membership.objects.create(
                    person=row.person, department=row.department, main=row.main, start=begins, end=end
                )
        for lead in team.leads.in_force_or_planned(today):
            end_row(lead, today - _DAY)
        _remove_or_close(team, today)


def department_close(*, department: Department, today: date, by: Maker) -> None:
    """From today on the department is no more. Refused while people or teams are in it."""
    with checked(by, today):
        if department.teams.filter(closed_on=None).exists() or (
            department.memberships.in_force_or_planned(today).exists()
        ):
            sentence = _("“{name}” still has people or teams: move them first.")
            raise ValidationError(sentence.format(name=department))
        _remove_or_close(department, today)


def _remove_or_close(row: Team | Department, today: date) -> None:
    if row.memberships.exists() or (isinstance(row, Department) and row.teams.exists()):
        row.closed_on = today
        row.save(update_fields=["closed_on"])
    else:
        row.delete()


def hr_limit(*, person: User, departments: list[Department], start: date, by: Maker) -> None:
    """From ``start`` on, somebody of human resources looks after these departments only."""
    if person == by or (isinstance(by, Granted) and person in (by.asked_by, by.granted_by)):
        raise ValidationError(_("Somebody else has to say whom you look after."))
    unlimited = not HRScope.objects.filter(person=person).exists()  # any limit takes away then
    with checked(by, start, free=lambda pair: unlimited and pair[0] == person.pk):
        for row in HRScope.objects.filter(person=person).in_force_or_planned(start):
            end_row(row, start - _DAY)
        HRScope.objects.bulk_create(HRScope(person=person, department=d, start=start) for d in departments)


def _of(person: User, joins: bool) -> Callable[[Pair], bool]:
    return lambda pair: joins and pair[1] == person.pk


def leading_ends(*, person: User, last: date) -> None:
    """After ``last``, the person answers for nobody: it opens what is written about people, and goes with the role.

    It takes one person, as taking a role away does: those they led fall to who stands above, named by two.
    """
    with transaction.atomic():
        for rows in (person.leads_teams, person.heads_departments, person.direct_reports):
            for row in rows.in_force_or_planned(last + _DAY):
                end_row(row, last)


def leave_all(*, person: User, last: date, by: Maker) -> None:
    """The person leaves the company after ``last``: where they worked and whom they answered for ends then."""
    with checked(by, last + _DAY):
        of_theirs = (
            person.memberships, person.leads_teams, person.heads_departments, person.reporting_lines,
            person.direct_reports, person.hr_scopes, person.stand_ins, person.stands_in,
        )  # fmt: skip
        for rows in of_theirs:
            for row in rows.in_force_or_planned(last + _DAY):
                end_row(row, last)


def end_row(row: Any, last: date) -> None:
    if row.end is not None and row.end <= last:
        return
    if row.start > last:
        row.delete()
    else:
        row.end = last
        row.save(update_fields=["end"])


def _make_room(rows: DatedQuerySet[Any], start: date) -> date | None:
    """End what holds on ``start`` the day before; the last day left until the next one that is planned."""
    for row in rows.in_force(start):
        end_row(row, start - _DAY)
    following = rows.filter(start__gt=start).order_by("start").first()
    return following.start - _DAY if following else None
