"""Coming in although the password is locked: a link by letter, and the page that offers it."""

from functools import partial

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import public
from accounts.after_answer import after_answer
from accounts.limits import LINK_LETTER, TooManyTries
from accounts.mails import sign_in_link_mail
from accounts.sign_in_links import link_issue, link_of, link_owner, link_use
from accounts.tries import crowded, may_send, wrong_link


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link_ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same, and as fast, whether somebody has the address or not."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        after_answer(request, partial(_send_link, email, crowded(request, email)))
        return redirect("sign_in_link_sent")
    return render(request, "accounts/sign_in_link_ask.html", {"form": form})


def _send_link(email: str, is_crowded: bool, _request: HttpRequest) -> None:
    person = link_owner(email)
    if person is not None and may_send(LINK_LETTER, person, is_crowded=is_crowded):
        sign_in_link_mail(person, token=link_issue(person=person, at=timezone.now()))


@public
@require_safe
def sign_in_link_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/sign_in_link_sent.html")


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponseBase:
    """Opened, it asks for a click: programs that look at letters open their links too. The click uses it up."""
    now = timezone.now()
    link = link_of(token, at=now)
    if link is None or (request.method == "POST" and not link_use(link=link, at=now)):
        wrong_link(request)
        return render(request, "accounts/sign_in_link_closed.html", status=410)
    if request.method != "POST":
        return render(request, "accounts/sign_in_link.html", {"person": link.person})
    record_authentication(request, link.person, method="sign_in_link")
    answer: HttpResponseBase = perform_login(request, Login(user=link.person, email=link.person.email))
    return answer


def _wait(seconds: int) -> str:
    """That time in words, rounded up."""
    minutes = -(-seconds // 60)
    if minutes <= 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = -(-minutes // 60)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def too_many_tries(request: HttpRequest, refused: TooManyTries) -> HttpResponse:
    """The answer to a try past a limit: how long it lasts, and the way in by letter where there is one."""
    seconds = max(1, int((refused.until - timezone.now()).total_seconds()))
    email = request.POST.get("login", "")[:254]
    context = {"link": refused.link, "wait": _wait(seconds), "form": AddressForm(initial={"email": email})}
    response = render(request, "accounts/locked_out.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
