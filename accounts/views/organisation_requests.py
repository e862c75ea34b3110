"""Changes of the organisation that wait for a second person: saying so, and the answer."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import Right, requires
from accounts.changes import organisation_request_decide, requests_without_object_void
from accounts.granting import request_withdraw
from accounts.mails import organisation_request_mail
from accounts.models import OrganisationRequest
from accounts.site import site_link
from accounts.views.acting import actor


def say_they_wait(request: HttpRequest, *asked: OrganisationRequest | None) -> None:
    """Tell who made the change, and write to those who may answer."""
    waiting = [one for one in asked if one is not None]
    for one in waiting:
        organisation_request_mail(one, url=site_link(reverse("role_request_list")))
    if waiting:
        messages.info(
            request, _("This opens people's records to somebody else: a second person has to grant it.")
        )


@requires(Right.APPROVE_ROLES)
@require_POST
def organisation_request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """``answer`` is grant, refuse or withdraw; anything else refuses."""
    asked = get_object_or_404(OrganisationRequest.objects.visible_to(request.user).pending(), pk=pk)
    answer, by, now = request.POST.get("answer"), actor(request), timezone.now()
    try:
        if answer == "withdraw":
            request_withdraw(request=asked, by=by, at=now)
        else:
            organisation_request_decide(request=asked, grant=answer == "grant", by=by, at=now)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        requests_without_object_void(by=by, at=now)
    return redirect("role_request_list")
