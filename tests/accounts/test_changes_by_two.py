"""What opens people's records to a new reader takes two people, whichever change it hides in."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from accounts.change_words import title_of
from accounts.changes import make_or_ask, organisation_request_decide
from accounts.models import (
    Department,
    DepartmentHead,
    HRScope,
    Membership,
    OrganisationRequest,
    ReportingLine,
    Role,
    Team,
    TeamLead,
    User,
)
from accounts.organisation import (
    department_head_name,
    hr_limit,
    leading_ends,
    leave_all,
    manager_name,
    person_also_in,
    person_place,
    team_close,
    team_lead_name,
    team_move,
)
from accounts.people import PersonDetails, person_add, person_change, person_close, person_reopen, role_give
from accounts.relations import PAGE, related
from accounts.stand_ins import stand_in_set
from tests.cast import BEGAN, Cast, person

pytestmark = pytest.mark.django_db
SignIn = Callable[[User | None], Client]
DAY = timedelta(days=1)
AT = timezone.now()
TODAY = timezone.localdate(AT)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def reads(reader: User, who: User, day: date = TODAY) -> bool:
    reader = User.objects.get(pk=reader.pk)
    return User.objects.filter(related(reader, *PAGE, as_of=day), pk=who.pk).exists()


def asked(cast: Cast, change: Callable[..., object], **arguments: Any) -> OrganisationRequest:
    """What the administrator wants waits; nothing is changed."""
    found = alone(cast, change, **arguments)
    assert found is not None
    return found


def alone(cast: Cast, change: Callable[..., object], **arguments: Any) -> OrganisationRequest | None:
    return make_or_ask(change, by=cast.administrator, at=AT, **arguments)


def decide(request: OrganisationRequest, by: User, *, grant: bool = True) -> None:
    by = User.objects.get(pk=by.pk)
    organisation_request_decide(request=request, grant=grant, by=by, at=AT)


# Every change × who would read whom by it: (change, reader, person)
Case = Callable[[Cast], tuple[Callable[..., object], dict[str, Any], User, User]]


def lead(cast: Cast) -> tuple[Any, ...]:
    return (
        team_lead_name,
        {"team": cast.team, "lead": cast.other_manager, "start": TODAY},
        cast.other_manager,
        cast.member,
    )


def lead_later(cast: Cast) -> tuple[Any, ...]:
    change, arguments, reader, who = lead(cast)
    return change, arguments | {"start": TODAY + 40 * DAY}, reader, who


def lead_since_long(cast: Cast) -> tuple[Any, ...]:
    change, arguments, reader, who = lead(cast)
    return change, arguments | {"start": BEGAN}, reader, who


def lead_without_a_role_yet(cast: Cast) -> tuple[Any, ...]:
    """The role may follow: who grants that sees the role only."""
    return (
        team_lead_name,
        {"team": cast.team, "lead": cast.outsider, "start": TODAY},
        cast.outsider,
        cast.member,
    )


def head(cast: Cast) -> tuple[Any, ...]:
    arguments = {"department": cast.team.department, "head": cast.top_management, "start": TODAY}
    return department_head_name, arguments, cast.top_management, cast.member


def manager(cast: Cast) -> tuple[Any, ...]:
    arguments = {"person": cast.contributor, "manager": cast.other_manager, "start": TODAY}
    return manager_name, arguments, cast.other_manager, cast.contributor


def second_level(cast: Cast) -> tuple[Any, ...]:
    arguments = {"person": cast.manager, "manager": cast.top_management, "start": TODAY}
    return manager_name, arguments, cast.top_management, cast.member


def move(cast: Cast) -> tuple[Any, ...]:
    arguments = {"person": cast.member, "department": None, "team": cast.other_team, "start": TODAY}
    return person_place, arguments, cast.other_manager, cast.member


def move_to_a_department_of_hr(cast: Cast) -> tuple[Any, ...]:
    HRScope.objects.create(person=cast.hr, department=cast.other_team.department, start=BEGAN)
    arguments = {
        "person": cast.member,
        "department": cast.other_team.department,
        "team": None,
        "start": TODAY,
    }
    return person_place, arguments, cast.hr, cast.member


def also(cast: Cast) -> tuple[Any, ...]:
    DepartmentHead.objects.create(
        department=cast.other_team.department, person=cast.top_management, start=BEGAN
    )
    arguments = {"person": cast.member, "department": cast.other_team.department, "team": None}
    return person_also_in, arguments | {"start": TODAY, "end": None}, cast.top_management, cast.member


def team_goes_over(cast: Cast) -> tuple[Any, ...]:
    DepartmentHead.objects.create(
        department=cast.other_team.department, person=cast.top_management, start=BEGAN
    )
    arguments = {"team": cast.team, "department": cast.other_team.department, "start": TODAY}
    return team_move, arguments, cast.top_management, cast.member


def closes_a_team(cast: Cast) -> tuple[Any, ...]:
    """Its people fall to the head, and the head's manager becomes their second level."""
    DepartmentHead.objects.create(department=cast.team.department, person=cast.director, start=BEGAN)
    Membership.objects.filter(person=cast.manager).delete()
    ReportingLine.objects.create(person=cast.director, manager=cast.top_management, start=BEGAN)
    return team_close, {"team": cast.team, "today": TODAY}, cast.top_management, cast.member


