"""What a person does for themselves: accept an invitation, choose a language and a theme."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Right, public, requires
from accounts.director_too import director_too_give_up, director_too_take, may_become_director_too
from accounts.forms import NewPasswordForm, PreferencesForm
from accounts.invitations import address_prove, address_token, invitation_of, proves_address
from accounts.invitations import invitation_accept as accept
from accounts.mails import address_proof_mail
from accounts.models import Language, Theme, User
from accounts.site import site_link
from accounts.tries import wrong_link

YEAR = 365 * 24 * 3600  # seconds


@public
@sensitive_post_parameters("password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Set one's first password and be signed in; a link that no longer works says what to do."""
    now = timezone.now()
    invitation = invitation_of(token, at=now)
    if invitation is None:
        wrong_link(request)
        return render(request, "accounts/invitation_closed.html", status=410)
    translation.activate(invitation.person.language)
    form = NewPasswordForm(request.POST or None, person=invitation.person)
    if request.method == "POST" and form.is_valid():
        password, proven = form.cleaned_data["password1"], proves_address(token)
        person = accept(invitation=invitation, password=password, at=now, proven=proven)
        if person is None:
            return render(request, "accounts/invitation_closed.html", status=410)
        login(request, person, backend="allauth.account.auth_backends.AuthenticationBackend")
        messages.success(request, _("Welcome, {name}.").format(name=person))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/invitation_accept.html", {"form": form, "person": invitation.person})


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Name, language and theme of the signed-in person, and the way to password and second factor."""
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    form = PreferencesForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        person = form.save()
        translation.activate(person.language)
        messages.success(request, _("Your preferences are saved."))
        return _with_language(redirect("preferences"), person.language)
    context = {"form": form, "may_be_director_too": may_become_director_too(request.user)}
    return render(request, "accounts/preferences.html", context)


@requires(Right.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def director_too(request: HttpRequest) -> HttpResponse:
    """An administrator who is alone becomes director too, or gives it up, after a confirmation."""
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    person = request.user
    if request.method != "POST":
        may_take = may_become_director_too(person)
        return render(request, "accounts/director_too.html", {"may_take": may_take})
    try:
        if request.POST.get("answer") == "take":
            director_too_take(person=person)
            messages.success(request, _("You are director too."))
        elif request.POST.get("answer") == "give_up":
            director_too_give_up(person=person, at=timezone.now())
            messages.success(request, _("You are no longer director."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("preferences")


@requires(Right.SIGNED_IN)
@require_POST
def address_proof_send(request: HttpRequest) -> HttpResponse:
    """Mail oneself the link that confirms one's address."""
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    if send_address_proof(request.user):
        messages.success(request, _("A link was sent to {email}.").format(email=request.user.email))
    else:
        messages.warning(request, _("The e-mail could not be sent. Try again later."))
    return redirect("preferences")


def send_address_proof(person: User) -> bool:
    return address_proof_mail(person, url=site_link(reverse("address_confirm", args=[address_token(person)])))


@requires(Right.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def address_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm one's address by the link that was mailed to it, once signed in: a click in a mailbox is not enough."""
    assert isinstance(request.user, User)  # behind requires(): never anonymous
    if request.method != "POST":
        return render(request, "accounts/address_confirm.html", {"token": token})
    if address_prove(token=token, by=request.user, at=timezone.now()):
        messages.success(request, _("Your address is confirmed."))
    else:
        wrong_link(request)
        messages.error(request, _("This link is not for the address you sign in with, or is too old."))
    return redirect("preferences")


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Change the language from any page: in the browser, and for good when signed in."""
    response = HttpResponseRedirect(_back(request))
    language = request.POST.get("language", "")
    if language not in Language.values:
        return response
    if isinstance(request.user, User):
        User.objects.get_queryset().filter(pk=request.user.pk).update(language=language)
    return _with_language(response, language)


@requires(Right.SIGNED_IN)
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Change the theme from the menu of any page."""
    theme = request.POST.get("theme", "")
    if theme in Theme.values and isinstance(request.user, User):
        User.objects.get_queryset().filter(pk=request.user.pk).update(theme=theme)
    return HttpResponseRedirect(_back(request))


def _with_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _back(request: HttpRequest) -> str:
    """The page one came from, on this site only."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe and target.startswith("/") else "/"
