"""Departments and their teams, and who answers for each."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, requires
from accounts.changes import make_or_ask
from accounts.forms import DepartmentForm, TeamForm, put_beside
from accounts.models import Department, DepartmentHead, OrganisationRequest, Team, TeamLead, User, in_force
from accounts.organisation import (
    department_close,
    department_head_name,
    team_close,
    team_lead_name,
    team_move,
    team_name_is_free,
)
from accounts.views.acting import actor
from accounts.views.organisation_requests import say_they_wait


@requires(Right.MANAGE_PEOPLE)
@require_safe
def department_list(request: HttpRequest) -> HttpResponse:
    today = localdate()
    people = Count("memberships__person", filter=in_force(today, "memberships__"), distinct=True)
    heads = DepartmentHead.objects.in_force(today).filter(department=OuterRef("pk"))
    leads = TeamLead.objects.in_force(today).filter(team=OuterRef("pk"))
    departments = Department.objects.open().annotate(people_count=people, led_by=_name_in(heads))
    teams = (
        Team.objects.open().select_related("department").annotate(people_count=people, led_by=_name_in(leads))
    )
    context = {
        "departments": departments.order_by("name"),
        "teams": teams.order_by("department__name", "name"),
    }
    return render(request, "accounts/department_list.html", context)


def _name_in(rows: QuerySet[DepartmentHead] | QuerySet[TeamLead]) -> Subquery:
    return Subquery(rows.values("person__full_name")[:1])


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def department_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a department, or change the one given."""
    department = get_object_or_404(Department.objects.open(), pk=pk) if pk else None
    head = department.heads.in_force(localdate()).first() if department else None
    form = DepartmentForm(request.POST or None, instance=department, leader=head.person if head else None)
    return _edit(request, form, department, "department")


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def team_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a team, or change the one given."""
    team = get_object_or_404(Team.objects.open(), pk=pk) if pk else None
    lead = team.leads.in_force(localdate()).first() if team else None
    form = TeamForm(request.POST or None, instance=team, leader=lead.person if lead else None)
    return _edit(request, form, team, "team")


def _edit(
    request: HttpRequest, form: DepartmentForm | TeamForm, row: Department | Team | None, kind: str
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            asked = _save(form, by=actor(request), at=timezone.now())
        except ValidationError as error:
            put_beside(form, error)
        else:
            say_they_wait(request, *asked)
            messages.success(request, _("The changes are saved."))
            return redirect("department_list")
    return render(request, "accounts/organisation_form.html", {"form": form, "row": row, "kind": kind})


@transaction.atomic
def _save(
    form: DepartmentForm | TeamForm, *, by: User, at: datetime
) -> tuple[OrganisationRequest | None, ...]:
    """What now waits for a second person, if something does."""
    leader, start = form.cleaned_data["leader"], form.cleaned_data["start"] or localdate(at)
    row = form.instance
    if isinstance(form, DepartmentForm):
        form.save()
        return (make_or_ask(department_head_name, department=row, head=leader, start=start, by=by, at=at),)
    department = row.department
    team_name_is_free(name=row.name, department=department, but=row.pk)
    before = Team.objects.filter(pk=row.pk).values_list("department", flat=True).first()
    if before is not None:
        row.department_id = before  # it moves below, with those who work in it
    form.save()
    moved = None
    if before not in (None, department.pk):
        moved = make_or_ask(team_move, team=row, department=department, start=localdate(at), by=by, at=at)
    return moved, make_or_ask(team_lead_name, team=row, lead=leader, start=start, by=by, at=at)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def department_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove after a confirmation; a department that holds people or teams stays, and says so."""
    department = get_object_or_404(Department.objects.open(), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/organisation_remove.html", {"row": department})
    try:
        now = timezone.now()
        make_or_ask(department_close, department=department, today=localdate(now), by=actor(request), at=now)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("“{name}” was removed.").format(name=department))
    return redirect("department_list")


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def team_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove after a confirmation; those who work in it stay in its department."""
    team = get_object_or_404(Team.objects.open(), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/organisation_remove.html", {"row": team})
    try:
        now = timezone.now()
        asked = make_or_ask(team_close, team=team, today=localdate(now), by=actor(request), at=now)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        if asked is None:
            messages.success(request, _("“{name}” was removed.").format(name=team))
        say_they_wait(request, asked)
    return redirect("department_list")