def other_departments_for_hr(cast: Cast) -> tuple[Any, ...]:
    HRScope.objects.create(person=cast.hr, department=cast.other_team.department, start=BEGAN)
    arguments = {"person": cast.hr, "departments": [cast.team.department], "start": TODAY}
    return hr_limit, arguments, cast.hr, cast.member


def a_lead_leaves(cast: Cast) -> tuple[Any, ...]:
    _change, _arguments, reader, who = closes_a_team(cast)
    return leave_all, {"person": cast.manager, "last": TODAY}, reader, who


CASES = (
    lead, lead_later, lead_since_long, lead_without_a_role_yet, head, manager, second_level, move,
    move_to_a_department_of_hr, also, team_goes_over, closes_a_team, other_departments_for_hr, a_lead_leaves,
)  # fmt: skip
THE_DAY = TODAY + 50 * DAY  # when every one of them is in force


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_one_administrator_opens_nothing_to_anybody_and_two_people_do(cast: Cast, case: Case) -> None:
    change, arguments, reader, who = case(cast)
    has_role = reader != cast.outsider
    request = asked(cast, change, **arguments)
    assert (reader.pk, who.pk) in request.pairs()
    assert not reads(reader, who, THE_DAY)
    assert title_of(request)
    decide(request, second_approver(cast))
    assert reads(reader, who, THE_DAY) == has_role
    User.objects.filter(pk=reader.pk, role=Role.NONE).update(role=Role.MANAGER)
    assert reads(reader, who, THE_DAY)


def second_approver(cast: Cast) -> User:
    return person("Second Approver", Role.ADMINISTRATOR)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_refused_it_stays_undone(cast: Cast, case: Case) -> None:
    change, arguments, reader, who = case(cast)
    request = asked(cast, change, **arguments)
    decide(request, second_approver(cast), grant=False)
    with pytest.raises(ValidationError, match="already answered"):
        decide(request, person("Third", Role.ADMINISTRATOR))
    assert not reads(reader, who, THE_DAY)


# Attacks


def test_neither_who_asks_nor_a_new_reader_nor_an_account_of_theirs_grants(cast: Cast) -> None:
    DepartmentHead.objects.create(department=cast.other_team.department, person=cast.director, start=BEGAN)
    request = asked(
        cast, person_place, person=cast.member, department=None, team=cast.other_team, start=TODAY
    )
    assert (cast.director.pk, cast.member.pk) in request.pairs()
    puppet = person_add(details=details("p@martel.example"), by=cast.administrator, at=AT)
    User.objects.filter(pk=puppet.pk).update(role=Role.ADMINISTRATOR, address_proven_at=AT)
    for by in (cast.administrator, cast.director, cast.hr, cast.manager, cast.top_management, puppet):
        with pytest.raises(ValidationError, match=r"second person|two people"):
            decide(request, by)
    assert not reads(cast.other_manager, cast.member)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganisationRequest.objects.update(state="granted", decided_by=cast.administrator)


