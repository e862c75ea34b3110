"""allauth's forms, with our counters around what may be guessed and letters that leave after the answer."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp import forms as totp
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.after_answer import after_answer
from accounts.models import User
from accounts.tries import code_is_new, code_try, confirmation_try, crowded, may_send, wrong_link


class _CodeCounted(forms.Form):
    """A code of the second factor is guessed seldom, and works once however long it would be valid."""

    user: Any

    def clean_code(self) -> str:
        tries = code_try(context.request, self.user)
        code = str(super().clean_code())  # type: ignore[misc]  # of the form it is mixed into
        if not code_is_new(self.user, code):
            raise get_adapter().validation_error("incorrect_code")
        tries.give_back()
        return code


class CodeForm(_CodeCounted, mfa.AuthenticateForm):
    pass


class CodeAgainForm(_CodeCounted, mfa.ReauthenticateForm):
    pass


class NewAppForm(totp.ActivateTOTPForm):
    def clean_code(self) -> str:
        tries = code_try(context.request, self.user)
        code = str(super().clean_code())
        tries.give_back()
        return code


class SignInForm(account.LoginForm):
    """Asks for the address by the word of all other pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail")


class ChangePasswordForm(account.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        assert isinstance(self.user, User)  # behind requires(): never anonymous
        tries = confirmation_try(self.user)
        password = str(super().clean_oldpassword())
        tries.give_back()
        return password


class ResetPasswordForm(account.ResetPasswordForm):
    """Answers alike, and as fast, for any address: the account is looked for, and the letter sent, afterwards."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail")

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        self.is_crowded = crowded(context.request, email)
        return email

    def save(self, request: HttpRequest, **_kwargs: Any) -> str:
        after_answer(request, self._send)
        return str(self.cleaned_data["email"])

    def _send(self, request: HttpRequest) -> None:
        account.ResetPasswordForm.clean_email(self)
        reset = limits.RESET_LETTER
        self.users = [user for user in self.users if may_send(reset, user, is_crowded=self.is_crowded)]
        account.ResetPasswordForm.save(self, request)


class ResetLinkForm(account.UserTokenForm):
    """What a reset link carries: whoever tries many that are none is stopped."""

    def clean(self) -> Any:
        try:
            return super().clean()  # type: ignore[no-untyped-call]  # library base
        except ValidationError:
            wrong_link(context.request)
            raise
