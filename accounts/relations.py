"""Who stands to whom in the company, on a given day: the ground on which access to a person's records rests.

Each relation is defined once, as the set of people a visitor has it to (``_DEFINITIONS``). The same set is the ``Q`` of
lists (``related``) and the answer for one person (``relations_to``). To oneself one has ``OWN`` and nothing else: who
leads the team they work in, or stands in for their own manager, gains nothing on themselves.
"""

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.access import ROLES_LEADING, Right, has_right
from accounts.cached_sql import Written, written
from accounts.models import (
    DepartmentHead,
    HRScope,
    Membership,
    ReportingLine,
    StandIn,
    TeamLead,
    User,
    UserQuerySet,
    in_force,
)


class Relation(StrEnum):
    OWN = "own"
    MANAGER = "manager"  # the one manager of a person: see _lines, _by_team, _by_head
    SECOND_LEVEL = "second_level"  # the manager's manager
    STAND_IN = "stand_in"  # for somebody's manager who is away
    STAND_IN_SECOND_LEVEL = "stand_in_second_level"
    TEAM_LEAD = "team_lead"  # of any team the person works in, main or not
    DEPARTMENT_HEAD = "department_head"  # of any department the person works in
    HR = "hr"
    TEAMMATE = "teammate"
    DEPARTMENT = "department"  # both work in it


# What opens the page of a person; records of the rooms above choose their own.
PAGE = (
    Relation.OWN,
    Relation.MANAGER,
    Relation.SECOND_LEVEL,
    Relation.STAND_IN,
    Relation.STAND_IN_SECOND_LEVEL,
    Relation.DEPARTMENT_HEAD,
    Relation.HR,
)
_Ids = tuple[str, list[Any]]  # a query of ids of people, and its parameters


def related(visitor: Any, *relations: Relation, path: str = "", as_of: date) -> Q:
    """Rows whose person (``path``; the row itself when empty) stands to the visitor in one of the relations."""
    held = _held(visitor, relations)
    return Q(**{f"{path or 'pk'}__in": _people(held).subquery(visitor.pk, as_of) if held else []})


def within_reach(person: User, *relations: Relation, as_of: date) -> UserQuerySet:
    """The people to whom somebody would stand in one of the relations if their role let them."""
    found = _people(relations).subquery(person.pk, as_of)
    return User.objects.get_queryset().filter(pk__in=found).order_by()


def relations_to(visitor: Any, person: User, *, as_of: date) -> frozenset[Relation]:
    """Every relation the visitor has to that person on that day. One query."""
    held = _held(visitor, Relation)
    if not held:
        return frozenset()
    rows = _answers(held).rows(visitor.pk, as_of, person.pk)
    return frozenset(relation for row in rows for relation, true in zip(held, row, strict=True) if true)


def visible_people(visitor: Any, *, as_of: date) -> Q:
    """The people whose page the visitor may open: everybody for who manages access, else by relation."""
    if has_right(visitor, Right.MANAGE_PEOPLE):
        return Q()
    return related(visitor, *PAGE, as_of=as_of)


def managers_of(people: Iterable[User] | None = None, *, as_of: date) -> dict[int, int]:
    """The manager of each of these people (of everybody, without them): ids by id; who has none is left out."""
    chosen = {} if people is None else {"person__in": [person.pk for person in people]}
    pairs = [rows.filter(**chosen).values_list("person_id", "by") for rows in _managing(as_of)]
    return dict(pair for rows in pairs for pair in rows)


