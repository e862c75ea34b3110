"""Where a person works besides, who stands in for them, and who read their records."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Right, requires
from accounts.changes import make_or_ask
from accounts.forms import put_beside
from accounts.lists import list_page
from accounts.models import Membership, RecordRead, Role, StandIn, User
from accounts.models.reads import RecordReadQuerySet
from accounts.organisation import hr_limit, leave_all, membership_end, person_also_in
from accounts.place_forms import HRScopeForm, LeavingForm, PlaceForm, StandInForm
from accounts.stand_ins import may_set_stand_in, stand_in_end, stand_in_set
from accounts.tables import ReadFilter, ReadTable
from accounts.views.acting import actor
from accounts.views.organisation_requests import say_they_wait


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def place_add(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _make(request, person_also_in, person=person, **form.cleaned_data)
        except ValidationError as error:
            put_beside(form, error)
        else:
            return redirect("person_detail", person.pk)
    return render(request, "accounts/place_form.html", {"form": form, "person": person})


def _make(request: HttpRequest, change: Callable[..., object], **arguments: Any) -> None:
    asked = make_or_ask(change, by=actor(request), at=timezone.now(), **arguments)
    if asked is None:
        messages.success(request, _("The changes are saved."))
    say_they_wait(request, asked)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def hr_scope(request: HttpRequest, pk: int) -> HttpResponse:
    """Which departments somebody of human resources looks after."""
    people = User.objects.visible_to(request.user).in_role(Role.HR)
    person = get_object_or_404(people, pk=pk)
    form = HRScopeForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        departments = list(form.cleaned_data["departments"])
        try:
            _make(request, hr_limit, person=person, departments=departments, start=form.cleaned_data["start"])
        except ValidationError as error:
            put_beside(form, error)
        else:
            return redirect("person_detail", person.pk)
    return render(request, "accounts/hr_scope_form.html", {"form": form, "person": person})


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_leaves(request: HttpRequest, pk: int) -> HttpResponse:
    """The last day of somebody in the company."""
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    form = LeavingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _make(request, leave_all, person=person, last=form.cleaned_data["last"])
        except ValidationError as error:
            put_beside(form, error)
        else:
            return redirect("person_detail", person.pk)
    return render(request, "accounts/leaving_form.html", {"form": form, "person": person})


@requires(Right.MANAGE_PEOPLE)
@require_POST
def place_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Today is the last day of a place besides the main one."""
    of_visible = Membership.objects.filter(main=False, person__in=User.objects.visible_to(request.user))
    membership = get_object_or_404(of_visible, pk=pk)
    try:
        _make(request, membership_end, membership=membership, last=localdate())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("person_detail", membership.person_id)


def _away(request: HttpRequest, pk: int) -> User:
    """The person, for those who may name who stands in for them."""
    person = get_object_or_404(User.objects.visible_to(request.user), pk=pk)
    if not may_set_stand_in(request.user, person, as_of=localdate()):
        raise PermissionDenied
    return person


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def stand_in_add(request: HttpRequest, pk: int) -> HttpResponse:
    person = _away(request, pk)
    form = StandInForm(request.POST or None, person=person, by=actor(request))
    if request.method == "POST" and form.is_valid():
        try:
            stand_in_set(person=person, **form.cleaned_data, by=actor(request), today=localdate())
        except ValidationError as error:
            put_beside(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            return redirect("person_detail", person.pk)
    return render(request, "accounts/stand_in_form.html", {"form": form, "person": person})


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def stand_in_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """From today on, nobody stands in any more."""
    found = StandIn.objects.in_force_or_planned(localdate()).select_related("person")
    stand_in = get_object_or_404(found.filter(person__in=User.objects.visible_to(request.user)), pk=pk)
    person = _away(request, stand_in.person_id)
    if request.method == "POST":
        stand_in_end(stand_in=stand_in, today=localdate())
    return redirect("person_detail", person.pk)


@requires(Right.LOOK_AFTER_PEOPLE)
@require_safe
def read_list(request: HttpRequest) -> HttpResponse:
    """Who read whose confidential records, for human resources."""
    return _reads(request, RecordRead.objects.visible_to(request.user), own=False)


@requires(Right.SIGNED_IN)
@require_safe
def own_reads(request: HttpRequest) -> HttpResponse:
    """Who read one's own confidential records."""
    return _reads(
        request, RecordRead.objects.visible_to(request.user).filter(person=actor(request)), own=True
    )


def _reads(request: HttpRequest, reads: RecordReadQuerySet, *, own: bool) -> HttpResponse:
    return list_page(
        request,
        "accounts/read_list.html",
        name="own_reads" if own else "read_list",
        rows=reads.select_related("reader", "person"),
        filters=ReadFilter,
        table=lambda found: ReadTable(found, exclude=("person",) if own else ()),  # type: ignore[no-untyped-call]  # library base
        context={"own": own},
    )
