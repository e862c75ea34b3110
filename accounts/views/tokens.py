"""Tokens for programs: a person makes and ends their own, an administrator sees and ends all."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Right, has_right, requires
from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.tokens import AlreadyMade, token_issue
from accounts.views.acting import actor


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one is shown on the answer to its form, and never again."""
    owner, secret = actor(request), ""
    form = TokenForm(request.POST or None, owner=owner)
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = token_issue(owner=owner, at=timezone.now(), **form.cleaned_data)
        except AlreadyMade:
            messages.info(request, _("This form made its token before: it is among those below."))
            return redirect("token_list")
        form = TokenForm(owner=owner)
    own = ApiToken.objects.visible_to(owner).filter(owner=owner)
    return _page(request, own, {"form": form, "secret": secret, "own": True})


@requires(Right.MANAGE_PEOPLE)
@require_safe
def token_list_all(request: HttpRequest) -> HttpResponse:
    """The tokens of everybody."""
    return _page(request, ApiToken.objects.visible_to(request.user), {"own": False})


def _page(request: HttpRequest, tokens: QuerySet[ApiToken], context: dict[str, object]) -> HttpResponse:
    page = Paginator(tokens.select_related("owner", "revoked_by"), 25).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [
        (token, token.state(at=now), token.revoked_at is None and token.expires_at > now, token.allows)
        for token in page
    ]
    may_read = has_right(request.user, Right.VIEW_FIGURES)
    shown = {"rows": rows, "page_obj": page, "may_read": may_read, **context}
    return render(request, "accounts/token_list.html", shown)


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def token_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token of one's own, or, for who manages people, of anybody."""
    by = actor(request)
    token = get_object_or_404(ApiToken.objects.visible_to(by), pk=pk)
    if request.method != "POST":  # after the look-up: another's token does not exist, whatever one asks
        return HttpResponseNotAllowed(["POST"])
    ApiToken.objects.filter(pk=token.pk).revoke(by=by, at=timezone.now())
    messages.success(request, _("The token “{name}” is revoked.").format(name=token))
    return redirect("token_list" if token.owner_id == by.pk else "token_list_all")
