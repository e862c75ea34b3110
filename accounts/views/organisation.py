"""Departments and their teams."""

from django.contrib import messages
from django.db.models import Count, ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import Right, requires
from accounts.forms import DepartmentForm, TeamForm
from accounts.models import Department, Team


@requires(Right.MANAGE_PEOPLE)
@require_GET
def department_list(request: HttpRequest) -> HttpResponse:
    departments = Department.objects.annotate(people_count=Count("people")).order_by("name")
    teams = Team.objects.select_related("department", "lead").annotate(people_count=Count("people"))
    context = {"departments": departments, "teams": teams.order_by("department__name", "name")}
    return render(request, "accounts/department_list.html", context)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def department_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a department, or change the one given."""
    department = get_object_or_404(Department, pk=pk) if pk else None
    return _edit(request, DepartmentForm(request.POST or None, instance=department), department)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def team_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a team, or change the one given."""
    team = get_object_or_404(Team, pk=pk) if pk else None
    return _edit(request, TeamForm(request.POST or None, instance=team), team)


def _edit(
    request: HttpRequest, form: DepartmentForm | TeamForm, row: Department | Team | None
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The changes are saved."))
        return redirect("department_list")
    kind = "team" if isinstance(form, TeamForm) else "department"
    return render(request, "accounts/organisation_form.html", {"form": form, "row": row, "kind": kind})


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def department_remove(request: HttpRequest, pk: int) -> HttpResponse:
    return _remove(request, get_object_or_404(Department, pk=pk))


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def team_remove(request: HttpRequest, pk: int) -> HttpResponse:
    return _remove(request, get_object_or_404(Team, pk=pk))


def _remove(request: HttpRequest, row: Department | Team) -> HttpResponse:
    """Remove after a confirmation; a department that holds people or teams stays, and says so."""
    if request.method == "GET":
        return render(request, "accounts/organisation_remove.html", {"row": row})
    try:
        row.delete()
    except ProtectedError:
        sentence = _("“{name}” still has people or teams: move them first.")
        messages.error(request, sentence.format(name=row))
    else:
        messages.success(request, _("“{name}” was removed.").format(name=row))
    return redirect("department_list")