def details(email: str, **changed: Any) -> PersonDetails:
    values = {"full_name": "Somebody", "role": "member", "department": None, "team": None, "language": "en"}
    return PersonDetails(email=email, **(values | changed))


def test_a_team_created_around_a_lead_and_filled_one_by_one(cast: Cast) -> None:
    """A team without people opens nothing, so one person makes it; each who is moved into it takes two."""
    team = Team.objects.create(name="Around", department=cast.other_team.department)
    assert alone(cast, team_lead_name, team=team, lead=cast.other_manager, start=TODAY) is None
    for who in (cast.member, cast.contributor, cast.analyst):
        request = asked(cast, person_place, person=who, department=None, team=team, start=TODAY)
        assert request.pairs() == {(cast.other_manager.pk, who.pk)}
        assert not reads(cast.other_manager, who)


def test_two_requests_at_once_open_no_more_than_each_says(cast: Cast) -> None:
    """A lead is asked for while the team has one member; another is moved in, free for want of a lead; then granted."""
    team = Team.objects.create(name="Empty", department=cast.other_team.department)
    Membership.objects.filter(person=cast.member).delete()
    Membership.objects.create(person=cast.member, department=team.department, team=team, start=BEGAN)
    request = asked(cast, team_lead_name, team=team, lead=cast.manager, start=TODAY)
    assert alone(cast, person_place, person=cast.contributor, department=None, team=team, start=TODAY) is None
    with pytest.raises(ValidationError, match="more by now"):
        decide(request, cast.director)
    assert not reads(cast.manager, cast.member)
    again = asked(cast, team_lead_name, team=team, lead=cast.manager, start=TODAY)
    with pytest.raises(ValidationError, match="already answered"):  # whoever still looks at the first one
        decide(request, cast.director)
    decide(again, cast.director)
    assert reads(cast.manager, cast.contributor)


def test_two_leads_asked_for_one_team_leave_one(cast: Cast) -> None:
    first = asked(cast, team_lead_name, team=cast.team, lead=cast.other_manager, start=TODAY)
    second = asked(cast, team_lead_name, team=cast.team, lead=cast.top_management, start=TODAY)
    for request in (first, second):
        decide(request, cast.director)
    assert not reads(cast.other_manager, cast.member)
    assert reads(cast.top_management, cast.member)


@pytest.mark.parametrize("how", ["taken", "closed", "granted_another", "command"])
def test_a_role_lost_and_regained_brings_nobody_back(cast: Cast, how: str) -> None:
    """However it was lost, what it stood on ended: the role alone comes back."""
    from accounts.granting import role_ask, role_request_decide

    lead, admin = cast.manager, cast.administrator
    same = details(lead.email, full_name=lead.full_name, team=cast.team)
    if how == "taken":
        person_change(person=lead, details=same, by=admin, at=AT)
    elif how == "closed":
        person_close(person=lead, by=admin, at=AT)
        assert not reads(lead, cast.member)
        person_reopen(person=lead, by=admin, at=AT)
    elif how == "granted_another":
        waits = role_ask(person=lead, role=Role.HR, by=admin, at=AT)
        role_request_decide(request=waits, grant=True, by=cast.director, at=AT)
    else:
        role_give(person=lead, role=Role.MEMBER, at=AT)
    User.objects.filter(pk=lead.pk).update(role=Role.MANAGER)
    assert not reads(lead, cast.member)


def test_a_planned_end_is_not_put_off_by_dropping_what_follows(cast: Cast) -> None:
    """Another lead is to follow in ten days: to take that back lets the first one read for longer."""
    later = TODAY + 10 * DAY
    TeamLead.objects.filter(team=cast.team).update(end=later - DAY)
    TeamLead.objects.create(team=cast.team, person=cast.other_manager, start=later)
    request = asked(cast, team_lead_name, team=cast.team, lead=cast.manager, start=later)
    assert request.pairs() == {(cast.manager.pk, cast.member.pk)}


