"""The first start: an instance without people asks for its company and its first administrator, once."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.access import public
from accounts.fields import LineField
from accounts.forms import FirstAdministratorForm
from accounts.invitations import invitation_issue, invitation_token
from accounts.mails import invitation_mail
from accounts.models import Language, Role, User
from accounts.people import PersonDetails, person_add
from accounts.site import site_link
from base.company_forms import CompanyForm
from base.models import Company

START_LOCK = 0x5649_4749  # "VIGI": the advisory lock under which the first people are made
OPEN_BEFORE_START = frozenset({"start", "set_language", "health", "ready", "metrics"})


class DirectorForm(forms.Form):
    """The e-commerce director, if already known: they receive an invitation."""

    full_name = LineField(label=_("Director's name"), max_length=150, required=False)
    email = forms.EmailField(label=_("Director's e-mail"), max_length=254, required=False)

    def __init__(self, *args: Any, administrator_email: str = "", **kwargs: Any) -> None:
        self.administrator_email = administrator_email.strip().lower()
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if bool(data.get("full_name")) != bool(data.get("email")):
            raise ValidationError(_("Give both the director's name and e-mail, or neither."))
        if data.get("email") and str(data["email"]).lower() == self.administrator_email:
            self.add_error("email", _("The director and the administrator sign in with different addresses."))
        return data

    def details(self) -> PersonDetails | None:
        data = self.cleaned_data
        if not data["email"]:
            return None
        language = translation.get_language() or Language.FRENCH
        return PersonDetails(data["email"], data["full_name"], Role.DIRECTOR, None, None, language)


class StartForms:
    """The three parts of the page, checked together."""

    def __init__(self, data: Any | None = None) -> None:
        email = data.get("administrator-email", "") if data else ""
        self.company = CompanyForm(data, instance=Company.current(), prefix="company")
        self.administrator = FirstAdministratorForm(data, prefix="administrator")
        self.director = DirectorForm(data, prefix="director", administrator_email=email)

    def are_valid(self) -> bool:
        # All three are asked, so that every error is shown at once.
        return all([form.is_valid() for form in (self.company, self.administrator, self.director)])


@public
@sensitive_post_parameters("administrator-password1", "administrator-password2")
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    if User.objects.exists():
        return redirect(settings.LOGIN_REDIRECT_URL)
    forms_ = StartForms(request.POST if request.method == "POST" else None)
    if request.method == "POST" and forms_.are_valid():
        made = instance_start(forms_)
        if made is not None:
            _welcome(request, *made)
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "cockpit/start.html", {"forms": forms_})


@transaction.atomic
def instance_start(forms_: StartForms) -> tuple[User, User | None] | None:
    """Make the company, the administrator and maybe the director; None when somebody was faster."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [START_LOCK])
    if User.objects.exists():
        return None
    forms_.company.save()
    administrator = forms_.administrator.save()
    details = forms_.director.details()
    director = person_add(details=details, by=None, at=timezone.now()) if details else None
    return administrator, director


def _welcome(request: HttpRequest, administrator: User, director: User | None) -> None:
    if director is not None:
        invitation = invitation_issue(person=director, by=administrator, at=timezone.now())
        link = reverse("invitation_accept", args=[invitation_token(invitation, mailed=True)])
        if not invitation_mail(invitation, url=site_link(link)):
            messages.warning(
                request,
                _(
                    "The director's e-mail could not be sent. Send it again from their page, or let the operator "
                    "run the command grant_role, which prints the link."
                ),
            )
    login(request, administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    messages.success(request, _("Vigie is ready. Import a first file to see your figures."))
    if director is None:
        messages.info(request, _("You are alone here so far: in your preferences you can be director too."))


class FirstStartMiddleware:
    """Send every page to the first start while nobody exists.

    Only anonymous requests can need it, so signed-in pages pay no query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if request.user.is_authenticated or (match is not None and match.url_name in OPEN_BEFORE_START):
            return None
        return None if User.objects.exists() else redirect("start")
