"""People: where they stand, and, for who manages access, who may sign in, with which role, since when and by whom."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ROLES_TAKING_TWO, Right, has_right, requires
from accounts.approvers import approver_gone, why_too_few
from accounts.forms import PersonForm, put_beside
from accounts.inviting import invitation_url, invite
from accounts.lists import list_page
from accounts.mails import address_changed_mail, role_request_mail
from accounts.models import Channel, Invitation, OrganisationRequest, Role, RoleRequest, User, UserQuerySet
from accounts.people import person_add, person_change, person_close, person_reopen
from accounts.person_history import history_of_person
from accounts.reads import log_read
from accounts.relations import managers_of
from accounts.site import site_link
from accounts.stand_ins import may_set_stand_in
from accounts.tables import ABOUT_ACCESS, PeopleFilter, PeopleTable, state_of
from accounts.views.acting import actor
from accounts.views.organisation_requests import say_they_wait
from accounts.views.own import send_address_proof


def _visible(request: HttpRequest) -> UserQuerySet:
    found = User.objects.visible_to(request.user).placed(localdate())
    return found.select_related("invitation__sent_by")


def _send(request: HttpRequest, person: User) -> None:
    """Invite, say what happened, and fall back on the link of the page when no mail server takes it."""
    try:
        is_sent = invite(person=person, by=actor(request), at=timezone.now())
    except ValueError as error:
        messages.error(request, str(error))
        return
    if is_sent:
        messages.success(request, _("An invitation was sent to {email}.").format(email=person.email))
    else:
        messages.warning(
            request, _("The e-mail could not be sent. Give the link on this page to the person.")
        )


@requires(Right.VIEW_PEOPLE)
@require_safe
def people_list(request: HttpRequest) -> HttpResponse:
    """Everybody for who manages access; for others those whose page they may open, without what is about access."""
    may_manage = has_right(request.user, Right.MANAGE_PEOPLE)
    return list_page(
        request,
        "accounts/people_list.html",
        name="people_list",
        rows=_visible(request),
        filters=PeopleFilter,
        table=lambda found: PeopleTable(found, exclude=() if may_manage else ABOUT_ACCESS),  # type: ignore[no-untyped-call]  # library base
        context=lambda _filters: {
            "may_manage": may_manage,
            "waiting": _waiting(request) if may_manage else 0,
        },
        on_export=lambda people: log_read(
            request.user, *people.values_list("pk", flat=True), what="people_list", channel=Channel.EXPORT
        ),
    )


def _waiting(request: HttpRequest) -> int:
    """How many requests wait for a second person."""
    models = (RoleRequest, OrganisationRequest)
    return sum(model.objects.visible_to(request.user).pending().count() for model in models)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_invite(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, now = actor(request), timezone.now()
        try:
            person = person_add(details=form.details(), by=by, at=now)
        except ValidationError as error:
            put_beside(form, error)
        else:
            _send(request, person)
            _say_it_waits(request, person)
            _say_places_wait(request, by, now)
            return redirect("person_detail", person.pk)
    return render(request, "accounts/person_form.html", {"form": form, "person": None})


@requires(Right.SIGNED_IN)
@require_safe
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Of oneself, of those one answers for, of those one looks after; everybody's for who manages access."""
    person = get_object_or_404(_visible(request), pk=pk)
    log_read(request.user, person, what="person_page")
    today = localdate()
    context = {
        "person": person,
        "today": today,
        "manager": User.objects.get_queryset()
        .filter(pk__in=list(managers_of([person], as_of=today).values()))
        .first(),
        "places": person.memberships.select_related("department", "team"),
        "stand_ins": person.stand_ins.in_force_or_planned(today).select_related("stand_in", "set_by"),
        "may_set_stand_in": may_set_stand_in(request.user, person, as_of=today),
        "may_list": has_right(request.user, Right.VIEW_PEOPLE),
        "may_manage": has_right(request.user, Right.MANAGE_PEOPLE),
    }
    if context["may_manage"]:
        context |= _access_of(person, by=request.user)
    return render(request, "accounts/person_detail.html", context)