def test_a_stand_in_lends_what_the_manager_reads_and_no_more(cast: Cast) -> None:
    """Not what they read as somebody's stand-in, and an administrator names none."""
    days = {"start": TODAY, "end": TODAY, "reason": "", "today": TODAY}
    stand_in_set(person=cast.manager, stand_in=cast.other_manager, by=cast.manager, **days)  # type: ignore[arg-type]  # days
    stand_in_set(person=cast.other_manager, stand_in=cast.contributor, by=cast.other_manager, **days)  # type: ignore[arg-type]  # days
    assert reads(cast.other_manager, cast.member)
    assert not reads(cast.contributor, cast.member)
    assert not reads(cast.other_manager, cast.member, TODAY + DAY)


def test_an_administrator_who_stands_in_moves_nobody_to_the_manager(cast: Cast) -> None:
    days = {"start": TODAY, "end": TODAY, "reason": "", "today": TODAY}
    stand_in_set(person=cast.other_manager, stand_in=cast.administrator, by=cast.other_manager, **days)  # type: ignore[arg-type]  # days
    with pytest.raises(ValidationError, match="Somebody else has to make this change"):
        alone(cast, person_place, person=cast.member, department=None, team=cast.other_team, start=TODAY)  # fmt: skip


def test_who_grants_opens_nothing_to_themselves_as_a_stand_in(cast: Cast) -> None:
    """The one way in which who grants may gain without being among the readers shown."""
    days = {"start": TODAY, "end": TODAY, "reason": "", "today": TODAY}
    stand_in_set(person=cast.other_manager, stand_in=cast.director, by=cast.other_manager, **days)  # type: ignore[arg-type]  # days
    request = asked(
        cast, person_place, person=cast.member, department=None, team=cast.other_team, start=TODAY
    )
    with pytest.raises(ValidationError, match="Somebody else has to make this change"):
        decide(request, cast.director)


@pytest.mark.parametrize("how", ["address", "closed", "asker_closed", "unproven", "asker_lost"])
def test_what_changes_under_a_request_voids_it(cast: Cast, how: str) -> None:
    second = person("Second", Role.ADMINISTRATOR)
    reader = person("Reader", Role.CONTRIBUTOR)
    request = asked(cast, manager_name, person=cast.member, manager=reader, start=TODAY)
    if how == "address":
        person_change(person=reader, details=details("evil@x.example", role="contributor"), by=second, at=AT)
        assert OrganisationRequest.objects.get().state == "address_changed"
    elif how == "closed":
        person_close(person=reader, by=second, at=AT)
    elif how == "asker_closed":
        person_close(person=cast.administrator, by=second, at=AT)
    elif how == "unproven":
        User.objects.filter(pk=reader.pk).update(address_proven_at=None)
    else:
        User.objects.filter(pk=cast.administrator.pk).update(role=Role.MEMBER)
    with pytest.raises(ValidationError):
        decide(request, cast.director)
    assert not ReportingLine.objects.exists()


# What a request is about goes while it waits: (the request, what takes its object away, its name)
Going = Callable[[Cast], tuple[OrganisationRequest, Callable[[], object], str]]


def by_page(cast: Cast, url: str, pk: int) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(cast.administrator)
    client.post(reverse(url, args=[pk]))


def empty_team(cast: Cast) -> Team:
    team = Team.objects.create(name="Gone", department=cast.other_team.department)
    TeamLead.objects.create(team=team, person=cast.other_manager, start=BEGAN)
    return team


