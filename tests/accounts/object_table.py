"""Who may see which object, by the relation they stand in: written by hand, so that the code is held against it.

To add a model, add a row: how one object is made, who may see it, and where it shows (list, detail, file, search). The
visitors are the cast of ``tests/cast.py`` and those whom a relation of ``accounts/relations.py`` makes (``VISITORS``).
A model with ``objects.visible_to`` and no row fails the test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    ApiToken,
    DepartmentHead,
    Membership,
    OrganisationRequest,
    RecordRead,
    ReportingLine,
    Role,
    RoleRequest,
    SavedView,
    StandIn,
    Team,
    TeamLead,
    User,
)
from accounts.reads import log_read
from accounts.tokens import token_issue
from base.models import Notification
from base.workflow.actions import begun
from intake.models import ImportRun, Purge, RowsImport
from kpis.models import Deviation, Gap, Indicator, Measure, NightlyRun, Segment, Target, TargetProposal
from kpis.proposals import FLOW
from tests.accounts.url_table import (
    a_deviation,
    a_night,
    a_role_request,
    a_target,
    an_import,
    an_indicator,
    an_organisation_request,
    some_rows,
    the_whole,
)
from tests.cast import BEGAN, Cast, person

Visitors = frozenset[str]

# The cast, and who stands near ``member``, whom the objects about a person are about.
VISITORS: Visitors = frozenset(
    {
        "owner", "teammate", "manager", "second_level", "other_manager", "department_head", "hr", "stand_in",
        "stand_in_before", "stand_in_after", "former_manager", "directors_manager", "director", "top_management",
        "contributor", "analyst", "administrator", "outsider", "closed", "anonymous",
    }
)  # fmt: skip
READERS: Visitors = VISITORS - {"outsider", "closed", "anonymous"}
NEAR: Visitors = frozenset(
    {"owner", "manager", "second_level", "department_head", "hr", "stand_in", "administrator"}
)

APPROVING: Visitors = frozenset({"director", "administrator"})


@dataclass(frozen=True)
class Row:
    """``make`` answers the object; the addresses, given it, are where it shows or is asked for."""

    model: type[models.Model]
    make: Callable[[Cast], models.Model]
    seen_by: Visitors
    detail: Callable[[models.Model], str] | None = None
    listed: str = ""  # the URL name of its list, whose context holds ``table``
    marker: str = ""  # what shows it in the list, the file and a search
    searches: tuple[str, ...] = ()  # queries of the list that would find it
    found: str = ""  # what one types to find it
    not_listed_to: Visitors = frozenset()  # who may open its page, but whose role has no list


def of_member(detail: str) -> Callable[[models.Model], str]:
    return lambda found: reverse(detail, args=[found.pk])


def the_member(cast: Cast) -> models.Model:
    return cast.member


def a_read(cast: Cast) -> models.Model:
    log_read(cast.analyst, cast.member, what="person_page")
    return RecordRead.objects.get(person=cast.member)


def a_note(cast: Cast) -> models.Model:
    return Notification.objects.create(user=cast.member, key="k", plain="Told to one", url="/")


def fetched(model: type[models.Model], make: Callable[[Cast], object]) -> Callable[[Cast], models.Model]:
    """The object that a row of the URL table makes."""
    return lambda cast: model._default_manager.get(pk=make(cast)["pk"])  # type: ignore[index]  # their kwargs


def a_token_of_member(cast: Cast) -> models.Model:
    now = timezone.now()
    token, _secret = token_issue(owner=cast.member, name="mine", scopes=["figures:read"], days=30, at=now)
    return token


def a_measure(cast: Cast) -> models.Model:
    an_indicator(cast)
    return Measure.objects.get(code="revenue")


def a_gap(cast: Cast) -> models.Model:
    night, day = NightlyRun.objects.get(**a_night(cast)), date(2026, 11, 20)
    return Gap.objects.create(
        run=night, indicator=Indicator.objects.get(**an_indicator(cast)), segment=the_whole(), grain="day",
        start=day, end=day, status="none", signal="noise",
    )  # fmt: skip


def a_purge(cast: Cast) -> models.Model:
    return Purge.objects.create(
        run=ImportRun.objects.get(**an_import(cast)), at=timezone.now(), found="there"
    )


def a_proposal_of_member(cast: Cast) -> models.Model:
    on, until = date(2026, 11, 1), date(2026, 11, 30)
    asked = TargetProposal(
        indicator=Indicator.objects.get(**an_indicator(cast)),
        segment=the_whole(),
        start=on,
        end=until,
        value=100,
    )
    return begun(FLOW, record=asked, by=cast.member, at=timezone.now())


def a_view_of_member(cast: Cast) -> models.Model:
    kept = {"list_name": "deviation_list", "name": "Grave", "query": "severity=high"}
    return SavedView.objects.create(owner=cast.member, **kept)


ROWS: tuple[Row, ...] = (
    Row(
        Indicator, lambda cast: Indicator.objects.get(**an_indicator(cast)), READERS,
        lambda found: reverse("indicator_detail", args=[vars(found)["code"]]), found="revenue",
    ),
    Row(Measure, a_measure, READERS),
    Row(Segment, lambda _cast: the_whole(), VISITORS),  # the whole: a segment hides by what stands on it
    Row(Gap, a_gap, READERS),
    Row(Purge, a_purge, frozenset({"administrator"})),
    Row(
        User, the_member, NEAR, of_member("person_detail"), "people_list", "Lea Petit",
        ("q=Lea", "sort=-full_name", "sort=email", "role=member"),
        found="lea petit", not_listed_to=frozenset({"owner", "stand_in"}),
    ),
    Row(
        RecordRead, a_read, frozenset({"owner", "hr"}), listed="read_list", marker="Ines Leroy",
        searches=("q=Lea", "what=person_page", "sort=person"), not_listed_to=frozenset({"owner"}),
    ),
    Row(RoleRequest, fetched(RoleRequest, a_role_request), APPROVING),
    Row(OrganisationRequest, fetched(OrganisationRequest, an_organisation_request), APPROVING),
    Row(ApiToken, a_token_of_member, frozenset({"owner", "administrator"}), of_member("token_end")),
    Row(SavedView, a_view_of_member, frozenset({"owner"}), of_member("saved_view_edit")),
    Row(Notification, a_note, frozenset({"owner"}), of_member("notification_open")),
    Row(
        Deviation, fetched(Deviation, a_deviation), READERS, of_member("deviation_detail"), "deviation_list",
        "/deviations/{pk}/", ("sort=-start",), found="revenue",
    ),
    Row(
        TargetProposal, a_proposal_of_member, frozenset({"owner", "director", "analyst"}),
        of_member("target_proposal_detail"), "target_proposal_list", "/targets/proposals/{pk}/",
    ),
    Row(Target, fetched(Target, a_target), READERS, of_member("target_detail"), "target_list", "/targets/{pk}/"),
    Row(
        ImportRun, fetched(ImportRun, an_import), READERS, of_member("import_detail"), "import_list", "orders.csv",
        ("q=orders",), found="orders",
    ),
    Row(NightlyRun, fetched(NightlyRun, a_night), READERS, of_member("night_detail")),
    Row(RowsImport, fetched(RowsImport, some_rows), frozenset({"administrator"}), of_member("rows_import")),
)  # fmt: skip


def gather_visitors(cast: Cast) -> dict[str, User | None]:
    """``member`` is the owner; everybody else stands to them as their name says, today."""
    today, day = timezone.localdate(), timedelta(days=1)
    made = {name: person(f"V {name}", role) for name, role in _ROLES.items()}
    commerce = cast.team.department
    Membership.objects.create(person=made["teammate"], department=commerce, team=cast.team, start=BEGAN)
    ReportingLine.objects.create(person=cast.manager, manager=made["second_level"], start=BEGAN)
    DepartmentHead.objects.create(department=commerce, person=made["department_head"], start=BEGAN)
    ReportingLine.objects.create(person=cast.director, manager=made["directors_manager"], start=BEGAN)
    TeamLead.objects.filter(team=cast.team).update(start=today)
    TeamLead.objects.create(team=cast.team, person=made["former_manager"], start=BEGAN, end=today - day)
    absences: dict[str, tuple[date, date]] = {
        "stand_in_after": (today - 9 * day, today - day),
        "stand_in": (today, today),
        "stand_in_before": (today + day, today + 9 * day),
    }
    for name, (start, end) in absences.items():
        StandIn.objects.create(person=cast.manager, stand_in=made[name], start=start, end=end)
    closed = made["closed"]
    TeamLead.objects.create(team=_team_of_closed(cast, closed), person=closed, start=BEGAN)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    of_cast = {name: getattr(cast, name) for name in VISITORS - made.keys() - {"owner", "anonymous"}}
    return {**made, **of_cast, "owner": cast.member, "anonymous": None}


_ROLES = {
    "teammate": Role.MEMBER,
    "second_level": Role.MANAGER,
    "department_head": Role.MANAGER,
    "directors_manager": Role.TOP_MANAGEMENT,
    "former_manager": Role.MANAGER,
    "stand_in": Role.MEMBER,
    "stand_in_before": Role.MEMBER,
    "stand_in_after": Role.MEMBER,
    "closed": Role.MANAGER,
}


def _team_of_closed(cast: Cast, closed: User) -> Team:
    """A team the closed person leads, and where the member works besides: once it would have opened their page."""
    team = Team.objects.create(name="Old", department=cast.team.department)
    Membership.objects.create(
        person=cast.member, department=team.department, team=team, main=False, start=BEGAN
    )
    return team