def _access_of(person: User, *, by: Any) -> dict[str, Any]:
    """What only those see who manage access."""
    invitation = Invitation.objects.filter(person=person).first()
    visible = RoleRequest.objects.visible_to(by).pending()
    pending = visible.filter(person=person).select_related("requested_by").first()
    answered = person.role_requests.exclude(state="pending")
    return {
        "state": state_of(person),
        "is_hr": person.role == Role.HR,
        "scopes": person.hr_scopes.in_force_or_planned(localdate()).select_related("department"),
        "invitation": invitation,
        "invitation_url": _shown_url(invitation, pending),
        "pending": pending,
        "history": history_of_person(person),
        "requests": answered.select_related("requested_by", "decided_by"),
    }


def _shown_url(invitation: Invitation | None, pending: RoleRequest | None) -> str:
    """The link to copy; for people of a role that takes two it only travels by e-mail, to its owner."""
    if invitation is None or not invitation.is_open(at=timezone.now()):
        return ""
    private = pending is not None or invitation.person.role in ROLES_TAKING_TWO
    return "" if private else invitation_url(invitation)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(_visible(request), pk=pk)
    form = PersonForm(request.POST or None, person=person)
    old, by, now = person.email, actor(request), timezone.now()
    was_approver = has_right(person, Right.APPROVE_ROLES)
    if request.method == "POST" and form.is_valid():
        try:
            asked = person_change(person=person, details=form.details(), by=by, at=now)
        except ValidationError as error:
            put_beside(form, error)
        else:
            messages.success(request, _("The changes are saved."))
            _tell_of_address(request, old, _visible(request).get(pk=pk))
            _tell_of_approver(request, person, was_approver)
            if asked is not None:
                _say_it_waits(request, person)
            _say_places_wait(request, by, now)
            return redirect("person_detail", person.pk)
    return render(request, "accounts/person_form.html", {"form": form, "person": person})


def _tell_of_address(request: HttpRequest, old: str, person: User) -> None:
    """A new address is told to the old one, and proves itself: by invitation, else by a link to confirm it."""
    if person.email == old:
        return
    if person.has_usable_password():
        told = address_changed_mail(person, old=old, by=actor(request))
        if not (send_address_proof(person) and told):
            messages.warning(request, _("The e-mails about the new address could not all be sent."))
    else:
        address_changed_mail(person, old=old, by=actor(request))
        _send(request, person)
    if person.role_requests.filter(state=RoleRequest.State.ADDRESS_CHANGED, email=old).exists():
        messages.warning(request, _("What was asked for the old address is void: ask again for the new one."))


def _say_it_waits(request: HttpRequest, person: User) -> None:
    visible = RoleRequest.objects.visible_to(request.user).pending()
    pending = visible.filter(person=person).select_related("person", "requested_by").first()
    if pending is not None:
        role_request_mail(pending, url=site_link(reverse("role_request_list")))
        sentence = _("The role “{role}” opens people's records: a second person has to grant it.")
        messages.info(request, sentence.format(role=pending.get_role_display()))


def _say_places_wait(request: HttpRequest, by: User, at: datetime) -> None:
    waiting = OrganisationRequest.objects.visible_to(by).pending()
    say_they_wait(request, *waiting.filter(requested_by=by, requested_at=at))


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a person's access after a confirmation, or open it again: what the button says, sent once or twice."""
    person = get_object_or_404(_visible(request), pk=pk)
    if request.method != "POST":
        context = {"person": person, "too_few": why_too_few(person)}
        return render(request, "accounts/person_access.html", context)
    was_approver = has_right(person, Right.APPROVE_ROLES)
    answer = request.POST.get("answer")
    try:
        if answer == "close":
            person_close(person=person, by=actor(request), at=timezone.now())
        elif answer == "reopen":
            person_reopen(person=person, by=actor(request), at=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    _tell_of_approver(request, person, was_approver)
    return redirect("person_detail", person.pk)


def _tell_of_approver(request: HttpRequest, person: User, was_approver: bool) -> None:
    if not approver_gone(person, by=actor(request), was_approver=was_approver):
        messages.warning(request, _("The e-mails about who still grants roles could not all be sent."))


@requires(Right.MANAGE_PEOPLE)
@require_POST
def person_invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(_visible(request).active(), pk=pk)
    _send(request, person)
    return redirect("person_detail", person.pk)