def _held(visitor: Any, relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Those of the relations a visitor may have at all, by their role."""
    return tuple(relation for relation in relations if has_right(visitor, _DEFINITIONS[relation][0]))


@cache
def _people(relations: tuple[Relation, ...]) -> Written:
    """The ids of the people to whom somebody stands in one of the relations."""

    def build(visitor: User, day: date, _person: int) -> QuerySet[Any, Any]:
        found = _any(_DEFINITIONS[relation][1](visitor, day) for relation in relations)
        return User.objects.get_queryset().filter(found).order_by().values("pk")

    return written(build, **_tables(relations))


@cache
def _answers(relations: tuple[Relation, ...]) -> Written:
    """Of one person, whether somebody stands to them in each of the relations."""

    def build(visitor: User, day: date, person: int) -> QuerySet[Any, Any]:
        defined = {relation.value: _DEFINITIONS[relation][1](visitor, day) for relation in relations}
        answers = {name: ExpressionWrapper(q, output_field=BooleanField()) for name, q in defined.items()}
        return User.objects.get_queryset().filter(pk=person).order_by().values_list(*answers.values())

    return written(build, **_tables(relations))


def _tables(relations: tuple[Relation, ...]) -> dict[str, Written]:
    """The tables that the definitions of these relations name."""
    return {_MANAGERS: _managers()} if _BY_MANAGERS.intersection(relations) else {}


@cache
def _managers() -> Written:
    """Who manages whom in the whole company, as a table that a query names: each relation by managers is a few words
    on it, where the three sources written out in each took PostgreSQL longer to plan than to answer.
    """

    def build(_visitor: User, day: date, _person: int) -> QuerySet[Any, Any]:
        first, *others = (rows.values("person_id", "by") for rows in _managing(day))
        return first.union(*others, all=True)

    return written(build)


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


# Who manages whom: three sources, in this order, so that each person has one manager or none.


def _lines(day: date) -> QuerySet[Any]:
    """Named outright."""
    return ReportingLine.objects.in_force(day).annotate(by=F("manager_id"))


def _by_team(day: date) -> QuerySet[Any]:
    """Else the lead of the team where one mainly works, unless one leads it oneself."""
    found: QuerySet[Any] = (
        _without_a_line(day)
        .filter(in_force(day, "team__leads__"), team__leads__isnull=False)
        .annotate(by=F("team__leads__person_id"))
        .exclude(by=F("person_id"))
    )
    return found


def _by_head(day: date) -> QuerySet[Any]:
    """Else the head of the department: of those without a team, of its team leads, and of teams without a lead."""
    led = TeamLead.objects.in_force(day).filter(team=OuterRef("team")).exclude(person=OuterRef("person"))
    found: QuerySet[Any] = (
        _without_a_line(day)
        .filter(~Exists(led), in_force(day, "department__heads__"), department__heads__isnull=False)
        .annotate(by=F("department__heads__person_id"))
        .exclude(by=F("person_id"))
    )
    return found


def _without_a_line(day: date) -> QuerySet[Any]:
    line = ReportingLine.objects.in_force(day).filter(person=OuterRef("person"))
    return Membership.objects.in_force(day).filter(~Exists(line), main=True).order_by()


def _managing(day: date) -> tuple[QuerySet[Any], ...]:
    return _lines(day).order_by(), _by_team(day), _by_head(day)


_MANAGERS = "managers"
# Whose definitions name that table; one that is not here and does is an error of the first query of it.
_BY_MANAGERS = frozenset(
    {Relation.MANAGER, Relation.SECOND_LEVEL, Relation.STAND_IN, Relation.STAND_IN_SECOND_LEVEL}
)


def _reports(managers: _Ids) -> _Ids:
    """The ids of the people whose manager is among those."""
    sql, parameters = managers
    return f'SELECT person_id FROM {_MANAGERS} WHERE "by" IN ({sql})', parameters


def _among(ids: _Ids) -> Q:
    return Q(pk__in=RawSQL(*ids))


def _oneself(visitor: User) -> _Ids:
    return "%s", [visitor.pk]


def _away(visitor: User, day: date) -> _Ids:
    """The managers who are away and for whom the visitor stands in. It is not passed on: who stands in for a
    stand-in does what that person does as a manager, and no more.
    """
    absences = StandIn.objects.in_force(day).filter(
        Q(person__role__in=ROLES_LEADING) | Q(person__is_director_too=True), stand_in=visitor
    )
    sql, parameters = absences.order_by().values("person_id").query.sql_with_params()
    return sql, list(parameters)


def _others(visitor: User, found: Q) -> Q:
    return found & ~Q(pk=visitor.pk)


def _own(visitor: User, _day: date) -> Q:
    return Q(pk=visitor.pk)


def _manager(visitor: User, _day: date) -> Q:
    return _others(visitor, _among(_reports(_oneself(visitor))))


def _manager_of_manager(visitor: User, _day: date) -> Q:
    return _others(visitor, _among(_reports(_reports(_oneself(visitor)))))


def _stand_in(visitor: User, day: date) -> Q:
    return _others(visitor, _among(_reports(_away(visitor, day))))


def _stand_in_second_level(visitor: User, day: date) -> Q:
    return _others(visitor, _among(_reports(_reports(_away(visitor, day)))))


def _working_in(visitor: User, day: date, **places: Any) -> Q:
    found = Membership.objects.in_force(day).filter(**places).order_by()
    return _others(visitor, Q(pk__in=found.values("person_id")))


def _team_lead(visitor: User, day: date) -> Q:
    led = TeamLead.objects.in_force(day).filter(person=visitor).order_by()
    return _working_in(visitor, day, team__in=led.values("team_id"))


def _department_head(visitor: User, day: date) -> Q:
    headed = DepartmentHead.objects.in_force(day).filter(person=visitor).order_by()
    return _working_in(visitor, day, department__in=headed.values("department_id"))


def _human_resources(visitor: User, day: date) -> Q:
    """The whole company, or the departments one is limited to, by where people mainly work."""
    scopes = HRScope.objects.filter(person=visitor).order_by()
    looked_after = scopes.in_force(day).values("department_id")
    limited = _working_in(visitor, day, main=True, department__in=looked_after)
    return limited | _others(visitor, ~Q(Exists(scopes)))


def _teammate(visitor: User, day: date) -> Q:
    own = Membership.objects.in_force(day).filter(person=visitor, team__isnull=False).order_by()
    return _working_in(visitor, day, team__in=own.values("team_id"))


def _same_department(visitor: User, day: date) -> Q:
    own = Membership.objects.in_force(day).filter(person=visitor).order_by()
    return _working_in(visitor, day, department__in=own.values("department_id"))


# The right a role must carry to have the relation at all, and the people one then has it to. A team's lead whose role
# leads nobody gains nothing: that role takes two people to grant, the place of a lead does not.
_DEFINITIONS: dict[Relation, tuple[Right, Callable[[User, date], Q]]] = {
    Relation.OWN: (Right.SIGNED_IN, _own),
    Relation.MANAGER: (Right.LEAD_PEOPLE, _manager),
    Relation.SECOND_LEVEL: (Right.LEAD_PEOPLE, _manager_of_manager),
    Relation.STAND_IN: (Right.SEE_COLLEAGUES, _stand_in),
    Relation.STAND_IN_SECOND_LEVEL: (Right.SEE_COLLEAGUES, _stand_in_second_level),
    Relation.TEAM_LEAD: (Right.LEAD_PEOPLE, _team_lead),
    Relation.DEPARTMENT_HEAD: (Right.LEAD_PEOPLE, _department_head),
    Relation.HR: (Right.LOOK_AFTER_PEOPLE, _human_resources),
    Relation.TEAMMATE: (Right.SEE_COLLEAGUES, _teammate),
    Relation.DEPARTMENT: (Right.SEE_COLLEAGUES, _same_department),
}