def team_removed(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    team = empty_team(cast)
    request = asked(cast, person_place, person=cast.member, department=None, team=team, start=TODAY)
    return request, lambda: by_page(cast, "team_remove", team.pk), "Works in Gone"


def team_closed(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    """People worked in it once: it is closed and keeps its name."""
    team = empty_team(cast)
    Membership.objects.create(
        person=cast.analyst, department=team.department, team=team, main=False, start=BEGAN, end=BEGAN
    )
    request = asked(cast, person_place, person=cast.member, department=None, team=team, start=TODAY)
    return request, lambda: by_page(cast, "team_remove", team.pk), "Works in Gone"


def team_of_a_lead_removed(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    change, arguments, *_who = lead(cast)
    request = asked(cast, change, **arguments)
    return request, lambda: by_page(cast, "team_remove", cast.team.pk), f"{cast.team} – Team lead"


def department_removed(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    lab = Department.objects.create(code="lab", name="Lab")
    DepartmentHead.objects.create(department=lab, person=cast.top_management, start=BEGAN)
    request = asked(cast, person_place, person=cast.member, department=lab, team=None, start=TODAY)
    return request, lambda: by_page(cast, "department_remove", lab.pk), "Works in Lab"


def one_of_the_departments_of_hr_removed(
    cast: Cast,
) -> tuple[OrganisationRequest, Callable[[], object], str]:
    lab = Department.objects.create(code="lab", name="Lab")
    HRScope.objects.create(person=cast.hr, department=cast.other_team.department, start=BEGAN)
    both = [cast.team.department, lab]
    request = asked(cast, hr_limit, person=cast.hr, departments=both, start=TODAY)
    return request, lambda: by_page(cast, "department_remove", lab.pk), "Lab"


def place_dropped(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    """The end of a place is asked for, and the place is taken back."""
    closes_a_team(cast)
    membership = Membership.objects.get(person=cast.member)
    request = OrganisationRequest.objects.create(
        change="membership_end", arguments={"membership": membership.pk, "last": TODAY.isoformat()},
        names={"membership": str(membership)}, opens=[], requested_by=cast.administrator, requested_at=AT,
    )  # fmt: skip

    def goes() -> None:
        membership.delete()
        alone(cast, team_lead_name, team=cast.team, lead=None, start=TODAY)

    return request, goes, str(membership)


def person_left_and_closed(cast: Cast) -> tuple[OrganisationRequest, Callable[[], object], str]:
    request = asked(
        cast, person_place, person=cast.member, department=None, team=cast.other_team, start=TODAY
    )

    def goes() -> None:
        alone(cast, leave_all, person=cast.member, last=TODAY - DAY)
        person_close(person=cast.member, by=cast.administrator, at=AT)

    return request, goes, str(cast.member)


GOING: tuple[Going, ...] = (
    team_removed, team_closed, team_of_a_lead_removed, department_removed, one_of_the_departments_of_hr_removed,
    place_dropped, person_left_and_closed,
)  # fmt: skip


@pytest.mark.parametrize("going", GOING, ids=lambda going: going.__name__)
def test_a_request_about_what_is_gone_is_void_says_so_and_keeps_its_name(
    cast: Cast, as_: SignIn, going: Going
) -> None:
    request, goes, name = going(cast)
    goes()
    request.refresh_from_db()
    assert request.state == "gone"
    page = as_(cast.director).get(reverse("role_request_list")).content.decode()
    assert 'value="grant"' not in page
    assert "Void: what it was about is gone" in page
    assert name in page
    assert name in title_of(request)


def test_what_is_gone_by_another_way_cannot_be_granted_and_the_try_voids_it(cast: Cast, as_: SignIn) -> None:
    """Taken away behind the doors (by hand, in the database): no page offers to grant it."""
    request, _goes, name = team_removed(cast)
    Team.objects.get(name="Gone").delete()
    director = as_(cast.director)
    page = director.get(reverse("role_request_list")).content.decode()
    assert "What it is about no longer exists" in page
    assert 'value="grant"' not in page
    assert name in page
    with pytest.raises(ValidationError, match="no longer exists"):
        decide(request, cast.director)
    url = reverse("organisation_request_answer", args=[request.pk])
    assert "no longer exists" in director.post(url, {"answer": "grant"}, follow=True).content.decode()
    request.refresh_from_db()
    assert request.state == "gone"


def test_requests_of_before_are_given_the_names_they_still_have(cast: Cast) -> None:
    one = asked(cast, lead(cast)[0], **lead(cast)[1])
    two = asked(cast, person_place, person=cast.member, department=None, team=cast.other_team, start=TODAY)
    kept = [one.names, two.names]
    OrganisationRequest.objects.update(names={})
    import_module("accounts.migrations.0014_requests_whose_object_is_gone").keep_names(apps, None)
    assert [OrganisationRequest.objects.get(pk=asked.pk).names for asked in (one, two)] == kept


# What takes one person


def test_who_is_new_is_placed_in_the_past_by_two(cast: Cast) -> None:
    """Who led then would read what was written then, whenever it comes in."""
    new = person_add(
        details=details("new@martel.example", team=cast.team, start=TODAY - 400 * DAY),
        by=cast.administrator,
        at=AT,
    )
    request = OrganisationRequest.objects.get()
    assert (cast.manager.pk, new.pk) in request.pairs()
    assert not new.memberships.exists()
    assert not reads(cast.manager, new)
    decide(request, cast.director)
    assert reads(cast.manager, new, TODAY - 300 * DAY)


def test_a_manager_of_who_is_new_is_named_for_the_past_by_two(cast: Cast) -> None:
    details_ = details("new@martel.example", reports_to=cast.other_manager, start=TODAY - DAY)
    new = person_add(details=details_, by=cast.administrator, at=AT)
    assert OrganisationRequest.objects.get().change == "manager_name"
    assert not reads(cast.other_manager, new)


def test_the_page_says_that_a_place_in_the_past_waits(cast: Cast, as_: SignIn) -> None:
    sent = {
        "email": "new@martel.example", "full_name": "New", "role": "member", "language": "en",
        "team": cast.team.pk, "start": (TODAY - 30 * DAY).isoformat(),
    }  # fmt: skip
    page = as_(cast.administrator).post(reverse("person_invite"), sent, follow=True).content.decode()
    assert "a second person has to grant it" in page
    assert [cast.director.email] in [message.to for message in mail.outbox]


def test_a_stand_in_begins_today_or_later(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="today or later"):
        stand_in_set(
            person=cast.manager, stand_in=cast.analyst, start=TODAY - DAY, end=TODAY + DAY, reason="",
            by=cast.manager, today=TODAY,
        )  # fmt: skip
    assert not reads(cast.analyst, cast.member, TODAY - DAY)


def test_who_is_new_is_placed_by_one_person(cast: Cast) -> None:
    """Nothing is written of them yet; but nobody places them with themselves."""
    new = person_add(
        details=details("new@martel.example", team=cast.team, reports_to=cast.other_manager),
        by=cast.administrator,
        at=AT,
    )
    assert reads(cast.other_manager, new)
    assert not OrganisationRequest.objects.exists()
    TeamLead.objects.filter(team=cast.team).update(person=cast.administrator)
    with pytest.raises(ValidationError, match="Somebody else"):
        person_add(details=details("n2@martel.example", team=cast.team), by=cast.administrator, at=AT)


def test_what_takes_away_takes_one_person(cast: Cast) -> None:
    by, lab = cast.administrator, Department.objects.create(code="lab", name="Lab")
    for change, arguments in (
        (person_place, {"person": cast.member, "department": lab, "team": None, "start": TODAY}),
        (team_lead_name, {"team": cast.team, "lead": None, "start": TODAY}),
        (hr_limit, {"person": cast.hr, "departments": [lab], "start": TODAY}),
        (leave_all, {"person": cast.other_manager, "last": TODAY}),
    ):
        assert make_or_ask(change, by=by, at=AT, **arguments) is None, change.__name__
    leading_ends(person=cast.manager, last=TODAY)
    assert not reads(cast.manager, cast.member, TODAY + DAY)


def test_of_whom_access_was_closed_the_second_level_and_a_stand_in_read_on(cast: Cast) -> None:
    ReportingLine.objects.create(person=cast.manager, manager=cast.top_management, start=BEGAN)
    person_close(person=cast.manager, by=cast.administrator, at=AT)
    assert not reads(cast.manager, cast.member)
    assert reads(cast.top_management, cast.member)
    stand_in_set(
        person=User.objects.get(pk=cast.manager.pk), stand_in=cast.analyst, start=TODAY, end=TODAY, reason="",
        by=cast.top_management, today=TODAY,
    )  # fmt: skip
    assert reads(cast.analyst, cast.member)
    assert not reads(cast.analyst, cast.member, TODAY + DAY)


# The pages


def test_the_form_asks_the_page_shows_who_would_read_whom_and_the_answer_makes_it(
    cast: Cast, as_: SignIn
) -> None:
    admin = as_(cast.administrator)
    sent = {"name": cast.team.name, "department": cast.team.department_id, "leader": cast.other_manager.pk}
    page = admin.post(reverse("team_edit", args=[cast.team.pk]), sent, follow=True).content.decode()
    assert "a second person has to grant it" in page
    request = OrganisationRequest.objects.get()
    assert [message.to for message in mail.outbox] == [[cast.director.email]]
    assert "would read the records of 2 people" in str(mail.outbox[0].body)
    shown = as_(cast.director).get(reverse("role_request_list")).content.decode()
    for said in (
        cast.other_manager.email,
        cast.member.email,
        str(cast.member),
        "Traffic – Team lead: Karim Benali",
    ):
        assert said in shown
    url = reverse("organisation_request_answer", args=[request.pk])
    admin.post(url, {"answer": "grant"})
    assert not reads(cast.other_manager, cast.member)
    as_(cast.director).post(url, {"answer": "grant"})
    assert reads(cast.other_manager, cast.member)
    assert "Karim Benali" in as_(cast.director).get(reverse("role_request_list")).content.decode()


def test_who_asked_withdraws(cast: Cast, as_: SignIn) -> None:
    request = asked(cast, lead(cast)[0], **lead(cast)[1])
    url = reverse("organisation_request_answer", args=[request.pk])
    as_(cast.director).post(url, {"answer": "withdraw"})
    as_(cast.administrator).post(url, {"answer": "withdraw"})
    request.refresh_from_db()
    assert request.state == "withdrawn"
    assert as_(cast.director).post(url, {"answer": "grant"}).status_code == 404


def test_a_move_on_the_persons_form_waits_and_the_rest_is_saved(cast: Cast, as_: SignIn) -> None:
    sent = {"email": cast.member.email, "full_name": "Lea P", "role": "member", "language": "en"}
    sent["team"] = str(cast.other_team.pk)
    as_(cast.administrator).post(reverse("person_edit", args=[cast.member.pk]), sent)
    member = User.objects.get(pk=cast.member.pk)
    assert (member.full_name, member.team) == ("Lea P", cast.team)
    assert OrganisationRequest.objects.get().change == "person_place"


def test_the_departments_of_human_resources_and_a_last_day_have_their_pages(cast: Cast, as_: SignIn) -> None:
    admin, scope = as_(cast.administrator), reverse("hr_scope", args=[cast.hr.pk])
    assert scope in admin.get(reverse("person_detail", args=[cast.hr.pk])).content.decode()
    assert admin.get(reverse("hr_scope", args=[cast.member.pk])).status_code == 404
    admin.post(scope, {"departments": [cast.other_team.department_id], "start": TODAY})
    assert not reads(cast.hr, cast.member)
    admin.post(scope, {"departments": [cast.team.department_id], "start": TODAY})
    assert not reads(cast.hr, cast.member)
    decide(OrganisationRequest.objects.get(), cast.director)
    assert reads(cast.hr, cast.member)
    leaves = reverse("person_leaves", args=[cast.member.pk])
    assert "form" in admin.get(leaves).context
    assert admin.post(leaves, {"last": ""}).context["form"].errors
    admin.post(leaves, {"last": TODAY})
    assert cast.member.memberships.get().end == TODAY
