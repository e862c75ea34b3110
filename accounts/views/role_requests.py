"""Roles that take two people: what waits for the second one, and what was answered."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import changes
from accounts.access import Right, requires
from accounts.change_words import readings_of, title_of
from accounts.granting import request_withdraw, role_request_decide, why_not_answer, why_not_grant
from accounts.models import OrganisationRequest, RoleRequest, User
from accounts.views.acting import actor


@requires(Right.APPROVE_ROLES)
@require_safe
def role_request_list(request: HttpRequest) -> HttpResponse:
    by = actor(request)
    requests = RoleRequest.objects.visible_to(by).select_related("person", "requested_by", "decided_by")
    changed = OrganisationRequest.objects.visible_to(by).select_related("requested_by", "decided_by")
    pending = [(asked, why_not_answer(asked, by), why_not_grant(asked)) for asked in requests.pending()]
    context = {
        "pending": pending,
        "waiting": [_shown(asked, by) for asked in changed.pending()],
        "decided": [(asked, title_of(asked)) for asked in changed.exclude(state="pending")[:25]],
        "page_obj": Paginator(requests.exclude(state="pending"), 25).get_page(request.GET.get("page")),
    }
    return render(request, "accounts/role_request_list.html", context)


def _shown(asked: OrganisationRequest, by: User) -> dict[str, object]:
    return {
        "asked": asked,
        "what": title_of(asked),
        "readings": readings_of(asked),
        "not_answer": changes.why_not_answer(asked, by),
        "not_grant": changes.why_not_grant(asked),
    }


@requires(Right.APPROVE_ROLES)
@require_POST
def role_request_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """``answer`` is grant, refuse or withdraw; anything else refuses."""
    asked = get_object_or_404(RoleRequest.objects.visible_to(request.user).pending(), pk=pk)
    answer = request.POST.get("answer")
    try:
        if answer == "withdraw":
            request_withdraw(request=asked, by=actor(request), at=timezone.now())
        else:
            role_request_decide(request=asked, grant=answer == "grant", by=actor(request), at=timezone.now())
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("role_request_list")
